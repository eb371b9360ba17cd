package dav

import (
	"net/url"
	"strings"
	"testing"
)

// TestPresets: what is known of providers is in order, and says where it is written.
func TestPresets(t *testing.T) {
	for _, name := range Providers() {
		p, _ := FindProvider(name)
		for _, address := range []string{p.URL, p.Source, p.OAuth.Authorize, p.OAuth.Device, p.OAuth.Token} {
			if u, err := url.Parse(address); err != nil || address != "" && (u.Scheme != "https" || u.Host == "") {
				t.Errorf("%s: %q is no address", name, address)
			}
		}
		if p.Source == "" {
			t.Errorf("%s does not say where it is written", name)
		}
		for _, path := range p.Paths {
			if !strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/") {
				t.Errorf("%s: path %q", name, path)
			}
		}
		for _, domain := range p.Trust {
			if domain != strings.ToLower(domain) || strings.ContainsAny(domain, "/:*") || !strings.Contains(domain, ".") {
				t.Errorf("%s: domain %q", name, domain)
			}
		}
		if p.MaxPhoto > 0 && p.MaxCard > 0 && p.MaxPhoto >= p.MaxCard {
			t.Errorf("%s: a photo of %d bytes in a card of %d", name, p.MaxPhoto, p.MaxCard)
		}
		if (p.OAuth.Token == "") != (p.OAuth.Scope == "") || p.OAuth.Token != "" && p.OAuth.Authorize+p.OAuth.Device == "" {
			t.Errorf("%s: sign-in %+v", name, p.OAuth)
		}
	}
	icloud, _ := FindProvider("icloud")
	if icloud.MaxPhoto != 224<<10 || icloud.MaxCard != 256<<10 || !icloud.Groups || !icloud.JPEG {
		t.Errorf("icloud: %+v", icloud) // https://support.apple.com/en-us/103188
	}
	for _, name := range []string{"nextcloud", "fastmail", "google", "mailbox.org", "radicale", "baikal", "sogo", "zimbra"} {
		if _, ok := FindProvider(name); !ok {
			t.Errorf("there is no preset %s", name)
		}
	}
}
