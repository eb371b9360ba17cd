package main

import (
	"path/filepath"
	"strings"
)

// A report is one file of --report, written as the run goes. It takes its name when it
// is complete. It is not for concurrent use.
type report interface {
	// add takes one thing that happened: an event, or what a command has instead.
	add(item any)
	// finish completes the file with the run's summary and puts it in place.
	finish(summary any) error
	// abort gives the file up, unless it is finished.
	abort()
}

const reportHelp = "write what happened to every record to `FILE`.json, or for people to FILE.html; may be given twice"

// openReports begins the files of --report. The caller defers closeReports.
func (u *ui) openReports(paths []string) error {
	for _, path := range paths {
		var r report
		if err := u.writes("--report", path); err != nil {
			return err
		}
		var err error
		switch strings.ToLower(filepath.Ext(path)) {
		case ".json":
			r, err = newReportFile(path)
		case ".html", ".htm":
			r, err = newReportPage(path, u)
		default:
			err = usage("name it FILE.json or FILE.html", "--report %s: reports are written as .json and .html", path)
		}
		if err != nil {
			return err
		}
		u.reports = append(u.reports, r)
	}
	return nil
}

func (u *ui) closeReports() {
	for _, r := range u.reports {
		r.abort()
	}
}

func (u *ui) reported(item any) {
	if len(u.reports) == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range u.reports {
		r.add(item)
	}
}

// finishReports completes the files and returns the first error.
func (u *ui) finishReports(summary any) (err error) {
	for _, r := range u.reports {
		if rerr := r.finish(summary); rerr != nil && err == nil {
			err = rerr
		}
	}
	return err
}
