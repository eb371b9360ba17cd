package csv

import (
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// A layout knows what the columns of one table mean. It is not for concurrent use.
type layout struct {
	columns   []column
	known     int  // columns whose name means something
	ours      bool // columns are named by JSON paths
	rest      int  // the index of our own column for what has no path, -1 for none
	groups    []*group
	envelopes bool // there are columns for whole addresses
	// What bind makes: the indexes of the columns that are Outlook's and of the
	// others, and a sheet for what stands in the former.
	outlooks []int
	others   []int
	sheet    *outlookSheet
	// foreign is, in a table of ours, what stands in the columns of other programs.
	foreign contact.Contact
}

// column is what one column means: a column of Outlook's, a setter, a part of a
// group, a place, or nothing for one that is not known.
type column struct {
	name   string  // as the table has it
	target string  // Outlook's column that it is
	cell   *string // and its cell, once the layout is bound
	set    setter
	group  *group  // Google's group that it is of
	part   *string // and its cell there
	place  *place  // in a table of ours
}

// newLayout finds the meaning of every name of a table's first row. Of two columns
// of one name the second is for a second value where there can be one. Before rows
// are read it must be bound.
func newLayout(header []string) *layout {
	l := &layout{ours: isOurs(header), rest: -1}
	keys := map[string]bool{}
	for _, name := range header {
		keys[key(name)] = true
	}
	taken := map[string]bool{}
	for i, name := range header {
		col := column{name: strings.TrimSpace(validText(name))}
		if l.find(&col, keys, taken); l.ours && col.name == restColumn && l.rest < 0 {
			l.rest = i
		}
		if col.target != "" || col.set != nil || col.group != nil || col.place != nil || l.rest == i {
			l.known++
		}
		l.columns = append(l.columns, col)
	}
	return l
}

// find sets what a column means, unless another one of the table means it already.
func (l *layout) find(col *column, keys, taken map[string]bool) {
	id, part, isGroup := parseGroup(col.name)
	path, isPath := parsePath(col.name)
	switch isPath = isPath && l.ours; {
	case isPath && !taken[path.name]:
		col.place, taken[path.name] = path, true
	case isGroup && !taken[fmt.Sprint(id, part)]:
		taken[fmt.Sprint(id, part)] = true
		col.group = l.groupOf(id)
		col.part = col.group.cell(part)
	case !isGroup && !isPath && !(l.ours && col.name == restColumn):
		l.resolve(col, columnFor(key(col.name), keys), taken)
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
			l.outlooks = append(l.outlooks, i)
			targets = append(targets, col.target)
		case i != l.rest:
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
	for n, i := range l.outlooks {
		l.columns[i].cell = cells[n]
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
}

// readOutlook reads the columns that are Outlook's, and reports whether there is
// anything in them.
func (l *layout) readOutlook(c *contact.Contact, cells []string) bool {
	filled := false
	for _, i := range l.outlooks {
		if i < len(cells) && cells[i] != "" {
			*l.columns[i].cell = cells[i]
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
