package main

import (
	"fmt"
	"html/template"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
)

// What a report page says of runs that move contacts.

func (p *reportPage) describeRun(d *pageData, s summary) {
	d.DryRun = s.DryRun
	moves := strings.HasSuffix(s.Command, "export") || strings.HasSuffix(s.Command, "convert")
	d.Title = runTitle(d.Command, s)
	d.Verdict = runVerdict(s)
	outcomes := []tile{
		{s.Created, "created", "created"}, {s.Updated, "updated", "updated"}, {s.Unchanged, "unchanged", "unchanged"}, {s.United, "united", "united"},
		{s.Skipped, "skipped", "skipped"}, {s.Review, "for review", "review"}, {s.Failed, "failed", "failed"},
	}
	if moves {
		outcomes = []tile{{s.Created, "written", "created"}, {s.Failed, "failed", "failed"}}
	}
	d.Tiles = append([]tile{{s.Read, "read", ""}}, outcomes...)
	d.Bar, d.Equation = proportions(s.Read, outcomes)
	d.Facts = runFacts(s, moves)
	d.Next = runSteps(s, moves, p.ui.args)

	d.CasesTitle, d.CasesLead = "Waiting for you", "Nothing was written for these. Only a person can tell who is who; where both sides have a value and they differ, it is marked."
	slices.SortStableFunc(p.cases, func(a, b openCase) int { return byPosition(a.pos, b.pos) })
	for _, c := range p.cases {
		d.Cases = append(d.Cases, p.reviewView(c))
	}
	if more := p.numCases - len(p.cases); more > 0 {
		d.MoreCases = fmt.Sprintf("%d more wait and are not shown here.", more)
	}
	p.list(d, listFailed, "Failed", "Each with its place and the reason. The others went through.", "where", "who", "why")
	p.list(d, listUnread, "Could not be read", "Parts of records that were passed over; the rest of each record came along.", "where", "who", "what", "why")
	d.losses(s.LossesByField)
	verb := "Changed"
	if s.DryRun {
		verb = "Would change"
	}
	p.list(d, listChanged, verb, "Contacts that were there already, and the fields that the records added to or replaced.", "where", "who", "fields")
}

func (d *pageData) losses(rows []contact.LedgerRow) {
	if len(rows) == 0 {
		return
	}
	l := listView{
		Title: "Not kept as it was",
		Lead:  "By field. What is hidden is out of sight where the service has no place for it, and comes back when the contact is read again.",
		Head:  []string{"field", "times", "what became of it", "why"},
	}
	for _, r := range rows {
		l.Rows = append(l.Rows, row{Cells: []cell{{fieldLabel(r.Field), ""}, {fmt.Sprint(r.Count), "num"}, {kindWords[r.Kind], "tag " + string(r.Kind)}, {r.Reason, ""}}})
	}
	d.Lists = append(d.Lists, l)
}

var kindWords = map[contact.LossKind]string{
	contact.Dropped: "left out", contact.Truncated: "cut short", contact.Moved: "moved or converted", contact.Stashed: "hidden, and restored on reading",
}

func runTitle(command string, s summary) string {
	verb := strings.ToUpper(command[:1]) + command[1:]
	return verb + ": " + baseName(s.From) + " → " + baseName(s.To)
}

// baseName shortens paths, several of them joined by commas too, but not accounts.
func baseName(end string) string {
	names := strings.Split(end, ", ")
	for i, name := range names {
		if !parseEnd(name).isAccount() {
			names[i] = filepath.Base(name)
		}
	}
	if len(names) > 3 {
		names = append(names[:2], fmt.Sprintf("%d more files", len(names)-2))
	}
	return strings.Join(names, ", ")
}

func runVerdict(s summary) verdict {
	var v verdict
	switch open := s.Failed + s.Review + s.Unread + s.PhotosFailed + s.Unrecognised; {
	case s.Error != "":
		v = verdict{"The run stopped", "bad", []string{s.Error + ".", "What was done until then stands."}}
	case s.DryRun:
		v = verdict{"A plan", "plan", []string{"Nothing was written. This is what the run would do."}}
	case open > 0:
		v = verdict{"Finished, but not everything came through", "warn", nil}
	case s.Losses > 0:
		v = verdict{"Everything arrived or is named below", "good", nil}
	default:
		v = verdict{"Everything arrived", "good", nil}
	}
	if s.Error == "" {
		for _, o := range []struct {
			n            int
			what, became string
		}{
			{s.Review, "record", "for you to decide about"}, {s.Failed, "record", "failed"}, {s.PhotosFailed, "photo", "not stored"},
			{s.Unread, "part", "of records that could not be read"},
		} {
			if o.n > 0 {
				v.Lines = append(v.Lines, sentence(count(o.n, o.what)+" "+o.became))
			}
		}
	}
	if s.Again != nil {
		v.Lines = append(v.Lines, fmt.Sprintf("A second run would create %d and update %d.", s.Again.Created, s.Again.Updated))
	}
	return v
}

// proportions are the outcomes as parts of a bar, and as a sum that adds up.
func proportions(read int, outcomes []tile) (bar []segment, equation string) {
	x := 0.0
	var parts []string
	for _, o := range outcomes {
		if o.N == 0 {
			continue
		}
		width := 1000 * float64(o.N) / float64(max(1, read))
		bar = append(bar, segment{o.Class, x, width})
		x += width
		parts = append(parts, fmt.Sprintf("%d %s", o.N, o.Label))
	}
	if len(parts) == 0 {
		return nil, ""
	}
	return bar, fmt.Sprintf("%d read = %s", read, strings.Join(parts, " + "))
}

func runFacts(s summary, moves bool) (facts []fact) {
	add := func(label string, n int) { facts = append(facts, fact{label, fmt.Sprint(n)}) }
	if !moves {
		add("in the account before", s.Existing)
	}
	if s.Unrecognised > 0 {
		add("in the account, unreadable and left alone", s.Unrecognised)
	}
	add("photos stored", s.Photos)
	if s.PhotosFailed > 0 {
		add("photos failed", s.PhotosFailed)
	}
	add("values not kept as they were", s.Losses)
	if !moves {
		add("fields where the account's value stood", s.Kept)
	}
	if s.Unread > 0 {
		add("parts that could not be read", s.Unread)
	}
	return facts
}

func runSteps(s summary, moves bool, args []string) (steps []step) {
	if moves {
		return nil
	}
	if s.Error != "" && !s.DryRun {
		steps = append(steps, step{"Go on where it stopped: run the same command again. What is there already is recognised.", shellLine(args)})
	}
	for _, next := range leftSteps(s, args) {
		steps = append(steps, step{sentence(next.Text), next.Command})
	}
	if s.Run != "" {
		steps = append(steps, step{"Take the run back: what it created is deleted, what it changed is as before. First see what that would do.",
			shellLine([]string{"undo", s.Run, "--dry-run"}) + "\n" + shellLine([]string{"undo", s.Run})})
	}
	if s.DryRun {
		steps = append(steps, step{"Carry it out: the same command without --dry-run.", ""})
	}
	return steps
}

// leftSteps are what a person can do about what a run could not.
func leftSteps(s summary, args []string) (steps []step) {
	again := func(more ...string) string {
		return shellLine(append(withoutFlags(args, "review", "rejects"), more...))
	}
	switch {
	case s.Review > 0 && s.ReviewFile != "":
		steps = append(steps, step{"decide who is who in the first column of " + s.ReviewFile + ", and hand it back", again("--decisions", s.ReviewFile)})
	case s.Review > 0:
		steps = append(steps, step{"to decide who is who, have the open cases written to a table", again("--review", "review.csv")})
	}
	switch {
	case s.Error != "": // the same command comes to them
	case len(s.Rejects) > 0 && s.Command == "cardferry import":
		steps = append(steps, step{"mend the records that failed, and import them alone", shellLine(append(append([]string{"import"}, s.Rejects...), s.To))})
	case s.Failed > 0 && len(s.Rejects) == 0:
		steps = append(steps, step{"to mend the records that failed, have them written to a file", again("--rejects", "rejects"+rejectsExtension(s))})
	}
	return steps
}

// withoutFlags leaves out flags that have a value.
func withoutFlags(args []string, names ...string) (rest []string) {
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if !strings.HasPrefix(args[i], "--") || !slices.Contains(names, name) {
			rest = append(rest, args[i])
		} else if !joined {
			i++
		}
	}
	return rest
}

// rejectsExtension is that of the input.
func rejectsExtension(s summary) string {
	first, _, _ := strings.Cut(s.From, ", ")
	if ext := filepath.Ext(first); ext != "" && !parseEnd(first).isAccount() {
		return ext
	}
	return ".jsonl"
}

// reviewView shows a record beside the contacts that it may be.
func (p *reportPage) reviewView(e openCase) caseView {
	rc := e.review
	v := caseView{Title: strings.Trim(displayName(rc.Record)+" · "+e.At, " ·"), Reason: sentence(e.Reason)}
	contacts := []importer.Candidate{{Contact: rc.Record}}
	v.Sides = []side{{Label: "in the input", Initials: initials(rc.Record), Photo: e.photo}}
	for n, c := range rc.Candidates {
		s := side{Label: "in the account", Initials: initials(c.Contact)}
		if len(rc.Candidates) > 1 {
			s.Label = fmt.Sprintf("candidate %d", n+1)
		}
		if c.Contact.Folder != "" {
			s.Sub = "folder " + string(c.Contact.Folder)
		}
		s.Photo = p.photo(c.Contact)
		v.Sides = append(v.Sides, s)
		contacts = append(contacts, c)
	}
	v.Rows = sideBySide(contacts)
	if rc.More > 0 {
		v.Foot = fmt.Sprintf("%d more contacts match it and are not shown.", rc.More)
	}
	return v
}

// photo is a contact's photo as the page shows it, fetched if need be.
func (p *reportPage) photo(c *contact.Contact) template.URL {
	if c.Photo != nil && c.Photo.Data == nil && p.ui.photoOf != nil {
		return thumbnail(p.ui.photoOf(c.ID))
	}
	return thumbnail(c.Photo)
}

// sideBySide shows contacts in all fields that any of them has.
func sideBySide(contacts []importer.Candidate) (rows []caseRow) {
	for _, f := range contact.Fields() {
		if f == "photo" || f == "extra" {
			continue
		}
		r := caseRow{Label: fieldLabel(f)}
		any := false
		for _, c := range contacts {
			lines := fieldValues(c.Contact, f)
			any = any || len(lines) > 0
			r.Values = append(r.Values, caseValue{lines, slices.Contains(c.Differs, f)})
		}
		if any {
			rows = append(rows, r)
		}
	}
	return rows
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
