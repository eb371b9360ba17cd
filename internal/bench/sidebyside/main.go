// Sidebyside times cardferry against vdirsyncer and a bare loop of requests: 1,000 cards
// with photos down from Radicale, and up to Cyrus. It needs both servers (.ci/servers)
// and vdirsyncer; without that it compares with the loop alone. Every row is the median
// of the runs.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var (
	program = flag.String("program", "bin/cardferry", "the program")
	cards   = flag.Int("cards", 1000, "how many cards")
	runs    = flag.Int("runs", 3, "how many runs of each")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		os.Exit(1)
	}
}

// side is one server with one book.
type side struct {
	base           *url.URL
	user, password string
	home, book     string // paths
}

func newSide(variable, home string) (*side, error) {
	u, err := url.Parse(os.Getenv(variable))
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%s is not set: run it by .ci/servers", variable)
	}
	s := &side{base: u, user: u.User.Username(), home: home, book: home + "bench/"}
	s.password, _ = u.User.Password()
	u.User = nil
	return s, nil
}

var client = &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16}}

// do sends a request and returns its answer.
func (s *side) do(method, path string, body []byte, header ...string) ([]byte, int, error) {
	req, err := http.NewRequest(method, s.base.Scheme+"://"+s.base.Host+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	req.SetBasicAuth(s.user, s.password)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return data, resp.StatusCode, err
}

// fresh makes the book anew.
func (s *side) fresh() error {
	if _, _, err := s.do("DELETE", s.book, nil); err != nil {
		return err
	}
	_, status, err := s.do("MKCOL", s.book, []byte(`<?xml version="1.0"?><D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:set><D:prop><D:resourcetype><D:collection/><C:addressbook/></D:resourcetype><D:displayname>bench</D:displayname></D:prop></D:set></D:mkcol>`), "Content-Type", "application/xml")
	if err == nil && status != http.StatusCreated {
		err = fmt.Errorf("MKCOL: %d", status)
	}
	return err
}

// environment is the configuration of the account "side".
func (s *side) environment(dir string) []string {
	return append(os.Environ(), "XDG_STATE_HOME="+dir+"/state", "XDG_CONFIG_HOME="+dir+"/config",
		"CARDFERRY_SIDE_PROVIDER=carddav", "CARDFERRY_SIDE_URL="+s.base.Scheme+"://"+s.base.Host+s.book,
		"CARDFERRY_SIDE_USERNAME="+s.user, "CARDFERRY_SIDE_PASSWORD="+s.password)
}

func run() error {
	radicale, err := newSide("CARDDAV_RADICALE", "/alice/")
	if err != nil {
		return err
	}
	cyrus, err := newSide("CARDDAV_CYRUS", "/dav/addressbooks/user/alice/")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sidebyside")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	folder := filepath.Join(dir, "cards")
	if err := makeCards(folder); err != nil {
		return err
	}
	if err := radicale.fresh(); err != nil {
		return err
	}
	var whole bytes.Buffer
	files, err := filepath.Glob(folder + "/*.vcf")
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		whole.Write(data)
	}
	if _, status, err := radicale.do("PUT", radicale.book, whole.Bytes(), "Content-Type", "text/vcard"); err != nil || status >= 300 {
		return fmt.Errorf("filling Radicale: %d, %v", status, err)
	}
	if err := multigets(radicale); err != nil { // it is slow once, and remembers
		return err
	}
	down, err := compete(map[string]func() error{
		"cardferry": func() error {
			return command(radicale.environment(dir), *program, "export", "side:", filepath.Join(dir, "out.vcf"), "-q")
		},
		"vdirsyncer": func() error { return vdirsyncer(dir, radicale, filepath.Join(dir, "down")) },
		"bare loop":  func() error { return multigets(radicale) },
	}, func() error {
		return errorsOf(os.RemoveAll(filepath.Join(dir, "down")), os.RemoveAll(filepath.Join(dir, "vds")))
	})
	if err != nil {
		return err
	}
	up, err := compete(map[string]func() error{
		"cardferry": func() error {
			return command(cyrus.environment(dir), *program, "import", folder, "side:", "-q")
		},
		"vdirsyncer": func() error { return vdirsyncer(dir, cyrus, folder) },
		"bare loop":  func() error { return puts(cyrus, files) },
	}, func() error { return errorsOf(os.RemoveAll(filepath.Join(dir, "vds")), cyrus.fresh()) })
	if err != nil {
		return err
	}
	report(fmt.Sprintf("%d cards with photos, down from Radicale", *cards), down)
	report(fmt.Sprintf("%d cards with photos, up to Cyrus", *cards), up)
	return nil
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// compete runs the contestants in turn, so that a busy moment hits all, and returns the
// median of each.
func compete(contestants map[string]func() error, before func() error) (map[string]time.Duration, error) {
	times := map[string][]time.Duration{}
	for range *runs {
		for name, contestant := range contestants {
			if err := before(); err != nil {
				return nil, err
			}
			start := time.Now()
			err := contestant()
			if err == errNotInstalled {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			times[name] = append(times[name], time.Since(start))
		}
	}
	medians := map[string]time.Duration{}
	for name, all := range times {
		slices.Sort(all)
		medians[name] = all[len(all)/2]
	}
	return medians, nil
}

func report(title string, medians map[string]time.Duration) {
	fmt.Println(title)
	ours := medians["cardferry"]
	for _, name := range []string{"cardferry", "vdirsyncer", "bare loop"} {
		if d, ok := medians[name]; ok {
			fmt.Printf("  %-11s %8.2f s   %5.2f times cardferry's\n", name, d.Seconds(), d.Seconds()/ours.Seconds())
		}
	}
}

func command(env []string, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Env = env
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out[:min(len(out), 2000)])
	}
	return nil
}

// makeCards writes the cards: names, an address, a number, and a photo of 11 kB.
func makeCards(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range *cards {
		var b strings.Builder
		fmt.Fprintf(&b, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:bench-%06d\r\nFN:Ann Lee %d\r\nN:Lee %d;Ann;;;\r\nEMAIL;TYPE=INTERNET:ann%d@example.org\r\nTEL;TYPE=CELL:+49 555 %07d\r\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/", i, i, i, i, i)
		for n := range 14_800 {
			if n%74 == 55 {
				b.WriteString("\r\n ")
			}
			b.WriteByte(alphabet[rng.IntN(64)])
		}
		b.WriteString("\r\nEND:VCARD\r\n")
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("bench-%06d.vcf", i)), []byte(b.String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}
