package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// quirks are the answers that Microsoft's documents leave open, or that some
// mailboxes give and others do not. The zero value is the usual service.
type quirks struct {
	overQuota     bool
	noDelta       bool
	deltaNoExpand bool
	replay        int
	hiddenFolders bool
	groups        int
	moveIgnored   bool
	noPictureProp bool
	photoQuiet    bool
	filterLag     int
	proseSpelling bool
	refreshOnce   bool
	adminConsent  bool
	topRefused    bool
	addressKept   bool
	batchNoPhoto  bool
	readLag       int
	dropUnknown   bool
	imageNotFound bool
	noDeviceCode  bool
	peopleNames   bool
	latency, work int
	inactive      []string // in lower case
}

// A quirk is one switch, by the name that the command line knows. Exactly one
// of the places it can set is not nil.
type quirk struct {
	name, help string
	on         func(*quirks) *bool
	number     func(*quirks) *int
	list       func(*quirks) *[]string
}

// quirkTable is all that there is to say about quirks: what the code asks of
// them it asks by the fields they set.
var quirkTable = [...]quirk{
	{name: "over-quota", on: func(q *quirks) *bool { return &q.overQuota },
		help: "the mailbox is full: change tracking and writes fail with ErrorQuotaExceeded, listing and deleting work"},
	{name: "no-delta", on: func(q *quirks) *bool { return &q.noDelta },
		help: "delta is not supported here, and says so with 400"},
	{name: "delta-no-expand", on: func(q *quirks) *bool { return &q.deltaNoExpand },
		help: "delta refuses $expand; otherwise extended properties come with the rows"},
	{name: "replay", number: func(q *quirks) *int { return &q.replay },
		help: "every later delta round begins with the last N rows of what was known before"},
	{name: "hidden-folders", on: func(q *quirks) *bool { return &q.hiddenFolders },
		help: "the beta versions show the hidden folder Recipient Cache and its contacts"},
	{name: "groups", number: func(q *quirks) *int { return &q.groups },
		help: "the default folder holds N contact groups, which are counted and take up room in pages but are never shown"},
	{name: "move-ignored", on: func(q *quirks) *bool { return &q.moveIgnored },
		help: "a PATCH of parentFolderId is answered with 200 and moves nothing"},
	{name: "no-picture-property", on: func(q *quirks) *bool { return &q.noPictureProp },
		help: "the property that tells whether a contact has a picture is never shown"},
	{name: "photo-quiet", on: func(q *quirks) *bool { return &q.photoQuiet },
		help: "a new photo leaves changeKey and lastModifiedDateTime as they were"},
	{name: "filter-lag", number: func(q *quirks) *int { return &q.filterLag },
		help: "a new contact is found by a filter on extended properties only from the N+1st time on"},
	{name: "odata-trackchanges", on: func(q *quirks) *bool { return &q.proseSpelling },
		help: "Preference-Applied spells odata.track-changes the other way that the Outlook document has"},
	{name: "refresh-once", on: func(q *quirks) *bool { return &q.refreshOnce },
		help: "a refresh token is void as soon as it was used"},
	{name: "admin-consent", on: func(q *quirks) *bool { return &q.adminConsent },
		help: "people cannot allow an app to write contacts: an administrator would have to"},
	{name: "top-refused", on: func(q *quirks) *bool { return &q.topRefused },
		help: "$top above 1000 is refused with 400; otherwise it is taken for 1000"},
	{name: "address-null-ignored", on: func(q *quirks) *bool { return &q.addressKept },
		help: "a PATCH of an address to null leaves it as it was; an object of nulls clears it"},
	{name: "batch-no-photo", on: func(q *quirks) *bool { return &q.batchNoPhoto },
		help: "requests of a batch that carry or ask for the bytes of a photo are refused with 400"},
	{name: "read-lag", number: func(q *quirks) *int { return &q.readLag },
		help: "a new contact is found by its id only from the N+1st time on"},
	{name: "drop-unknown", on: func(q *quirks) *bool { return &q.dropUnknown },
		help: "members of a contact that its type does not have are dropped; otherwise they are refused with 400"},
	{name: "image-not-found", on: func(q *quirks) *bool { return &q.imageNotFound },
		help: "a contact without a photo answers ImageNotFound in place of ErrorItemNotFound"},
	{name: "no-device-code", on: func(q *quirks) *bool { return &q.noDeviceCode },
		help: "the tenant does not let devices sign in with a code (AADSTS53003)"},
	{name: "directory-names", on: func(q *quirks) *bool { return &q.peopleNames },
		help: "the name of an e-mail address at example.org is that of the directory, whatever was sent"},
	{name: "latency", number: func(q *quirks) *int { return &q.latency },
		help: "every request takes N milliseconds more, as on a long way; the requests of a batch take them once"},
	{name: "work", number: func(q *quirks) *int { return &q.work },
		help: "every request takes N milliseconds at the mailbox, also within a batch"},
	{name: "inactive", list: func(q *quirks) *[]string { return &q.inactive },
		help: "the mailbox of this user answers MailboxNotEnabledForRESTAPI; may be given several times"},
}

// QuirksHelp lists the quirks for a command's help, a line each.
func QuirksHelp() string {
	var b strings.Builder
	for i := range quirkTable {
		fmt.Fprintf(&b, "  %-22s %s\n", quirkTable[i].usage(), quirkTable[i].help)
	}
	return b.String()
}

func (k *quirk) usage() string {
	switch {
	case k.number != nil:
		return k.name + "=N"
	case k.list != nil:
		return k.name + "=ADDRESS"
	}
	return k.name
}

// parseQuirks reads NAME and NAME=VALUE, joined with commas.
func parseQuirks(spec string) (quirks, error) {
	var q quirks
	if strings.TrimSpace(spec) == "" {
		return q, nil
	}
	for part := range strings.SplitSeq(spec, ",") {
		name, value, valued := strings.Cut(strings.TrimSpace(part), "=")
		i := slices.IndexFunc(quirkTable[:], func(k quirk) bool { return k.name == name })
		if i < 0 {
			return q, fmt.Errorf("quirk %q: no quirk has this name", name)
		}
		k := &quirkTable[i]
		if valued != (k.on == nil) || !k.set(&q, value) {
			return q, fmt.Errorf("quirk %q: want %s", name, k.usage())
		}
	}
	return q, nil
}

func (k *quirk) set(q *quirks, value string) bool {
	switch {
	case k.on != nil:
		*k.on(q) = true
	case k.number != nil:
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 1000 {
			return false
		}
		*k.number(q) = n
	default:
		if value == "" {
			return false
		}
		*k.list(q) = append(*k.list(q), strings.ToLower(value))
	}
	return true
}
