package main

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/atomicfile"
	"github.com/cardferry/cardferry/internal/jpegphoto"
)

// A report page shows at most so many of each; beyond that it says how many there are.
const (
	maxCases = 200
	maxRows  = 1000
)

// reportPage is a report for people: one page that needs nothing beside it, with
// photos, names and values in it, and without a script.
type reportPage struct {
	ui   *ui
	file *atomicfile.File

	cases  []openCase
	groups []caseView
	lists  map[listName]*listItems
	// numCases is how many there are; cases holds the first of them.
	numCases int
}

// openCase is a record that waits, without the bytes of its photo.
type openCase struct {
	event
	photo template.URL
}

// listName names the lists of a page, in their order.
type listName int

const (
	listFailed listName = iota
	listUnread
	listChanged
	listDifferent
)

// listItems are the first rows of a list, and how many there are.
type listItems struct {
	rows  []row
	total int
}

func newReportPage(path string, u *ui) (*reportPage, error) {
	file, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	return &reportPage{ui: u, file: file, lists: map[listName]*listItems{}}, nil
}

func (p *reportPage) abort() { p.file.Abort() }

// What the page shows, in the words of its template.
type (
	pageData struct {
		Command, Title, When, Version    string
		DryRun                           bool
		Style                            template.CSS
		StyleHash                        string
		Verdict                          verdict
		Tiles                            []tile
		Bar                              []segment
		Equation                         string
		Facts                            []fact
		Next                             []step
		CasesTitle, CasesLead, MoreCases string
		Cases                            []caseView
		Lists                            []listView
	}
	verdict struct {
		Word, Class string
		Lines       []string
	}
	tile struct {
		N            int
		Label, Class string
	}
	segment struct {
		Class    string
		X, Width float64
	}
	fact struct{ Label, Text string }
	step struct{ Text, Command string }
	cell struct{ Text, Class string }
	row  struct {
		Cells []cell
		at    contact.Position
	}
	listView struct {
		Title, Lead, More string
		Head              []string
		Rows              []row
	}
	caseView struct {
		Title, Reason, Foot string
		Sides               []side
		Rows                []caseRow
	}
	side struct {
		Label, Sub, Initials string
		Photo                template.URL
	}
	caseRow struct {
		Label  string
		Values []caseValue
	}
	caseValue struct {
		Lines   []string
		Differs bool
	}
)

//go:embed reportpage.html
var pageText string

//go:embed reportpage.css
var pageStyle string

var pageTemplate = template.Must(template.New("report").Parse(pageText))

func (p *reportPage) add(item any) {
	switch item := item.(type) {
	case event:
		p.addEvent(item)
	case difference:
		p.addDifference(item)
	case groupEvent:
		p.addGroup(item)
	}
}

func (p *reportPage) addEvent(e event) {
	if e.review != nil {
		if p.numCases++; len(p.cases) < maxCases {
			waits, record := *e.review, *e.review.Record
			c := openCase{e, thumbnail(record.Photo)}
			record.Photo, waits.Record, c.review = nil, &record, &waits
			p.cases = append(p.cases, c)
		}
	}
	switch {
	case e.failed:
		p.row(listFailed, e.pos, e.At, displayName(e.who), e.Reason)
	case e.Outcome == string(importer.Updated):
		p.row(listChanged, e.pos, e.At, displayName(e.who), labels(e.Fields))
	}
	for _, l := range e.Unread {
		p.row(listUnread, e.pos, e.At, displayName(e.who), fieldLabel(l.Field), l.Reason)
	}
}

// row adds a row to a list, whose first column is where something is.
func (p *reportPage) row(name listName, at contact.Position, where string, texts ...string) {
	l := p.lists[name]
	if l == nil {
		l = &listItems{}
		p.lists[name] = l
	}
	if l.total++; len(l.rows) == maxRows {
		return
	}
	r := row{at: at, Cells: []cell{{where, "at"}}}
	for _, text := range texts {
		r.Cells = append(r.Cells, cell{text, ""})
	}
	l.rows = append(l.rows, r)
}

// byPosition is the order of the input.
func byPosition(a, b contact.Position) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Line, b.Line))
}

func (p *reportPage) finish(s any) error {
	defer p.file.Abort()
	sum := sha256.Sum256([]byte(pageStyle))
	data := &pageData{
		Command: strings.TrimPrefix(p.ui.command, "cardferry "), When: time.Now().Format("2 January 2006, 15:04 MST"), Version: version,
		Style: template.CSS(pageStyle), StyleHash: "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
	}
	switch s := s.(type) {
	case summary:
		p.describeRun(data, s)
	case verifySummary:
		p.describeVerify(data, s)
	case dedupeSummary:
		p.describeDedupe(data, s)
	}
	if err := pageTemplate.Execute(p.file, data); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return p.file.Commit()
}

// list puts a list on the page, in the order of the input and without columns in
// which nothing stands.
func (p *reportPage) list(d *pageData, name listName, title, lead string, head ...string) {
	l := p.lists[name]
	if l == nil {
		return
	}
	slices.SortStableFunc(l.rows, func(a, b row) int { return byPosition(a.at, b.at) })
	for i := len(head) - 1; i >= 0; i-- {
		if !slices.ContainsFunc(l.rows, func(r row) bool { return r.Cells[i].Text != "" }) {
			head = slices.Delete(head, i, i+1)
			for j := range l.rows {
				l.rows[j].Cells = slices.Delete(l.rows[j].Cells, i, i+1)
			}
		}
	}
	view := listView{Title: title, Lead: lead, Head: head, Rows: l.rows}
	if l.total > len(l.rows) {
		view.More = fmt.Sprintf("%d more are not shown here: a report named FILE.json has them all.", l.total-len(l.rows))
	}
	d.Lists = append(d.Lists, view)
}

// thumbnail returns a photo as the page holds it, "" for one that is no picture.
func thumbnail(photo *contact.Photo) template.URL {
	if photo == nil || len(photo.Data) == 0 {
		return ""
	}
	data, err := jpegphoto.Thumbnail(photo.Data, 192)
	if err != nil {
		return ""
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(data))
}
