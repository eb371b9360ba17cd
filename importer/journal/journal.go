// Package journal keeps on disk what a run writes to an account, one file per run:
// the intent before each request, and the outcome after it.
//
// From it the next run learns which writes of a run that died may have been
// carried out, and undo learns what to take back. It holds whatever a write
// overwrites: contacts and photos as they were. The file is readable by its owner
// only.
//
// Intents are synced to the disk before [Journal.Intend] returns. Outcomes are
// written with the next intents, for one that is lost costs nothing but a look-up:
// every create carries its key, and every other write can be repeated.
package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Errors of a journal, to be found with errors.Is.
var (
	// ErrInUse: another process has it open.
	ErrInUse = errors.New("the journal is in use by another run")
	// ErrNotWritten: what is meant to be written is not on the disk, which may be full.
	ErrNotWritten = errors.New("it cannot be written")
	// ErrFormat: the file is no journal, or one of a newer version.
	ErrFormat = errors.New("not a journal that this version can read")
)

// version is that of the file's format.
const version = 1

// The buckets of the file. Numbers are big-endian, so entries sort by their age.
var (
	bucketRun      = []byte("run")      // keyInfo -> Info
	bucketIntents  = []byte("intents")  // number -> intent
	bucketOutcomes = []byte("outcomes") // number -> outcome
	bucketPhotos   = []byte("photos")   // SHA-256, hex -> bytes

	keyInfo = []byte("info")
)

// Info says what a run is.
type Info struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	// Account is the name of the account that the run writes to, and Identity says
	// which account that was: two runs with one identity write to the same mailbox
	// and know its contacts by the same ids.
	Account  string `json:"account"`
	Identity string `json:"identity"`
	// Command is the command line, which run again goes on with the run, and Same is
	// equal for runs that bring the same thing to the same place.
	Command []string `json:"command"`
	Same    string   `json:"same"`

	Started  time.Time `json:"started"`
	Updated  time.Time `json:"updated"`           // when it last wrote here, undo not counted
	Finished time.Time `json:"finished,omitzero"` // zero while it is running, or when it was interrupted
	Counts   Counts    `json:"counts"`
	Undo     *Undo     `json:"undo,omitempty"` // nil: nobody has asked for it
}

// Counts are the writes of a run that are known to have been carried out.
type Counts struct {
	Created int `json:"created"`
	Updated int `json:"updated"`
	Deleted int `json:"deleted,omitzero"`
	Photos  int `json:"photos"`
	Folders int `json:"folders"`
}

// Undo says how far a run was taken back.
type Undo struct {
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"` // zero: it was interrupted
	Left     int       `json:"left"`              // changes that were left as they are
}

// State is what can be said of a run by its journal alone.
type State string

const (
	Interrupted State = "interrupted" // or still running, which the file's lock tells
	Finished    State = "finished"
	Undone      State = "undone"
	PartlyDone  State = "partly undone" // undo was interrupted, or left something
)

// State returns the run's state.
func (i Info) State() State {
	switch {
	case i.Undo != nil && !i.Undo.Finished.IsZero() && i.Undo.Left == 0:
		return Undone
	case i.Undo != nil:
		return PartlyDone
	case i.Finished.IsZero():
		return Interrupted
	}
	return Finished
}

// Journal is the journal of one run. It is safe for concurrent use. A nil Journal
// takes everything and keeps nothing.
type Journal struct {
	path string

	mu      sync.Mutex
	db      *bbolt.DB // nil until something is written
	info    Info
	next    uint64
	pending []outcome // not written yet
	buf     []byte    // of a transaction's values
	earlier uint64    // the number of the first entry that is of this process
}

// New returns the journal of a new run. The file is made by the first intent, so a
// run that writes nothing leaves none; the directory is made if need be.
func New(path string, info Info) *Journal {
	info.Version = version
	return &Journal{path: path, info: info, next: 1, earlier: 1}
}

// Open opens an existing journal to go on with the run, or to take it back. Nobody
// else can have it open meanwhile.
func Open(path string) (*Journal, error) { return open(path, false) }

// Read opens an existing journal to look at it.
func Read(path string) (*Journal, error) { return open(path, true) }

func open(path string, readOnly bool) (*Journal, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if stat.Size() < int64(smallest*os.Getpagesize()) && stat.Mode().IsRegular() {
		return nil, fmt.Errorf("journal %s: %w", path, ErrFormat) // or less than the beginning of one
	}
	if stat.Mode().IsRegular() && isCut(path, stat.Size()) {
		return nil, fmt.Errorf("journal %s: %w: a part of it is missing", path, ErrDamaged)
	}
	j := &Journal{path: path}
	if err := j.openFile(readOnly); err != nil {
		return nil, err
	}
	err = j.view(func(tx *bbolt.Tx) error {
		run, intents := tx.Bucket(bucketRun), tx.Bucket(bucketIntents)
		if run == nil || intents == nil {
			return ErrFormat
		}
		if err := json.Unmarshal(run.Get(keyInfo), &j.info); err != nil || j.info.Version != version {
			return ErrFormat
		}
		last, _ := intents.Cursor().Last()
		if last != nil {
			j.next = binary.BigEndian.Uint64(last)
		}
		j.next++
		return nil
	})
	if err != nil {
		j.db.Close()
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	j.earlier = j.next
	return j, nil
}

// smallest is how many pages a journal has at least.
const smallest = 4

// lockWait is how long another process is waited for that has the file open.
const lockWait = 200 * time.Millisecond

func (j *Journal) openFile(readOnly bool) error {
	var db *bbolt.DB
	err := guarded(func() (err error) {
		db, err = bbolt.Open(j.path, 0o600, &bbolt.Options{
			Timeout: lockWait, ReadOnly: readOnly, NoStatistics: true, FreelistType: bbolt.FreelistMapType,
		})
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("journal %s: %w", j.path, ErrInUse)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		return fmt.Errorf("journal %s: %w", j.path, ErrFormat)
	case err != nil:
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err
		}
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	db.AllocSize = 1 << 20 // most runs are small
	j.db = db
	return nil
}

// Info returns what the run is, as far as it is known now.
func (j *Journal) Info() Info {
	j.mu.Lock()
	defer j.mu.Unlock()
	info := j.info
	if info.Undo != nil {
		undo := *info.Undo
		info.Undo = &undo
	}
	return info
}

// Path returns where the journal is.
func (j *Journal) Path() string { return j.path }

// Written reports whether the run has meant to write anything.
func (j *Journal) Written() bool {
	if j == nil {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.db != nil
}

// Intend notes what is about to be written, and the outcomes so far. When it
// returns nil all of it is on the disk. An error means that nothing is, and that
// the writes must not be sent.
func (j *Journal) Intend(entries ...*Entry) error {
	if j == nil || len(entries) == 0 {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.ready(); err != nil {
		return err
	}
	for _, e := range entries {
		e.Number = j.next
		j.next++
	}
	j.info.Finished = time.Time{} // it goes on
	return j.commit(entries...)
}

// Note takes the outcome of a write. It is on the disk after the next [Journal.Intend],
// [Journal.Finish], [Journal.Stop] or [Journal.Close].
func (j *Journal) Note(e *Entry, o Outcome) {
	if j == nil || e == nil || o.Status == Unknown {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending = append(j.pending, outcome{number: e.Number, Outcome: o})
	if o.Status == Done {
		j.info.Counts.add(e.Kind)
	}
}

// Finish notes that the run has come to its end. A run that has written nothing, or of
// which everything was refused, leaves nothing.
func (j *Journal) Finish(now time.Time) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.db == nil {
		return nil
	}
	j.info.Finished = now
	if err := j.commit(); err != nil {
		return err
	}
	counts, open, err := j.sumUp()
	switch {
	case err != nil:
		return err
	case counts == Counts{} && open == 0:
		return j.remove()
	case counts != j.info.Counts:
		j.info.Counts = counts
		return j.commit()
	}
	return nil
}

// remove closes the file and removes it.
func (j *Journal) remove() error {
	err := j.db.Close()
	j.db = nil
	return errors.Join(err, os.Remove(j.path))
}

// sumUp counts what the run wrote, and the writes of this process of which nobody knows
// whether they were carried out. One that an earlier process left open was, unless a later
// one had to repeat it.
func (j *Journal) sumUp() (counts Counts, open int, err error) {
	if j.earlier == 1 && j.info.Counts != (Counts{}) {
		return j.info.Counts, 0, nil
	}
	type write struct {
		kind   Kind
		status Status
	}
	written := map[string]write{}
	err = j.view(func(tx *bbolt.Tx) error {
		outcomes := tx.Bucket(bucketOutcomes)
		return tx.Bucket(bucketIntents).ForEach(func(k, v []byte) error {
			e, err := getEntry(k, v, outcomes.Get(k))
			if err != nil {
				return err
			}
			id := e.identity()
			before, there := written[id]
			switch {
			case e.Status == Unknown && e.Number >= j.earlier:
				open++
			case e.Status != Refused:
				if before.status == Unknown {
					written[id] = write{e.Kind, e.Status}
				}
			case there && before.status == Unknown:
				delete(written, id)
			}
			return nil
		})
	})
	if err != nil {
		err = fmt.Errorf("journal %s: %w", j.path, err)
	}
	for _, w := range written {
		counts.add(w.kind)
	}
	return counts, open, err
}

// BeginUndo notes that the run is being taken back, before anything is.
func (j *Journal) BeginUndo(now time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.info.Undo == nil {
		j.info.Undo = &Undo{Started: now}
	}
	j.info.Undo.Finished = time.Time{}
	return j.commit()
}

// EndUndo notes that it was, but for a number of changes that were left.
func (j *Journal) EndUndo(now time.Time, left int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.info.Undo.Finished, j.info.Undo.Left = now, left
	return j.commit()
}

// Stop writes what is left to be written. A run that was interrupted before it had
// written anything leaves nothing.
func (j *Journal) Stop() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stop()
}

func (j *Journal) stop() error {
	if j.db == nil || j.db.IsReadOnly() {
		return nil
	}
	if len(j.pending) > 0 {
		if err := j.commit(); err != nil {
			return err
		}
	}
	if counts, open, err := j.sumUp(); err == nil && counts == (Counts{}) && open == 0 {
		return j.remove()
	}
	return nil
}

// Close stops the run, and closes the file.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.stop()
	if j.db == nil {
		return err
	}
	err = errors.Join(err, j.db.Close())
	j.db = nil
	return err
}

// ready makes the file if there is none yet.
func (j *Journal) ready() error {
	if j.db != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return fmt.Errorf("journal: %w: %w", ErrNotWritten, err)
	}
	_, missing := os.Lstat(j.path)
	if err := j.openFile(false); err != nil {
		if missing != nil { // what there is of it is no use
			os.Remove(j.path)
		}
		return fmt.Errorf("%w: %w", ErrNotWritten, err)
	}
	err := j.update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketRun, bucketIntents, bucketOutcomes, bucketPhotos} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return putInfo(tx, &j.info)
	})
	if err != nil {
		j.db.Close()
		j.db = nil
		os.Remove(j.path)
		return j.notWritten(err)
	}
	return nil
}

// notWritten makes an error of a transaction that failed. bbolt's name the path, some of
// them without wrapping the reason.
func (j *Journal) notWritten(err error) error {
	if text := err.Error(); strings.Contains(text, j.path) {
		err = errors.New(text[strings.LastIndex(text, ": ")+2:])
	}
	return fmt.Errorf("journal %s: %w: %w", j.path, ErrNotWritten, err)
}

// commit writes the pending outcomes, the intents, and the run's info, and syncs.
func (j *Journal) commit(intents ...*Entry) error {
	info := j.info
	if info.Undo == nil {
		info.Updated = time.Now().UTC().Round(0)
	}
	j.buf = j.buf[:0]
	err := j.update(func(tx *bbolt.Tx) error {
		p := putter{tx, &j.buf}
		if err := p.outcomes(j.pending); err != nil {
			return err
		}
		for _, e := range intents {
			if err := p.intent(e); err != nil {
				return err
			}
		}
		return putInfo(tx, &info)
	})
	if err != nil {
		return j.notWritten(err)
	}
	j.info, j.pending = info, j.pending[:0]
	return nil
}

func putInfo(tx *bbolt.Tx, info *Info) error {
	text, err := json.Marshal(info, jsontext.AllowInvalidUTF8(true)) // paths in it may be in any encoding
	if err != nil {
		return err
	}
	return tx.Bucket(bucketRun).Put(keyInfo, text)
}

// Entries yields all writes in the order of their intents, each with its outcome as
// far as it is known, but without contacts and photos: those [Journal.Entry] returns.
// An error is the last element. Nothing may be written to the
// journal before the sequence ends.
func (j *Journal) Entries() iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		if !j.Written() {
			return
		}
		stopped := false
		err := j.view(func(tx *bbolt.Tx) error {
			outcomes := tx.Bucket(bucketOutcomes)
			cursor := tx.Bucket(bucketIntents).Cursor()
			for k, v := cursor.First(); k != nil && !stopped; k, v = cursor.Next() {
				e, err := getEntry(k, v, outcomes.Get(k))
				if err != nil {
					return err
				}
				stopped = !yield(e, nil)
			}
			return nil
		})
		if err != nil && !stopped {
			yield(nil, fmt.Errorf("journal %s: %w", j.path, err))
		}
	}
}

// Entry returns one of them by its number, as a whole.
func (j *Journal) Entry(number uint64) (e *Entry, err error) {
	err = j.view(func(tx *bbolt.Tx) error {
		k := numberKey(number)
		intent := tx.Bucket(bucketIntents).Get(k)
		if intent == nil {
			return ErrFormat
		}
		outcome := tx.Bucket(bucketOutcomes).Get(k)
		if e, err = getEntry(k, intent, outcome); err != nil {
			return err
		}
		return addContacts(tx, e, intent, outcome)
	})
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", j.path, err)
	}
	return e, nil
}

// Unresolved returns what earlier processes of this run left open: the keys of the
// creates of which nobody knows whether they were carried out, and how many writes
// of any kind there are of which that is true.
func (j *Journal) Unresolved() (creates map[string]bool, writes int, err error) {
	creates = map[string]bool{}
	if !j.Written() {
		return creates, 0, nil
	}
	err = j.view(func(tx *bbolt.Tx) error {
		outcomes := tx.Bucket(bucketOutcomes)
		return tx.Bucket(bucketIntents).ForEach(func(k, v []byte) error {
			if binary.BigEndian.Uint64(k) >= j.earlier || outcomes.Get(k) != nil {
				return nil
			}
			var w wireIntent
			if err := json.Unmarshal(firstLine(v), &w); err != nil {
				return ErrFormat
			}
			writes++
			if w.Kind == Create {
				creates[w.Key] = true
			}
			return nil
		})
	})
	if err != nil {
		err = fmt.Errorf("journal %s: %w", j.path, err)
	}
	return creates, writes, err
}
