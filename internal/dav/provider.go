package dav

import (
	"maps"
	"slices"
)

// Provider is what is known of a provider besides what it says itself. The zero value
// is a provider of which nothing is known.
type Provider struct {
	Name string
	// URL is where the account is, "" where every customer has a host of their own.
	URL string
	// Paths are tried in the search for the address books; USER stands for the user.
	Paths []string
	// Trust names the domains over whose hosts the provider spreads an account.
	Trust []string
	// MaxPhoto and MaxCard are limits in bytes, of the photo itself and of the whole
	// card; 0 is unknown.
	MaxPhoto, MaxCard int
	// JPEG: photos in other formats are not shown.
	JPEG bool
	// Groups: people see a contact's categories only as cards of groups with members
	// (X-ADDRESSBOOKSERVER-KIND), not in its own card.
	Groups bool
	// Concurrency is how many requests it takes at a time; 0 is unknown.
	Concurrency int
	// AppPassword: the account's own password does not do; the hint says where to make
	// one that does.
	AppPassword string
	// OAuth is where persons sign in, for a provider that takes no passwords; its zero value
	// is none.
	OAuth  OAuth
	Source string // where all this is written
}

// OAuth is an identity platform (OAuth 2.0), as the provider documents it.
type OAuth struct {
	Authorize, Device, Token string // addresses; Device is "" where it cannot be had
	Scope                    string
	Params                   map[string]string // of the first request
}

// providers are the presets. The limits are those that their makers name; servers that
// advertise theirs are believed besides.
var providers = map[string]Provider{
	"nextcloud": {Paths: []string{"/remote.php/dav/"}, AppPassword: "Settings, Security, Devices & sessions",
		Source: "https://docs.nextcloud.com/server/latest/user_manual/en/groupware/contacts.html"},
	"owncloud": {Paths: []string{"/remote.php/dav/"}, Source: "https://doc.owncloud.com/server/"},
	"icloud": {Concurrency: 4, URL: "https://contacts.icloud.com/", Trust: []string{"icloud.com"}, MaxPhoto: 224 << 10, MaxCard: 256 << 10, JPEG: true, Groups: true,
		AppPassword: "https://account.apple.com, Sign-In and Security, App-Specific Passwords",
		Source:      "https://support.apple.com/en-us/103188"},
	"fastmail": {URL: "https://carddav.fastmail.com/", Groups: true, Paths: []string{"/dav/addressbooks/user/USER/"}, AppPassword: "Settings, Privacy & Security, Manage app passwords",
		Source: "https://www.fastmail.help/hc/en-us/articles/1500000278342"},
	"google": {Concurrency: 4, URL: "https://www.googleapis.com/", Paths: []string{"/carddav/v1/principals/USER/"}, JPEG: true, Trust: []string{"googleapis.com"},
		// A code for another device is not given for this scope
		// (https://developers.google.com/identity/protocols/oauth2/limited-input-device#allowedscopes).
		OAuth: OAuth{Authorize: "https://accounts.google.com/o/oauth2/v2/auth", Token: "https://oauth2.googleapis.com/token",
			Scope: "https://www.googleapis.com/auth/carddav", Params: map[string]string{"access_type": "offline", "prompt": "consent"}},
		Source: "https://developers.google.com/people/carddav"},
	"mailbox.org": {URL: "https://dav.mailbox.org/", Paths: []string{"/carddav/"}, Source: "https://kb.mailbox.org/en/private/addressbook/"},
	"posteo":      {URL: "https://posteo.de:8843/", Source: "https://posteo.de/en/help"},
	"radicale":    {Concurrency: 4, Paths: []string{"/USER/"}, Source: "https://radicale.org/v3.html"},
	"baikal":      {Paths: []string{"/dav.php/", "/card.php/"}, Source: "https://sabre.io/baikal/"},
	"sogo":        {Paths: []string{"/SOGo/dav/USER/"}, Source: "https://www.sogo.nu/support/documentation.html"},
	"zimbra":      {Paths: []string{"/dav/USER/", "/principals/users/USER/"}, Source: "https://wiki.zimbra.com/wiki/CardDAV"},
	"zoho":        {URL: "https://contacts.zoho.com/", Paths: []string{"/carddav/USER/"}, Trust: []string{"zoho.com", "zoho.eu"}, Source: "https://www.zoho.com/contacts/help/"},
	"cyrus":       {Paths: []string{"/dav/addressbooks/"}, Source: "https://www.cyrusimap.org/"},
	"davical":     {Paths: []string{"/caldav.php/"}, Source: "https://www.davical.org/"},
	"xandikos":    {Source: "https://www.xandikos.org/"},
}

// FindProvider returns the preset of that name.
func FindProvider(name string) (Provider, bool) {
	p, ok := providers[name]
	p.Name = name
	return p, ok
}

// Providers returns the names of the presets, sorted.
func Providers() []string { return slices.Sorted(maps.Keys(providers)) }
