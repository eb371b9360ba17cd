package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
)

// What a report page says of duplicates.

// addGroup keeps what is shown of the first groups.
func (p *reportPage) addGroup(e groupEvent) {
	if p.numCases++; len(p.groups) < maxCases {
		p.groups = append(p.groups, p.groupView(e))
	}
}

func (p *reportPage) describeDedupe(d *pageData, s dedupeSummary) {
	d.DryRun = s.DryRun
	d.Title = "Duplicates of " + baseName(s.From)
	switch {
	case s.Error != "":
		d.Verdict = verdict{"The run stopped", "bad", []string{sentence(s.Error), "No contact was deleted that had not been joined to another before. Run the same command again to go on."}}
	case s.Groups == 0 && s.Unread == 0:
		d.Verdict = verdict{"There are no duplicates", "good", nil}
	case s.DryRun:
		d.Verdict = verdict{"A plan", "plan", []string{"Nothing was written. This is what would be joined."}}
	case s.Review+s.Failed+s.Unread > 0:
		d.Verdict = verdict{"Finished, but some are left for you", "warn", nil}
	default:
		d.Verdict = verdict{"All duplicates are joined", "good", nil}
	}
	outcomes := []tile{{s.Merged, "joined", "created"}, {s.Skipped, "skipped", "skipped"}, {s.Review, "for review", "review"}, {s.Failed, "failed", "failed"}}
	d.Tiles = append([]tile{{s.Groups, "groups", ""}}, outcomes...)
	d.Bar, d.Equation = proportions(s.Groups, outcomes)
	d.Equation = strings.Replace(d.Equation, "read =", "groups =", 1)
	d.Facts = []fact{{"contacts", fmt.Sprint(s.Read)}, {"of them superfluous", fmt.Sprint(s.Removed)}, {"left", fmt.Sprint(s.Read - s.Removed)}, {"photos taken over", fmt.Sprint(s.Photos)}}
	if s.Run != "" {
		d.Next = append(d.Next, step{"Take it back: the contacts become what they were.", shellLine([]string{"undo", s.Run, "--dry-run"}) + "\n" + shellLine([]string{"undo", s.Run})})
	}
	if s.Review > 0 {
		d.Next = append(d.Next, step{"Contacts that contradict each other can be mended by hand and looked at again, or joined as they are: the value of the one that stays stands.",
			shellLine(append(withoutFlags(p.ui.args, "on-conflict"), "--on-conflict", "keep"))})
	}
	d.CasesTitle, d.CasesLead = "Who is who", "The first of each group stays and takes what it lacks. Marked is what contradicts it."
	d.Cases = p.groups
	if more := p.numCases - len(p.groups); more > 0 {
		d.MoreCases = fmt.Sprintf("%d more groups are not shown here: a report named FILE.json has them all.", more)
	}
	p.list(d, listFailed, "Could not be read", "", "where", "who", "why")
	p.list(d, listUnread, "Could not be read in part", "The rest of each came along.", "where", "who", "what", "why")
	d.losses(s.LossesByField)
}

func (p *reportPage) groupView(e groupEvent) caseView {
	v := caseView{Title: displayName(e.group.Contacts[0]), Reason: sentence(e.Reason)}
	var contacts []importer.Candidate
	for i, c := range e.group.Contacts {
		at := c.At
		at.File = baseName(at.File)
		s := side{Label: "goes", Sub: at.String(), Initials: initials(c), Photo: p.photo(c)}
		switch {
		case e.Outcome != string(importer.Merged):
			s.Label = "left as it is"
		case i == 0:
			s.Label = "stays"
		}
		v.Sides = append(v.Sides, s)
		contacts = append(contacts, importer.Candidate{Contact: c, Differs: e.group.Conflicts[i]})
	}
	v.Rows = sideBySide(contacts)
	var adds []contact.Field
	for _, fields := range e.group.Adds {
		for _, f := range fields {
			if !slices.Contains(adds, f) {
				adds = append(adds, f)
			}
		}
	}
	if len(adds) > 0 && e.Outcome == string(importer.Merged) {
		v.Foot = "The one that stays takes over: " + labels(adds) + "."
	}
	return v
}
