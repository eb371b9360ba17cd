package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// ErrDamaged: the file is not whole, as after a crash of the machine or on a disk that
// was full when it was made. What stood in it cannot be told. This process may then keep
// it locked until it ends.
var ErrDamaged = errors.New("the journal is damaged")

func (j *Journal) view(do func(*bbolt.Tx) error) error {
	return guarded(func() error { return j.db.View(do) })
}

func (j *Journal) update(do func(*bbolt.Tx) error) error {
	return guarded(func() error { return j.db.Update(do) })
}

// guarded makes an error of what damage within the file brings about. The library maps
// the file into memory and trusts it: it panics at what cannot be, and touches what is
// not there.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return do()
}

// isCut reports whether a file is shorter than it says that it is, which is cheaper to
// find out before it is opened: each of its first two pages says, in that of the later
// transaction stands what holds.
func isCut(path string, size int64) bool {
	const (
		head, length          = 16, 56
		pageSize, pages, txid = 8, 40, 48
	)
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	order := binary.NativeEndian
	var first, second [length]byte
	if _, err := f.ReadAt(first[:], head); err != nil {
		return true
	}
	bytes := int64(order.Uint32(first[pageSize:]))
	if bytes < 512 || bytes > 64<<10 {
		return false // opening it says what is wrong
	}
	if _, err := f.ReadAt(second[:], bytes+head); err != nil {
		return true
	}
	holds := first[:]
	if order.Uint64(second[txid:]) > order.Uint64(first[txid:]) {
		holds = second[:]
	}
	return order.Uint64(holds[pages:]) > uint64(size/bytes)
}
