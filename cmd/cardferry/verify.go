package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/compare"
	"github.com/cardferry/cardferry/internal/files"
)

type verifyCommand struct {
	*ui
	formatFlags
	photos, values bool
	maxShown       int
	report         []string
	a, b           string
}

func newVerify(u *ui) *cobra.Command {
	x := &verifyCommand{ui: u}
	c := &cobra.Command{
		Use:   "verify A B",
		Short: "Compare two ends field by field",
		Long: `Verify reads two ends, each an account or a path, pairs their contacts up, and
lists every difference on stdout: pairs with the fields that differ, and contacts
that only one end has. Photos are compared by their content. Ids, keys and times
are not compared, nor the order of lists in which it has no meaning.

` + exitCodesHelp,
		Example: `  cardferry verify contacts.vcf work:
  cardferry verify old: new: --values`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error { return x.run(c.Context(), args) },
	}
	x.formatFlags.add(c, "files", false)
	c.Flags().BoolVar(&x.photos, "photos", true, "compare the photos too")
	c.Flags().BoolVar(&x.values, "values", false, "show the values that differ (personal data)")
	c.Flags().StringArrayVar(&x.report, "report", nil, reportHelp)
	c.Flags().IntVar(&x.maxShown, "max", 100, "list at most `N` differences; 0 is all")
	return c
}

func (x *verifyCommand) run(ctx context.Context, args []string) error {
	if x.maxShown < 0 {
		return usage("", "--max must not be negative")
	}
	x.a, x.b = args[0], args[1]
	for _, arg := range args {
		if e := parseEnd(arg); !e.isAccount() {
			x.reads(e.path)
		}
	}
	defer x.closeReports()
	if err := x.openReports(x.report); err != nil {
		return err
	}
	return x.session(func(s *session) error {
		a, err := x.open(ctx, s, args[0])
		if err != nil {
			return err
		}
		b, err := x.open(ctx, s, args[1])
		if err != nil {
			return err
		}
		x.showProgress()
		shown := 0
		r, err := compare.Compare(ctx, x.counted("first end", a), x.counted("second end", b), func(f compare.Finding) {
			d := x.difference(f)
			x.reported(d)
			shown++
			if x.json || x.maxShown == 0 || shown <= x.maxShown {
				x.show(d, f)
			}
		})
		if err != nil {
			return x.end(nil, err)
		}
		if shown > x.maxShown && x.maxShown > 0 && !x.json {
			x.note("%d more differences are not shown: --max 0 shows all", shown-x.maxShown)
		}
		return x.end(r, nil)
	})
}

func (x *verifyCommand) open(ctx context.Context, s *session, text string) (compare.End, error) {
	e := parseEnd(text)
	if e.isAccount() {
		src, err := s.source(e)
		if err != nil {
			return compare.End{}, err
		}
		return compare.End{Contacts: src.contacts(ctx, x.photos), Folders: true}, nil
	}
	if e.path != files.Stdio {
		if _, err := os.Stat(e.path); err != nil {
			return compare.End{}, err
		}
	}
	reader, err := x.fileReader(&x.formatFlags)
	if err != nil {
		return compare.End{}, err
	}
	return compare.End{Contacts: withoutPhotos(x.photos, reader.Contacts(e.path))}, nil
}

// counted moves the bar while an end is read.
func (x *verifyCommand) counted(stage string, e compare.End) compare.End {
	contacts := e.Contacts
	e.Contacts = func(yield func(*contact.Contact, error) bool) {
		n := 0
		for c, err := range contacts {
			n++
			x.progress("reading the "+stage, n, 0)
			if !yield(c, err) {
				return
			}
		}
	}
	return e
}

type difference struct {
	Type   string          `json:"type"` // difference
	A      string          `json:"a,omitzero"`
	B      string          `json:"b,omitzero"`
	Fields []contact.Field `json:"fields,omitempty"`
	Values []fieldsOnBoth  `json:"values,omitempty"`
	Error  string          `json:"error,omitzero"`

	pos contact.Position
	who *contact.Contact
}

type fieldsOnBoth struct {
	Field contact.Field `json:"field"`
	A     string        `json:"a"`
	B     string        `json:"b"`

	a, b []string // in words
}

func (x *verifyCommand) difference(f compare.Finding) difference {
	d := difference{Type: "difference", Fields: f.Fields}
	if f.Err != nil {
		d.Error = f.Err.Error()
	}
	if f.B != nil {
		d.B, d.pos, d.who = f.B.At.String(), f.B.At, f.B
	}
	if f.A != nil {
		d.A, d.pos, d.who = f.A.At.String(), f.A.At, f.A
	}
	if x.values && f.A != nil && f.B != nil {
		for _, field := range f.Fields {
			d.Values = append(d.Values, fieldsOnBoth{field, value(f.A, field), value(f.B, field), readable(f.A, field), readable(f.B, field)})
		}
	}
	return d
}

func (x *verifyCommand) show(d difference, f compare.Finding) {
	if x.json {
		x.object(d)
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bar.clear()
	switch {
	case d.Error != "":
		fmt.Fprintf(x.stdout, "unreadable: %s\n", d.Error)
	case f.B == nil:
		fmt.Fprintf(x.stdout, "only in the first: %s\n", d.A)
	case f.A == nil:
		fmt.Fprintf(x.stdout, "only in the second: %s\n", d.B)
	default:
		fmt.Fprintf(x.stdout, "differ in %s: %s | %s\n", joinFields(d.Fields), d.A, d.B)
	}
	for _, v := range d.Values {
		fmt.Fprintf(x.stdout, "    %s: %s | %s\n", v.Field, v.A, v.B)
	}
}

func value(c *contact.Contact, f contact.Field) string {
	if f == compare.Folder {
		return string(c.Folder)
	}
	return c.Value(f)
}

type verifySummary struct {
	Type       string         `json:"type"` // summary
	Command    string         `json:"command"`
	First      string         `json:"first,omitzero"`
	Second     string         `json:"second,omitzero"`
	A          int            `json:"a"`
	B          int            `json:"b"`
	Equal      int            `json:"equal"`
	Different  int            `json:"different"`
	OnlyA      int            `json:"onlyA"`
	OnlyB      int            `json:"onlyB"`
	Unreadable int            `json:"unreadable"`
	Fields     map[string]int `json:"fields,omitempty"`
	Error      string         `json:"error,omitzero"`
}

func (x *verifyCommand) end(r *compare.Report, err error) error {
	s := verifySummary{Type: "summary", Command: x.command, First: x.a, Second: x.b}
	if err != nil {
		s.Error = err.Error()
	}
	if r != nil {
		s.A, s.B, s.Equal, s.Different, s.OnlyA, s.OnlyB, s.Unreadable, s.Fields = r.A, r.B, r.Equal, r.Different, r.OnlyA, r.OnlyB, r.Unreadable, r.Fields
	}
	switch {
	case x.json:
		x.lastObject(s)
	case r != nil && r.Same():
		x.note("the ends are equal field by field: %s on each side", count(r.A, "contact"))
	case r != nil:
		x.note("%d equal, %d different, %d only in the first, %d only in the second, %d unreadable", r.Equal, r.Different, r.OnlyA, r.OnlyB, r.Unreadable)
		if len(r.Fields) > 0 {
			x.note("differing fields: %s", countedFields(r.Fields))
		}
	}
	if rerr := x.finishReports(s); rerr != nil && err == nil {
		return rerr
	}
	if err == nil && !r.Same() {
		err = errDifferent
	}
	return err
}

func countedFields(fields map[string]int) string {
	var words []string
	for f, n := range fields {
		words = append(words, fmt.Sprintf("%s %d×", f, n))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}
