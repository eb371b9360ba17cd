package main

import (
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/importer"
)

// columnGroup is the column of a table of dedupe that names the group.
const columnGroup = "group id"

// newGroupReview begins the table of dedupe --review: one row for each group of
// duplicates, whether it would be joined or left.
func newGroupReview(path string) (*reviewFile, error) {
	columns := []string{columnDecision, "choices", "person", "without a decision", "joined"}
	for n := range importer.MaxCandidates {
		columns = append(columns, fmt.Sprintf("contact %d", n+1), fmt.Sprintf("contact %d is", n+1))
	}
	return newDecisionTable(path, append(columns, columnGroup))
}

func (r *reviewFile) addGroup(e groupEvent) error {
	if r == nil {
		return nil
	}
	r.rows++
	without, joined := "they are joined", personLine(e.group.Merged)
	if importer.GroupOutcome(e.Outcome) != importer.Merged {
		without = "they are left: " + e.Reason
	}
	row := []string{"", string(importer.GroupJoin) + ", " + string(importer.GroupSkip), displayName(e.group.Contacts[0]), without, joined}
	for n := range importer.MaxCandidates {
		if n >= len(e.Contacts) {
			row = append(row, "", "")
			continue
		}
		row = append(row, personLine(e.group.Contacts[n]), memberText(e.Contacts[n]))
	}
	if more := len(e.Contacts) - importer.MaxCandidates; more > 0 {
		row[3] += fmt.Sprintf("; %d more contacts are not shown", more)
	}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return r.out.Write(append(row, idMark+e.group.ID))
}

// readGroupDecisions reads tables of dedupe --review; of two decisions about one group
// that of the later table stands.
func readGroupDecisions(paths []string) (decisions []importer.GroupDecision, err error) {
	for _, path := range paths {
		rows, err := decisionRows(path, columnGroup)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			decisions = append(decisions, importer.GroupDecision{Group: row.id, Action: importer.GroupAction(strings.ToLower(row.text)), Where: row.where})
		}
	}
	return decisions, nil
}
