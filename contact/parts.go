package contact

import "time"

// Name holds the parts of a name. Any of them may be empty.
type Name struct {
	Display        string `json:"display,omitzero"`
	Prefix         string `json:"prefix,omitzero"` // honorific: "Dr."
	Given          string `json:"given,omitzero"`
	Middle         string `json:"middle,omitzero"`
	Family         string `json:"family,omitzero"`
	Suffix         string `json:"suffix,omitzero"` // "Jr.", "M.D."
	Nickname       string `json:"nickname,omitzero"`
	Initials       string `json:"initials,omitzero"`
	FileAs         string `json:"fileAs,omitzero"` // what a list is sorted by
	PhoneticGiven  string `json:"phoneticGiven,omitzero"`
	PhoneticMiddle string `json:"phoneticMiddle,omitzero"`
	PhoneticFamily string `json:"phoneticFamily,omitzero"`
}

// Organization is where and as what the contact works.
type Organization struct {
	Company         string   `json:"company,omitzero"`
	PhoneticCompany string   `json:"phoneticCompany,omitzero"`
	Department      string   `json:"department,omitzero"`
	Units           []string `json:"units,omitempty"` // units below the department, largest first
	Title           string   `json:"title,omitzero"`  // job title
	Profession      string   `json:"profession,omitzero"`
	Office          string   `json:"office,omitzero"`
	Manager         string   `json:"manager,omitzero"`
	Assistant       string   `json:"assistant,omitzero"`
}

// Types that several kinds of part share. A type that is none of the named ones
// is a label of the user's own ("Holiday home") and is kept as it is. An empty
// type means that nothing was said.
const (
	Home  = "home"
	Work  = "work"
	Other = "other"
)

// Types of phones beside [Home], [Work] and [Other].
const (
	Mobile     = "mobile"
	WorkMobile = "workMobile"
	HomeFax    = "homeFax"
	WorkFax    = "workFax"
	OtherFax   = "otherFax"
	Pager      = "pager"
	Assistant  = "assistant"
	Callback   = "callback"
	Car        = "car"
	Company    = "company" // the organisation's main number
	ISDN       = "isdn"
	Main       = "main" // the contact's primary number
	Radio      = "radio"
	Telex      = "telex"
	TTY        = "tty"
)

// Types of websites beside [Home], [Work] and [Other].
const (
	Blog    = "blog"
	Profile = "profile"
)

// Types of relations.
const (
	Spouse  = "spouse"
	Partner = "partner"
	Child   = "child"
	Parent  = "parent"
	Sibling = "sibling"
	Friend  = "friend"
)

// Params are the parameters that a part carried and the model has no name for,
// in the terms of vCard: upper-case names, each with its values in order.
type Params map[string][]string

// Email is one address. The first of a contact's list is the one to write to.
type Email struct {
	Address   string `json:"address,omitzero"`
	Name      string `json:"name,omitzero"` // display name, where it differs from the address
	Type      string `json:"type,omitzero"`
	Preferred bool   `json:"preferred,omitzero"`
	Params    Params `json:"params,omitempty"`
}

// Phone is one number, written as the user wrote it.
type Phone struct {
	Number    string `json:"number,omitzero"`
	Type      string `json:"type,omitzero"`
	Preferred bool   `json:"preferred,omitzero"`
	Params    Params `json:"params,omitempty"`
}

// Address is one postal address. Street may have several lines.
type Address struct {
	Type       string `json:"type,omitzero"`
	POBox      string `json:"poBox,omitzero"`
	Extended   string `json:"extended,omitzero"` // apartment, suite
	Street     string `json:"street,omitzero"`
	City       string `json:"city,omitzero"`
	Region     string `json:"region,omitzero"`
	PostalCode string `json:"postalCode,omitzero"`
	Country    string `json:"country,omitzero"`
	Label      string `json:"label,omitzero"` // as it would stand on an envelope
	Preferred  bool   `json:"preferred,omitzero"`
	Params     Params `json:"params,omitempty"`
}

// Website is one web page.
type Website struct {
	URL       string `json:"url,omitzero"`
	Name      string `json:"name,omitzero"` // the text to show for it
	Type      string `json:"type,omitzero"`
	Preferred bool   `json:"preferred,omitzero"`
	Params    Params `json:"params,omitempty"`
}

// IM is one address of a chat service: a URI ("sip:ann@example.org",
// "xmpp:…") where the service has a scheme, else the bare handle.
type IM struct {
	Address   string `json:"address,omitzero"`
	Type      string `json:"type,omitzero"`
	Preferred bool   `json:"preferred,omitzero"`
	Params    Params `json:"params,omitempty"`
}

// Relation is another person named on the contact. The manager and the assistant
// have places of their own in [Organization].
type Relation struct {
	Name   string `json:"name,omitzero"`
	Type   string `json:"type,omitzero"`
	Params Params `json:"params,omitempty"`
}

// Values of Flag.Status. Empty means not flagged.
const (
	Flagged  = "flagged"
	Complete = "complete"
)

// Flag is Outlook's follow-up flag. The zero value is no flag.
type Flag struct {
	Status    string    `json:"status,omitzero"`
	Start     time.Time `json:"start,omitzero"`
	Due       time.Time `json:"due,omitzero"`
	Completed time.Time `json:"completed,omitzero"` // a date: midnight UTC
}

// Extra is a property that the model has no name for. Whoever wrote it (Origin:
// "vcard", "csv", "outlook", "jsonl") gets it back unchanged; others stash or
// report it. A vCard property's group is the parameter "GROUP" (RFC 7095, 7.1).
type Extra struct {
	Origin string `json:"origin,omitzero"`
	Name   string `json:"name,omitzero"`
	Params Params `json:"params,omitempty"`
	Value  string `json:"value,omitzero"` // raw, in the escaping of its origin
}
