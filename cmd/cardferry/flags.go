package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/csv"
	"github.com/cardferry/cardferry/formats/jcard"
	"github.com/cardferry/cardferry/formats/jscontact"
	"github.com/cardferry/cardferry/formats/jsonl"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/formats/vcard"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/spelling"
)

// formatFlags choose the format of a file and its variant.
type formatFlags struct {
	format, vcardVersion, csvDialect, jsonDialect, jsonForm, forWhom string
	tableFlags
	tables csv.Options // as the command completes them
}

var (
	vcardVersions = []string{"2.1", "3.0", "4.0"}
	csvDialects   = csv.Dialects()
	jsonDialects  = []string{string(outlook.GraphV1), string(outlook.GraphBeta), string(outlook.OutlookV2), string(outlook.OutlookBeta)}
	jsonForms     = []string{string(outlook.InPage), string(outlook.InArray), string(outlook.InLines)}
	formatNames   = []string{"vcard", "csv", "jsonl", "outlook-json", "jcard", "jscontact"}
)

func (f *formatFlags) add(c *cobra.Command, ofWhat string, writes bool) {
	choice(c, &f.format, "format", "", formatNames, "format of "+ofWhat+"; by default its extension or its content tells")
	if !writes {
		f.tableFlags.add(c)
		return
	}
	f.addVariants(c)
}

// addVariants adds those that choose the variant of a format to write.
func (f *formatFlags) addVariants(c *cobra.Command) {
	choice(c, &f.vcardVersion, "vcard-version", "", vcardVersions, "version of vCards to write; 3.0 unless --for wants another")
	choice(c, &f.csvDialect, "csv-dialect", "", csvDialects, "columns of CSV to write: outlook unless --for names another; generic keeps every field")
	choice(c, &f.forWhom, "for", "", destinations, destinationHelp)
	choice(c, &f.jsonDialect, "json-dialect", jsonDialects[0], jsonDialects, "dialect of Microsoft's JSON to write")
	choice(c, &f.jsonForm, "json-form", jsonForms[0], jsonForms, "how contacts stand in Microsoft's JSON: in a page as the service sends it, in a bare array, or one on each line")
}

// table returns the table of formats, each in the variant that the flags choose.
func (f *formatFlags) table() formats.Table {
	tables := f.tables
	tables.Dialect, tables.Excel = f.columns(), f.forWhom == forExcel
	return formats.Table{
		vcard.Format(f.cards()),
		csv.Format(tables),
		jsonl.Format(),
		outlook.Format(outlook.Options{Dialect: outlook.Dialect(f.jsonDialect), Form: outlook.Form(f.jsonForm)}),
		jcard.Format(),
		jscontact.Format(),
	}
}

// forReading returns the format named by --format; nil means to find it for each
// file.
func (f *formatFlags) forReading() (*formats.Format, error) {
	if f.format == "" {
		return nil, nil
	}
	return f.table().ByName(f.format)
}

// forWriting returns the format to write to a path: the flag's, else its
// extension's. A directory or stdout without a flag is vCard.
func (f *formatFlags) forWriting(path string, always bool) (*formats.Format, error) {
	table := f.table()
	if f.format != "" {
		return table.ByName(f.format)
	}
	if format := table.ByPath(path); format != nil {
		return format, nil
	}
	if always {
		return table.ByName("vcard")
	}
	return nil, usage("add --format "+strings.Join(formatNames, "|")+", or an extension such as .vcf, .csv, .jsonl",
		"the format to write cannot be told from the name %q", path)
}

// choice adds a flag that takes one of a few words.
func choice(c *cobra.Command, value *string, name, initial string, words []string, text string) {
	c.Flags().Var(&wordValue{value, words}, name, text)
	*value = initial
	if initial != "" {
		c.Flags().Lookup(name).DefValue = initial
	}
	c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

type wordValue struct {
	value *string
	words []string
}

func (w *wordValue) String() string {
	if w.value == nil {
		return ""
	}
	return *w.value
}
func (w *wordValue) Type() string { return strings.Join(w.words, "|") }
func (w *wordValue) Set(s string) error {
	if !slices.Contains(w.words, s) {
		return usage("", "it is one of %s", strings.Join(w.words, ", "))
	}
	*w.value = s
	return nil
}

// lossPolicies are the words of --on-loss, and onLossHelp what they mean.
var lossPolicies = []string{"report", "stash", "fail"}

const onLossHelp = `--on-loss says what happens to values that have no place where they go to:
  report   count them, and name each with -v and in --report
  stash    also carry them along where people do not see them (in CSV a last column
           of cardferry's own; vCards, JSON and accounts always do), so that they
           come back on reading
  fail     write nothing that would lose any: a file stays as it was, an account
           does not get that record; the exit code is 3
--strict also ends with 3, for values stashed too, but after writing everything.
`

// runFlags are those that every command has that moves contacts.
type runFlags struct {
	photos bool
	fetch  bool // photos of which there is only an address
	strict bool
	onLoss string
	report []string
	yes    bool
}

func (f *runFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.photos, "photos", true, "bring the photos along")
	c.Flags().BoolVar(&f.fetch, "fetch-photos", false, "fetch photos that are only linked to (https, public addresses)")
	choice(c, &f.onLoss, "on-loss", "report", lossPolicies, "what to do with what cannot be kept")
	f.addReport(c)
}

// addReport adds those that say how a run ends.
func (f *runFlags) addReport(c *cobra.Command) {
	c.Flags().BoolVar(&f.strict, "strict", false, "exit 3 if anything at all is lost")
	c.Flags().StringArrayVar(&f.report, "report", nil, reportHelp)
	c.Flags().BoolVar(&f.yes, "yes", false, "go on where a guard would refuse")
}

// importFlags are those of the commands that write to an account.
type importFlags struct {
	dryRun      bool
	policy      string
	region      string
	review      string
	decisions   []string
	rejects     string
	concurrency int
	journal     string
	plan        string
	verify      bool
}

func (f *importFlags) add(c *cobra.Command) {
	var words []string
	for _, p := range importer.Policies() {
		words = append(words, string(p))
	}
	choice(c, &f.policy, "on-duplicate", words[0], words, "what to do with a contact that the account has already")
	addRegion(c, &f.region)
	c.Flags().StringArrayVar(&f.decisions, "decisions", nil, "carry out what was decided in `FILE`.csv, written by --review; may be given several times")
	c.Flags().StringVar(&f.plan, "plan", "", "save what would be done to `FILE`, for cardferry apply; nothing is written")
	f.addWriting(c)
}

// addWriting adds those that do not change what becomes of a record.
func (f *importFlags) addWriting(c *cobra.Command) {
	c.Flags().BoolVarP(&f.dryRun, "dry-run", "n", false, "show what would be done; nothing is written")
	c.Flags().StringVar(&f.review, "review", "", "write the records that wait for a decision to `FILE`.csv")
	c.Flags().StringVar(&f.rejects, "rejects", "", "write the records that failed to `FILE`, as they stand in the input, each with the reason")
	c.Flags().IntVar(&f.concurrency, "concurrency", 0, "requests under way at a time; 0 is what the service takes well: 4, or more at a CardDAV server")
	c.Flags().BoolVar(&f.verify, "verify", false, "read back what was written, and compare it field by field, photos by their content")
	c.Flags().StringVar(&f.journal, "journal", "", "keep the run's journal in `FILE` instead of among the runs; off keeps none, and nothing can be taken back")
}

func addRegion(c *cobra.Command, region *string) {
	c.Flags().StringVar(region, "region", "", "the `COUNTRY` (DE, GB, US…) in which numbers without a country code are dialled, to tell one number written two ways")
}

func regionRules(region string) (contact.Rules, error) {
	rules, err := spelling.Rules(region)
	if err != nil {
		return rules, usage("for example --region DE", "--region %w", err)
	}
	return rules, nil
}

func (f *importFlags) options(e end, photos bool) (importer.Options, error) {
	if f.concurrency < 0 || f.concurrency > 64 {
		return importer.Options{}, usage("", "--concurrency must be from 1 to 64, or 0")
	}
	rules, err := regionRules(f.region)
	if err != nil {
		return importer.Options{}, err
	}
	decisions, err := readDecisions(f.decisions)
	if err != nil {
		return importer.Options{}, err
	}
	o := importer.Options{Policy: importer.OnDuplicate(f.policy), Rules: rules, Decisions: decisions, Concurrency: f.concurrency, NoPhotos: !photos, DryRun: f.dryRun}
	if e.folder != nil {
		o.Folder = *e.folder
	}
	return o, nil
}
