// Bench measures what a user waits for, as whole processes: exports and imports by
// the program against a bare loop over the same requests, and the memory that the
// program takes; how well an import uses what the service allows; and the speed of the vCard
// codec beside the library that it is an answer to. It prints ratios beside the floors that the project holds itself
// to; absolute times are those of the machine.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/formats/jsonl"
	"github.com/cardferry/cardferry/formats/outlook"
)

func main() {
	program := flag.String("program", "bin/cardferry", "the program to measure")
	contacts := flag.Int("contacts", 100_000, "contacts to export")
	imports := flag.Int("imports", 10_000, "contacts to import")
	cards := flag.Int("cards", 1_000_000, "cards to convert")
	runs := flag.Int("runs", 3, "runs of each measurement; the median counts")
	only := flag.String("only", "", "measure only export, import, plan, journal, throttle, codec or convert")
	download := flag.String("download", "", "measure nothing: download all pages of this `URL` and throw them away")
	post := flag.String("post", "", "measure nothing: post the lines of stdin to this `URL`")
	flag.Parse()
	var err error
	switch {
	case *download != "":
		err = downloadAll(*download)
	case *post != "":
		err = postAll(*post, os.Stdin)
	default:
		err = bench(*program, *contacts, *imports, *cards, *runs, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(program string, contacts, imports, cards, runs int, only string) error {
	dir, err := os.MkdirTemp("", "cardferry-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bencher{program: program, dir: dir, runs: runs}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if only == "" || only == "export" || only == "import" {
		fmt.Printf("%-44s %10s %10s %7s %7s\n", "measurement (median wall time)", "cardferry", "bare loop", "ratio", "floor")
	}
	if only == "" || only == "export" {
		// A tenth takes so little time that the ratio is that of starting two programs: it
		// has a floor for memory alone.
		if err := b.exports(contacts/10, 0); err != nil {
			return err
		}
		if err := b.exports(contacts, 1.5); err != nil {
			return err
		}
	}
	if only == "" || only == "import" {
		if err := b.imports(imports); err != nil {
			return err
		}
	}
	if only == "" || only == "plan" {
		if err := b.plan(contacts); err != nil {
			return err
		}
	}
	if only == "" || only == "journal" {
		if err := b.journal(imports); err != nil {
			return err
		}
	}
	if only == "" || only == "throttle" {
		if err := b.throttled(20_000, 5_000); err != nil {
			return err
		}
	}
	if only == "" || only == "codec" {
		if err := b.codec(); err != nil {
			return err
		}
	}
	if only == "" || only == "convert" {
		return b.converting(cards)
	}
	return nil
}

type bencher struct {
	program, self, dir string
	runs               int
}

// exports measures the export of n contacts to each format against a download of
// the same pages, the service being a process of its own. A floor of 0 is none.
func (b *bencher) exports(n int, floor float64) error {
	box, err := b.sandbox("--contacts", fmt.Sprint(n), "--photos", "0")
	if err != nil {
		return err
	}
	defer box.stop()
	for _, ext := range []string{".vcf", ".csv", ".jsonl"} {
		out := filepath.Join(b.dir, "export"+ext)
		name := fmt.Sprintf("export %d contacts to %s", n, ext)
		err := b.compare(name, floor, 64,
			func() *exec.Cmd { return b.cardferry(box, "export", "bench:", out, "-q") },
			func() *exec.Cmd { return exec.Command(b.self, "-download", box.pages()) })
		if err != nil {
			return err
		}
	}
	return nil
}

// imports measures the import of n contacts into an empty mailbox against posting
// the same contacts in a loop. Every run has a mailbox of its own.
func (b *bencher) imports(n int) error {
	file, bodies, err := b.importFiles(n)
	if err != nil {
		return err
	}
	var box *sandbox
	defer func() { box.stop() }()
	fresh := b.fresh(&box)
	return b.compare(fmt.Sprintf("import %d contacts from .jsonl", n), 1.5, 0,
		fresh(func() *exec.Cmd { return b.cardferry(box, "import", file, "bench:", "-q") }),
		fresh(func() *exec.Cmd {
			cmd := exec.Command(b.self, "-post", box.url+"/v1.0/me/contacts")
			cmd.Stdin = bytes.NewReader(bodies)
			return cmd
		}))
}

// fresh gives every command an empty mailbox of its own.
func (b *bencher) fresh(box **sandbox) func(cmd func() *exec.Cmd) func() *exec.Cmd {
	return func(cmd func() *exec.Cmd) func() *exec.Cmd {
		return func() *exec.Cmd {
			(*box).stop()
			var err error
			if *box, err = b.sandbox("--contacts", "0"); err != nil {
				return exec.Command("false")
			}
			return cmd()
		}
	}
}

// importFiles returns a file to import, and the bodies that the program posts for
// it, one per line.
func (b *bencher) importFiles(n int) (file string, bodies []byte, err error) {
	box, err := b.sandbox("--contacts", fmt.Sprint(n), "--photos", "0")
	if err != nil {
		return "", nil, err
	}
	defer box.stop()
	file = filepath.Join(b.dir, "import.jsonl")
	if out, err := b.cardferry(box, "export", "bench:", file, "-q").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("exporting: %w: %s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", nil, err
	}
	for c, err := range jsonl.NewDecoder(bytes.NewReader(text)).All() {
		if err != nil {
			return "", nil, err
		}
		c.Key = c.DerivedKey()
		body, _, err := outlook.Create(c, outlook.GraphV1)
		if err != nil {
			return "", nil, err
		}
		bodies = append(append(bodies, body...), '\n')
	}
	return file, bodies, nil
}

// compare runs both commands in turn and prints the medians and their ratio. A floor or
// a maxMiB of 0 is none.
func (b *bencher) compare(name string, floor float64, maxMiB int64, ours, bare func() *exec.Cmd) error {
	var a, z []time.Duration
	var peak int64
	for run := range b.runs + 1 { // the first warms up
		t, rss, err := measure(ours())
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		u, _, err := measure(bare())
		if err != nil {
			return fmt.Errorf("%s: bare loop: %w", name, err)
		}
		if run > 0 {
			a, z, peak = append(a, t), append(z, u), max(peak, rss)
		}
	}
	slices.Sort(a)
	slices.Sort(z)
	mine, theirs := a[len(a)/2], z[len(z)/2]
	ratio := mine.Seconds() / theirs.Seconds()
	fmt.Printf("%-44s %9.2fs %9.2fs %7.2f", name, mine.Seconds(), theirs.Seconds(), ratio)
	if floor > 0 {
		fmt.Printf(" %7.2f  %s", floor, verdict(ratio <= floor))
	}
	fmt.Println()
	if maxMiB > 0 {
		fmt.Printf("%-44s %6.1f MiB %10s %7s %4d MiB  %s\n", "  peak memory", float64(peak)/(1<<20), "", "", maxMiB, verdict(peak <= maxMiB<<20))
	}
	return nil
}

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "MISSED"
}

// measure returns the wall time and the peak resident memory of a process.
func measure(cmd *exec.Cmd) (time.Duration, int64, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, stderr.String())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0, errors.New("this system does not tell a process's memory")
	}
	return wall, usage.Maxrss << 10, nil
}

// sandbox is a served mailbox.
type sandbox struct {
	cmd *exec.Cmd
	url string
}

func (b *bencher) sandbox(args ...string) (*sandbox, error) {
	cmd := exec.Command(b.program, append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var ready struct{ URL string }
	if err := json.NewDecoder(out).Decode(&ready); err != nil {
		return nil, fmt.Errorf("the sandbox did not start: %w", err)
	}
	return &sandbox{cmd, ready.URL}, nil
}

func (s *sandbox) stop() {
	if s != nil {
		s.cmd.Process.Signal(os.Interrupt)
		s.cmd.Wait()
	}
}

// pages is the listing that an export of the default folder reads.
func (s *sandbox) pages() string {
	return s.url + "/v1.0/me"
}

func (b *bencher) cardferry(box *sandbox, args ...string) *exec.Cmd {
	cmd := exec.Command(b.program, args...)
	cmd.Env = append(os.Environ(), "CARDFERRY_BENCH_PROVIDER=outlook", "CARDFERRY_BENCH_URL="+box.url, "CARDFERRY_BENCH_TOKEN=sandbox", "XDG_CONFIG_HOME="+b.dir, "XDG_STATE_HOME="+b.dir)
	return cmd
}

// downloadAll follows every page of every folder and throws the bodies away.
func downloadAll(base string) error {
	folders, err := get(base + "/contactFolders?$top=100")
	if err != nil {
		return err
	}
	queue := folders.Value
	ids := []string{"contacts"}
	for len(queue) > 0 {
		f := queue[0]
		queue = queue[1:]
		ids = append(ids, f.ID)
		children, err := get(base + "/contactFolders/" + f.ID + "/childFolders?$top=100")
		if err != nil {
			return err
		}
		queue = append(queue, children.Value...)
	}
	for _, id := range ids {
		for next := base + "/contactFolders/" + id + "/contacts?" + listingQuery(); next != ""; {
			if next, err = discard(next); err != nil {
				return err
			}
		}
	}
	return nil
}

// listingQuery asks for pages as an export does, so that both read the same bytes.
func listingQuery() string {
	return url.Values{"$top": {"500"}, "$select": {outlook.Select(outlook.GraphV1)}, "$expand": {outlook.Expand(outlook.GraphV1)}}.Encode()
}

type page struct {
	Next  string `json:"@odata.nextLink"`
	Value []struct{ ID string }
}

func get(link string) (*page, error) {
	body, err := fetch(link)
	if err != nil {
		return nil, err
	}
	var p page
	return &p, json.Unmarshal(body, &p)
}

func fetch(link string) ([]byte, error) {
	req, err := http.NewRequest(http.MethodGet, link, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer sandbox")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET: %s", resp.Status)
	}
	var body bytes.Buffer
	body.Grow(int(max(resp.ContentLength, 0)) + bytes.MinRead)
	_, err = body.ReadFrom(resp.Body)
	return body.Bytes(), err
}

// discard fetches a page and returns the link to the next one, found without
// parsing the rest.
func discard(link string) (string, error) {
	body, err := fetch(link)
	if err != nil {
		return "", err
	}
	_, rest, found := bytes.Cut(body, []byte(`"@odata.nextLink":`))
	if !found {
		return "", nil
	}
	var next string
	return next, json.NewDecoder(bytes.NewReader(rest)).Decode(&next)
}

// postAll posts every line, four at a time.
func postAll(link string, lines io.Reader) error {
	text, err := io.ReadAll(lines)
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	client := &http.Client{Transport: transport}
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(4)
	for line := range bytes.Lines(text) {
		g.Go(func() error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, link, bytes.NewReader(line))
			if err != nil {
				return err
			}
			req.Header.Set("Authorization", "Bearer sandbox")
			req.Header.Set("Content-Type", "application/json")
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if resp.StatusCode != http.StatusCreated {
				return fmt.Errorf("POST: %s: %s", resp.Status, body)
			}
			return err
		})
	}
	return g.Wait()
}
