package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

var hrefs = regexp.MustCompile(`<(?:[A-Za-z]+:)?href>([^<]+\.vcf)</`)

// multigets reads the book as the barest client would: one listing, then the cards a
// hundred at a time, one answer after the other.
func multigets(s *side) error {
	listing, _, err := s.do("PROPFIND", s.book, []byte(`<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>`), "Depth", "1", "Content-Type", "application/xml")
	if err != nil {
		return err
	}
	var all []string
	for _, m := range hrefs.FindAllSubmatch(listing, -1) {
		all = append(all, string(m[1]))
	}
	got := 0
	for len(all) > 0 {
		n := min(100, len(all))
		body := `<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:prop><D:getetag/><C:address-data/></D:prop><D:href>` +
			strings.Join(all[:n], "</D:href><D:href>") + "</D:href></C:addressbook-multiget>"
		answer, _, err := s.do("REPORT", s.book, []byte(body), "Content-Type", "application/xml")
		if err != nil {
			return err
		}
		got += bytes.Count(answer, []byte("BEGIN:VCARD"))
		all = all[n:]
	}
	if got != *cards {
		return fmt.Errorf("%d cards came", got)
	}
	return nil
}

// atATime is how many requests cardferry sends at a time to a server of which it knows
// nothing.
const atATime = 8

// puts stores the files as the barest client would, as many at a time as cardferry does.
func puts(s *side, files []string) error {
	work := make(chan string)
	failed := make(chan error, len(files))
	var group sync.WaitGroup
	for range atATime {
		group.Go(func() {
			for file := range work {
				data, err := os.ReadFile(file)
				status := 0
				if err == nil {
					_, status, err = s.do("PUT", s.book+filepath.Base(file), data, "Content-Type", "text/vcard", "If-None-Match", "*")
				}
				if err == nil && status != 201 {
					err = fmt.Errorf("PUT: %d", status)
				}
				if err != nil {
					failed <- err
				}
			}
		})
	}
	for _, file := range files {
		work <- file
	}
	close(work)
	group.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

var errNotInstalled = errors.New("not installed")

// vdirsyncer syncs a folder with the book, one of which is empty.
func vdirsyncer(dir string, s *side, folder string) error {
	if _, err := exec.LookPath("vdirsyncer"); err != nil {
		return errNotInstalled
	}
	own := filepath.Join(dir, "vds")
	if err := os.MkdirAll(filepath.Join(own, "status"), 0o700); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	config := filepath.Join(own, "config")
	text := fmt.Sprintf(`[general]
status_path = %q
[pair p]
a = "local"
b = "remote"
collections = null
conflict_resolution = "a wins"
[storage local]
type = "filesystem"
path = %q
fileext = ".vcf"
[storage remote]
type = "carddav"
url = "%s://%s%s"
username = %q
password = %q
`, own+"/status/", folder, s.base.Scheme, s.base.Host, s.book, s.user, s.password)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	if err := command(os.Environ(), "sh", "-c", "yes | vdirsyncer -c "+config+" discover"); err != nil {
		return err
	}
	return command(os.Environ(), "vdirsyncer", "-c", config, "sync")
}
