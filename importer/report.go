package importer

import "github.com/cardferry/cardferry/contact"

// Outcome is what a plan says of a record, and what became of it.
type Outcome string

const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"   // a contact of the account was changed
	Unchanged Outcome = "unchanged" // it is there already, and nothing is to be added
	United    Outcome = "united"    // the same person as an earlier record, and joined to it
	Skipped   Outcome = "skipped"   // it is there already, and the policy is to leave it
	Review    Outcome = "review"    // nobody but a person can tell; nothing was written
	Failed    Outcome = "failed"
)

// Result is what became of one record.
type Result struct {
	At      contact.Position
	Record  *contact.Contact // as it was read; nil if it could not be
	Outcome Outcome
	Reason  string     // for people; empty where the outcome says it all
	ID      contact.ID // of the contact of the account, where there is one
	// Fields are those that an update changed, or in a dry run would change.
	Fields []contact.Field
	// Kept are fields in which the account's own value stood against the
	// record's, because the policy overwrites nothing.
	Kept   []contact.Field
	Unread []contact.Loss // what the reader could not make sense of
	Losses []contact.Loss // what the account could not keep
	Err    error          // why it failed
	// Review is what a person has to decide, for the first record of a person whose
	// outcome is Review.
	Review *ReviewCase
}

// Counts are the totals of a run. The last seven always add up to Read.
type Counts struct {
	Read      int `json:"read"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	United    int `json:"united"`
	Skipped   int `json:"skipped"`
	Review    int `json:"review"`
	Failed    int `json:"failed"`
}

func (n *Counts) add(o Outcome) {
	n.Read++
	switch o {
	case Created:
		n.Created++
	case Updated:
		n.Updated++
	case Unchanged:
		n.Unchanged++
	case United:
		n.United++
	case Skipped:
		n.Skipped++
	case Review:
		n.Review++
	default:
		n.Failed++
	}
}

// Report is what an import did. In a dry run it is what the import would do.
type Report struct {
	Counts
	Existing int // contacts that the account held before
	// NotReached counts those of the Failed that an import which stopped had not done with.
	NotReached int
	// Unrecognised are contacts that it held besides and that could not be read.
	Unrecognised int
	// State is a hash of which contacts those were, in which versions. It is equal for
	// accounts that nobody has written to in between.
	State string
	// Photos counts photos stored. PhotosFailed were refused or could not be
	// sent; each was handed to Observer.Photo.
	Photos, PhotosFailed int
	PhotosNotReached     int // by an import that stopped, of contacts that it had done with
	Unread               int // parts of records that could not be read
	Kept                 int // fields in which the account's own value stood
	Losses               contact.Ledger
	// Undecided are the decisions about records that are not in the input.
	Undecided []Decision
	// Again is what a second run of the same import would write, planned anew
	// against the service's own answers. Both are zero when all is well.
	Again struct{ Create, Update int }
}
