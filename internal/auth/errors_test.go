package auth

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestConditions(t *testing.T) {
	c := Config{Account: "work", Tenant: "common", ClientID: testClient}.withDefaults()
	seen := map[int]bool{}
	for _, known := range conditions {
		if seen[known.code] {
			t.Errorf("%d is there twice", known.code)
		}
		seen[known.code] = true
		if known.text == "" || strings.ToLower(known.text[:1]) != known.text[:1] || strings.HasSuffix(known.text, ".") {
			t.Errorf("%d: text %q", known.code, known.text)
		}
		if h := c.hint(known.hint); h == "" || strings.ContainsAny(h, "{}") {
			t.Errorf("%d: hint %q", known.code, h)
		}
	}
	for _, code := range []int{ // of the table that the package was written from
		700016, 50194, 90002, 50020, 90072, 9001023, 9002331, 9002332, 7000112, 500011, 50011, 9002313,
		7000215, 7000222, 700027, 7000218, 700025, 65001, 65004, 650056, 650057, 90094, 90095, 70011,
		50034, 50126, 50053, 50055, 50057, 50059, 50105, 16000, 50072, 50074, 50076, 50078, 50079,
		50097, 50131, 50158, 53000, 53001, 53003, 530035, 530032, 70000, 70008, 700082, 50173, 70043, 54005, 501481,
		70016, 70018, 70019, 90033, 90024, 50033, 50196,
	} {
		if !seen[code] {
			t.Errorf("%d is missing", code)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		code   string
		is     error
		hint   string
	}{
		{"code in a list", 400, `{"error":"invalid_grant","error_codes":[700082]}`, "AADSTS700082", ErrSignIn, "cardferry login work"},
		{"code in the description", 400, `{"error":"invalid_grant","error_description":"AADSTS50076: Due to ` + loudUser + `"}`, "AADSTS50076", ErrSignIn, "cardferry login work"},
		{"the known one of several", 400, `{"error":"invalid_grant","error_codes":[99999,53003]}`, "AADSTS53003", ErrSignIn, "browser"},
		{"unknown code", 400, `{"error":"invalid_grant","error_codes":[12345]}`, "AADSTS12345", ErrSignIn, "cardferry login work"},
		{"no code", 400, `{"error":"invalid_client","error_description":"` + loudUser + `"}`, "", ErrSignIn, "client_id"},
		{"consent", 400, `{"error":"invalid_grant","error_codes":[65001],"suberror":"consent_required"}`, "AADSTS65001", ErrSignIn, "https://login.microsoftonline.com/organizations/adminconsent?client_id=" + testClient},
		{"transient by number", 400, `{"error":"invalid_request","error_codes":[90033]}`, "AADSTS90033", ErrTemporary, "later"},
		{"transient by name", 400, `{"error":"temporarily_unavailable"}`, "", ErrTemporary, "later"},
		{"transient by status", 503, `<html>` + loudUser + `</html>`, "", ErrTemporary, "later"},
		{"known, but the server fails", 500, `{"error":"invalid_grant","error_codes":[50173]}`, "AADSTS50173", ErrTemporary, "later"},
		{"too many", 429, ``, "", ErrTemporary, "later"},
		{"loop", 400, `{"error":"invalid_grant","error_codes":[50196]}`, "AADSTS50196", ErrSignIn, "cardferry login work"},
		{"a page", 403, `<html>` + loudUser + `</html>`, "", ErrSignIn, "tenant"},
		{"odd JSON", 400, `{"error":{"code":"` + loudUser + `"}}`, "", ErrSignIn, "tenant"},
		{"an error with a message in it", 400, `{"error":"user ` + loudUser + `","correlation_id":"` + loudUser + `"}`, "", ErrSignIn, "tenant"},
		{"negative", 400, `{"error":"invalid_grant","error_codes":[-1]}`, "", ErrSignIn, "cardferry login work"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Config{Account: "work", ClientID: testClient}.withDefaults()
			e := checkRefused(t, c.refused(refusalOf(test.status, []byte(test.body))), test.code, test.is)
			if !strings.Contains(e.Hint, test.hint) || strings.Contains(e.Hint, loudUser) {
				t.Errorf("hint %q", e.Hint)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	e := Config{Account: "work"}.refused(refusal{OAuth: "invalid_grant", Codes: []int{50173}, Correlation: "11111111-2222-4333-8444-555555555555"})
	want := "account work: the sign-in was revoked, for example by a new password (AADSTS50173, correlation id 11111111-2222-4333-8444-555555555555)"
	if e.Error() != want {
		t.Errorf("error %q", e)
	}
}

func TestConfig(t *testing.T) {
	good := Config{Account: "work", ClientID: testClient}
	program := Config{Account: "work", ClientID: testClient, Method: ClientSecret, Secret: "x", Tenant: testTenant}
	for name, test := range map[string]struct {
		from   Config
		change func(*Config)
		ok     bool
	}{
		"defaults":              {good, func(*Config) {}, true},
		"consumers":             {good, func(c *Config) { c.Tenant = "consumers" }, true},
		"government":            {good, func(c *Config) { c.Authority = "https://login.microsoftonline.us/" }, true},
		"loopback":              {good, func(c *Config) { c.Authority = "http://127.0.0.1:8787" }, true},
		"loopback, IPv6":        {good, func(c *Config) { c.Authority = "http://[::1]:8787" }, true},
		"in the clear":          {good, func(c *Config) { c.Authority = "http://login.example" }, false},
		"password in it":        {good, func(c *Config) { c.Authority = "https://u:p@login.example" }, false},
		"no address":            {good, func(c *Config) { c.Authority = "login.example" }, false},
		"tenant with a path":    {good, func(c *Config) { c.Tenant = "a/../b" }, false},
		"tenant of dots":        {good, func(c *Config) { c.Tenant = ".." }, false},
		"no client":             {good, func(c *Config) { c.ClientID = "" }, false},
		"no account":            {good, func(c *Config) { c.Account = "" }, false},
		"unknown method":        {good, func(c *Config) { c.Method = "carrier-pigeon" }, false},
		"resource with a path":  {good, func(c *Config) { c.Resource = Graph + "/v1.0" }, false},
		"ready, without":        {good, func(c *Config) { c.Method = ReadyToken }, false},
		"program":               {program, func(*Config) {}, true},
		"program, no secret":    {program, func(c *Config) { c.Secret = "" }, false},
		"program, every tenant": {program, func(c *Config) { c.Tenant = "" }, false},
		"program, Common":       {program, func(c *Config) { c.Tenant = "Common" }, false},
		"certificate, none":     {program, func(c *Config) { c.Method = ClientCertificate }, false},
	} {
		c := test.from
		test.change(&c)
		if _, err := NewSigner(c, Options{}); (err == nil) != test.ok {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestConfigShowsNoSecrets(t *testing.T) {
	c := Config{Account: "work", Secret: "s3cret", Certificate: []byte("s3cret")}
	for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s", c, &c, []Config{c}), c.LogValue().String()} {
		if strings.Contains(shown, "s3cret") || strings.Contains(shown, "115 51") || !strings.Contains(shown, "work") {
			t.Errorf("shown %q", shown)
		}
	}
}

func TestScopes(t *testing.T) {
	for _, test := range []struct {
		config Config
		want   string
	}{
		{Config{}, Graph + "/Contacts.Read offline_access"},
		{Config{Access: ReadWrite}, Graph + "/Contacts.ReadWrite offline_access"},
		{Config{Resource: Outlook}, Outlook + "/Contacts.Read offline_access"},
		{Config{Resource: Outlook + "/", Access: ReadWrite, Method: Browser}, Outlook + "/Contacts.ReadWrite offline_access"},
		{Config{Method: ClientSecret, Access: ReadWrite}, Graph + "/.default"},
		{Config{Method: ClientCertificate, Resource: Outlook}, Outlook + "/.default"},
	} {
		if got := strings.Join(test.config.withDefaults().scopes(), " "); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func FuzzRefusal(f *testing.F) {
	f.Add(400, []byte(`{"error":"invalid_grant","error_description":"AADSTS50173: x","error_codes":[50173]}`))
	f.Add(503, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := Config{Account: "work"}.withDefaults().refused(refusalOf(status, body))
		if errors.Is(e, ErrSignIn) == errors.Is(e, ErrTemporary) || e.Text == "" || e.Hint == "" {
			t.Errorf("status %d: %+v", status, e)
		}
		if status == http.StatusServiceUnavailable && !errors.Is(e, ErrTemporary) {
			t.Error("503 is temporary")
		}
	})
}
