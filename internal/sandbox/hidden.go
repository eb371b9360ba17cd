package sandbox

import (
	"encoding/binary"
	"time"
)

// recipientCache is the folder in which Exchange remembers whom its user wrote
// to. Nobody sees it but through the beta versions.
const recipientCache = "Recipient Cache"

var cachedRecipients = [...][2]string{
	{"Helpdesk", "helpdesk@example.com"},
	{"no-reply@shop.example.net", "no-reply@shop.example.net"},
	{"Lena Brandt", "lena.brandt@example.org"},
}

// ensureHidden gives the mailbox its hidden folder.
func (st *store) ensureHidden(box *mailbox, now time.Time) error {
	st.mu.RLock()
	there := box.hidden != 0
	st.mu.RUnlock()
	if there {
		return nil
	}
	return st.update(func(t *txn) error {
		if box.hidden != 0 {
			return nil
		}
		untouched := t.untouched()
		f := &folder{parent: box.root, name: recipientCache, hidden: true, box: box}
		if err := t.addFolder(f); err != nil {
			return err
		}
		for _, r := range cachedRecipients {
			it := &item{folder: f.id}
			it.setText(slotDisplayName, r[0])
			it.setText(slotEmail1Name, r[0])
			it.setText(slotEmail1Address, r[1])
			if err := t.create(it, now); err != nil {
				return err
			}
		}
		if !untouched {
			return nil
		}
		return t.meta.Put(metaUntouched, key(t.meta.Sequence()))
	})
}

// metaUntouched holds the version up to which only the service has written.
var metaUntouched = []byte("untouched")

func (t *txn) untouched() bool {
	var version uint64
	if data := t.meta.Get(metaUntouched); len(data) == 8 {
		version = binary.BigEndian.Uint64(data)
	}
	return t.meta.Sequence() == version
}
