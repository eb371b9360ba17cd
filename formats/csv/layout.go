package csv

import (
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// A layout knows what the columns of one table mean. It is not for concurrent use.
type layout struct {
	columns   []column
	mapping   Mapping
	known     int  // columns that mean something
	mapped    int  // columns of which the mapping says what they mean
	ours      bool // columns are named by JSON paths
	rest      int  // the index of our own column for what has no path, -1 for none
	stash     int  // the index of our own column for what a layout has no place for, -1 for none
	groups    []*group
	envelopes bool // there are columns for whole addresses
	// What bind makes: the columns that are Outlook's, the indexes of the others, and a
	// sheet for what stands in the former.
	outlooks []boundCell
	others   []int
	sheet    *outlookSheet
	// dates are the indexes of the columns that hold dates, and order is theirs, for which
	// some of them ask.
	dates []int
	order DateOrder
	asked bool
	// foreign is, in a table of ours, what stands in the columns of other programs.
	foreign contact.Contact
}

// boundCell says which cell of a sheet a column fills.
type boundCell struct {
	column int
	cell   *string
}

// column is what one column means: a column of Outlook's, a setter, a part of a
// group, a place, or nothing for one that is not known.
type column struct {
	name   string // as the table has it
	target string // Outlook's column that it is
	set    setter
	group  *group  // Google's group that it is of
	part   *string // and its cell there
	place  *place  // in a table of ours
	// kept: somebody said that it is to be an Extra. leftOut: it is not to be read.
	// double: another column means what it would.
	kept, leftOut, double bool
	why                   string // where the meaning was found
	word                  string // what a mapping would say for it
}

// isKnown reports whether the column means something.
func (col *column) isKnown() bool {
	return col.target != "" || col.set != nil || col.group != nil || col.place != nil
}

// newLayout finds the meaning of every name of a table's first row. Of two columns
// of one name the second is for a second value where there can be one. Before rows
// are read it must be bound.
func newLayout(header []string, m Mapping) *layout {
	l := &layout{mapping: m, ours: isOurs(header), rest: -1, stash: -1}
	keys := map[string]bool{}
	for _, name := range header {
		keys[key(name)] = true
	}
	taken := map[string]bool{}
	for i, name := range header {
		col := column{name: strings.TrimSpace(name)}
		switch word, ok := m.of(col.name, i); {
		case ok:
			l.mapped++
			l.takeWord(&col, word, taken)
		case l.ours && col.name == restColumn && l.rest < 0:
			l.rest, col.why = i, ourColumn
		case col.name == formats.ReasonField, col.name == guardColumn:
			col.leftOut, col.why = true, ourColumn
		case col.name == stashColumn && l.stash < 0:
			l.stash, col.why = i, ourColumn
		default:
			l.find(&col, keys, taken)
		}
		if col.isKnown() || l.rest == i || l.stash == i {
			l.known++
		} else if col.why == "" {
			col.why = "nothing is known of it"
		}
		l.columns = append(l.columns, col)
	}
	l.findDates()
	return l
}

// Reasons of an explanation.
const (
	ourColumn    = "a column of cardferry's own"
	doubleColumn = "another column means the same"
)

// The columns of [Options].Stash.
const (
	stashColumn  = "cardferry-stash"
	folderColumn = "cardferry-folder"
)

// takeWord sets what the mapping says that a column means.
func (l *layout) takeWord(col *column, word string, taken map[string]bool) {
	said, err := meaning(word)
	if err != nil {
		return // Validate tells
	}
	said.name, said.why, said.word = col.name, "the map says so", word
	said.kept = !said.isKnown()
	said.leftOut = strings.Trim(word, " -") == ""
	*col = said
	if col.place != nil {
		l.ours, taken[col.place.name] = true, true
	}
	taken[col.target] = taken[col.target] || col.target != ""
}

// findDates notes which columns hold dates.
func (l *layout) findDates() {
	l.dates = l.dates[:0]
	for i := range l.columns {
		if l.columns[i].isDate() {
			l.dates = append(l.dates, i)
		}
	}
}

// find sets what a column means by its name, unless another one of the table means it
// already.
func (l *layout) find(col *column, keys, taken map[string]bool) {
	id, part, isGroup := parseGroup(col.name)
	path, isPath := parsePath(col.name)
	k := key(col.name)
	switch isPath = isPath && l.ours; {
	case isPath && !taken[path.name]:
		col.place, taken[path.name] = path, true
		col.why = "the path of a field"
	case isGroup && !taken[fmt.Sprint(id, part)]:
		taken[fmt.Sprint(id, part)] = true
		col.group = l.groupOf(id)
		col.part = col.group.cell(part)
		col.why = "a numbered name as Google's"
	case isGroup || isPath:
		col.why, col.double = doubleColumn, true
	default:
		target := columnFor(k, keys)
		col.why = "its name"
		if target == "" {
			target = columnByWords(col.name)
			col.why = "the words of its name"
		}
		l.resolve(col, target, taken)
		switch {
		case col.isKnown():
		case target != "":
			col.why, col.double = doubleColumn, true
		case ownUse[k]:
			col.why, col.kept = "programs leave it to their users", true
		default:
			col.why = ""
		}
	}
}

// columnFor returns the canonical column that a name means, "" for none.
func columnFor(name string, beside map[string]bool) string {
	c, ok := contextual[name]
	if !ok {
		return canonical[name]
	}
	for _, other := range c.beside {
		if beside[other] {
			return c.then
		}
	}
	return c.otherwise
}

func (l *layout) resolve(col *column, target string, taken map[string]bool) {
	for taken[target] {
		target = continued[target]
	}
	if target == "" {
		return
	}
	taken[target] = true
	col.word = target
	if col.set = setters[target]; col.set == nil {
		col.target = target
	}
	switch target {
	case "Business Address", "Home Address", "Other Address":
		l.envelopes = true
	}
}

// groupOf returns the group of that name, made when its first column is found.
func (l *layout) groupOf(id groupID) *group {
	for _, g := range l.groups {
		if g.groupID == id {
			return g
		}
	}
	g := &group{groupID: id}
	l.groups = append(l.groups, g)
	return g
}

// bind makes the plan by which rows are read.
func (l *layout) bind() error {
	var targets []string
	for i, col := range l.columns {
		switch {
		case col.target != "":
			l.outlooks = append(l.outlooks, boundCell{column: i})
			targets = append(targets, col.target)
		case i != l.rest && i != l.stash && !col.leftOut:
			l.others = append(l.others, i)
		}
	}
	if len(targets) == 0 {
		return nil
	}
	l.sheet = newOutlookSheet()
	l.sheet.envelopes = l.envelopes
	cells, err := bind(&l.sheet.row, targets)
	if err != nil {
		return err
	}
	for n := range l.outlooks {
		l.outlooks[n].cell = cells[n]
	}
	return nil
}

// read fills c, which is empty, with the cells of a row, all UTF-8. Cells beyond the last
// named column are kept under the name of their place.
func (l *layout) read(c *contact.Contact, cells []string) {
	main := c
	if l.ours {
		l.readRest(main, cells)
		c = &l.foreign
	}
	foreign := l.readOutlook(c, cells)
	for _, i := range l.others {
		if i >= len(cells) || cells[i] == "" {
			continue
		}
		cell, col := cells[i], &l.columns[i]
		if isBlank(cell) || col.place != nil && col.place.put(main, cell) {
			continue
		}
		foreign = true
		switch {
		case col.set != nil:
			col.set(c, cell)
		case col.group != nil:
			col.group.filled, *col.part = true, cell
		default:
			addExtra(c, columnName(col.name, i), cell)
		}
	}
	for i := len(l.columns); i < len(cells); i++ {
		if cell := cells[i]; !isBlank(cell) {
			addExtra(c, columnName("", i), cell)
			foreign = true
		}
	}
	for _, g := range l.groups {
		if g.filled {
			g.read(c)
			*g = group{groupID: g.groupID}
		}
	}
	checkBirthday(c)
	if l.ours && foreign {
		*main = *contact.Merge(main, c, contact.Fill)
		l.foreign = contact.Contact{}
	}
	l.unstash(main, cells)
}

// unstash restores what the column of ours holds of what the others have no place for.
func (l *layout) unstash(c *contact.Contact, cells []string) {
	if l.stash < 0 || l.stash >= len(cells) || isBlank(cells[l.stash]) {
		return
	}
	if contact.Unstash(contact.Normalize(c), cells[l.stash]) != nil {
		c.Unread = append(c.Unread, contact.Loss{Field: "extra", Kind: contact.Dropped,
			Reason: "the cell of column " + stashColumn + " is not one of ours"})
	}
}

// readOutlook reads the columns that are Outlook's, and reports whether there is
// anything in them.
func (l *layout) readOutlook(c *contact.Contact, cells []string) bool {
	filled := false
	for _, b := range l.outlooks {
		if b.column < len(cells) && cells[b.column] != "" {
			*b.cell = cells[b.column]
			filled = true
		}
	}
	if filled {
		l.sheet.read(c)
		l.sheet.row = outlookRow{}
	}
	return filled
}

func isBlank(cell string) bool { return cell == "" || strings.TrimSpace(cell) == "" }

func columnName(name string, i int) string {
	if name == "" {
		return fmt.Sprintf("column %d", i+1)
	}
	return name
}
