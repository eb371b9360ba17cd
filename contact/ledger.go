package contact

import (
	"cmp"
	"maps"
	"slices"
)

// Ledger totals losses by field and kind. The zero value is an empty ledger.
type Ledger struct {
	rows map[ledgerKey]*LedgerRow
}

type ledgerKey struct {
	field Field
	kind  LossKind
}

// LedgerRow is the total of one kind of loss of one field.
type LedgerRow struct {
	Field  Field    `json:"field"` // without indexes
	Kind   LossKind `json:"kind"`
	Count  int      `json:"count"`
	Reason string   `json:"reason"` // of the first of them
}

// Add enters losses.
func (l *Ledger) Add(losses ...Loss) {
	for _, loss := range losses {
		k := ledgerKey{loss.Root(), loss.Kind}
		row := l.rows[k]
		if row == nil {
			if l.rows == nil {
				l.rows = map[ledgerKey]*LedgerRow{}
			}
			row = &LedgerRow{Field: k.field, Kind: k.kind, Reason: loss.Reason}
			l.rows[k] = row
		}
		row.Count++
	}
}

// Total returns how many losses were entered.
func (l *Ledger) Total() int {
	n := 0
	for _, row := range l.rows {
		n += row.Count
	}
	return n
}

// Count returns how many losses of that kind were entered.
func (l *Ledger) Count(kind LossKind) int {
	n := 0
	for k, row := range l.rows {
		if k.kind == kind {
			n += row.Count
		}
	}
	return n
}

// Rows returns the totals, the most frequent first.
func (l *Ledger) Rows() []LedgerRow {
	rows := make([]LedgerRow, 0, len(l.rows))
	for row := range maps.Values(l.rows) {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b LedgerRow) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Kind, b.Kind))
	})
	return rows
}
