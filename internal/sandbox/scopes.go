package sandbox

import (
	"net/url"
	"slices"
	"strings"
)

// scopes are what a token allows, of one resource.
type scopes struct {
	audience  audience
	names     []string // permissions, by their short names
	requested []string // as they were asked for
	whole     bool     // /.default was asked for: all that was ever granted
	openID    bool
	offline   bool
}

// An audience is the set of services that take a token.
type audience uint8

const (
	forGraph audience = 1 << iota
	forOutlook
)

// delegated are the permissions that a person can give.
var delegated = []string{
	"Contacts.Read", "Contacts.ReadWrite", "Contacts.Read.Shared", "Contacts.ReadWrite.Shared", "User.Read",
	"MailboxSettings.Read", "MailboxSettings.ReadWrite",
}

// parseScopes reads a scope parameter. Short names are Graph's; one request
// names one resource. The server's own address stands for both services.
func (v *visit) parseScopes(text string) (scopes, *oauthError) {
	var s scopes
	for _, word := range strings.Fields(text) {
		switch strings.ToLower(word) {
		case "openid", "profile", "email":
			s.openID = s.openID || strings.EqualFold(word, "openid")
			s.requested = append(s.requested, word)
			continue
		case "offline_access":
			s.offline = true
			continue
		}
		to, name := v.resourceOf(word)
		if s.audience != 0 && to != s.audience {
			return s, &oauthError{"invalid_scope", 70011, "The provided request must include a 'scope' input parameter. The provided value is not valid: it names more than one resource."}
		}
		i := slices.IndexFunc(delegated, func(known string) bool { return strings.EqualFold(known, name) })
		switch {
		case to == 0 || i < 0 && name != ".default":
			return s, &oauthError{"invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid. The scope " + word + " is not valid."}
		case name == ".default":
			s.whole, s.names = true, slices.Clone(delegated)
		default:
			s.names = append(s.names, delegated[i])
		}
		s.audience = to
		s.requested = append(s.requested, word)
	}
	if len(s.requested) == 0 {
		return s, missing("scope")
	}
	if s.audience == 0 {
		s.audience = forGraph
	}
	return s, nil
}

// resourceOf splits a scope into the service and the permission.
func (v *visit) resourceOf(scope string) (audience, string) {
	if !strings.Contains(scope, "://") {
		return forGraph, scope
	}
	i := strings.LastIndexByte(scope, '/')
	resource, name := strings.TrimRight(scope[:i], "/"), scope[i+1:]
	u, err := url.Parse(resource)
	switch {
	case err != nil:
		return 0, name
	case resource == v.base:
		return forGraph | forOutlook, name
	case u.Path != "" || u.Scheme != "https":
		return 0, name
	}
	switch u.Host {
	case "graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn":
		return forGraph, name
	case "outlook.office.com", "outlook.office365.com":
		return forOutlook, name
	}
	return 0, name
}

// covers reports whether what was granted once allows what is asked for now.
func (s scopes) covers(asked scopes) bool {
	return asked.audience&s.audience == asked.audience && !slices.ContainsFunc(asked.names, func(name string) bool { return !s.has(name) })
}

// has reports whether the scopes hold a permission, or one that includes it.
func (s scopes) has(name string) bool {
	return slices.Contains(s.names, name) || slices.Contains(s.names, strings.Replace(name, ".Read", ".ReadWrite", 1))
}

// needsAdmin reports whether people cannot give these permissions themselves
// where the tenant follows Microsoft's default policy.
func (s scopes) needsAdmin() bool {
	return slices.ContainsFunc(s.names, func(name string) bool {
		return name == "Contacts.ReadWrite" || strings.HasSuffix(name, ".Shared")
	})
}
