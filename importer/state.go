package importer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer/journal"
)

// ErrAccountChanged says that the sink is not as Options.Expect wants it.
var ErrAccountChanged = errors.New("the account has changed since the plan was made")

// state is which contacts an account holds, in which versions, as a hash that does not
// depend on their order: the sum of the hashes of all.
type state [4]uint64

func (s *state) add(id contact.ID, version, key string, folder contact.FolderPath) {
	h := sha256.New()
	for _, part := range []string{string(id), version, key, string(folder)} {
		h.Write(binary.AppendUvarint(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	sum := h.Sum(nil)
	for i := range s {
		s[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
}

func (s *state) String() string {
	var b []byte
	for _, n := range s {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return hex.EncodeToString(b)
}

// earlier is the account as it was before the run that the journal is of: what the run
// created is not there, and what it changed is in the version that it had.
type earlier struct {
	journal *journal.Journal
	changes *changes
	state   state
}

func newEarlier(j *journal.Journal) (*earlier, error) {
	changes, err := readChanges(j)
	return &earlier{journal: j, changes: changes}, err
}

func (e *earlier) add(c *contact.Contact) {
	change := e.changes.byID[c.ID]
	if change == nil && c.Key != "" {
		change = e.changes.byKey[c.Key]
	}
	switch {
	case change == nil && c.Version == "": // its content has to tell
		e.state.add(c.ID, c.Fingerprint(), c.Key, c.Folder)
	case change == nil:
		e.state.add(c.ID, c.Version, c.Key, c.Folder)
	case !change.created:
		e.state.add(change.id, change.version, change.key, change.folder)
	}
}

// original returns a contact as it was before that run changed it; nil if it did not.
func (e *earlier) original(id contact.ID) (*contact.Contact, error) {
	change := e.changes.byID[id]
	if change == nil || change.before == 0 {
		return nil, nil
	}
	entry, err := e.journal.Entry(change.before)
	if err != nil {
		return nil, err
	}
	return entry.Before, nil
}
