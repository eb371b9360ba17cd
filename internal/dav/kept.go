package dav

import (
	"bytes"
	"strings"
	"sync"
)

// keptNames is what is known of the properties beyond the standard (X-…) that a service
// keeps. Some drop all that they do not know. It shows in the cards that cardferry has
// made: each had its key in such a property.
type keptNames struct {
	mu             sync.Mutex
	names          map[string]bool // that have been seen in any card, in capitals
	keyed, unkeyed int             // cards of our making, with their key and without it
}

const keyProperty = "X-CARDFERRY-KEY"

// look notes what cards show.
func (k *keptNames) look(cards []Card) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.names == nil {
		k.names = map[string]bool{}
	}
	for i := range cards {
		data := cards[i].Data
		if len(data) == 0 {
			continue
		}
		before := k.names[keyProperty]
		delete(k.names, keyProperty)
		for at := bytes.Index(data, []byte("X-")); at >= 0; {
			end := at + max(0, bytes.IndexAny(data[at:], ";:\r\n"))
			if at > 0 && (data[at-1] == '\n' || data[at-1] == '.') {
				k.names[strings.ToUpper(string(data[at:end]))] = true
			}
			next := bytes.Index(data[end:], []byte("X-"))
			if next < 0 || end == at {
				break
			}
			at = end + next
		}
		switch keyed := k.names[keyProperty]; {
		case keyInName(cards[i].Href) == "":
		case keyed:
			k.keyed++
		default:
			k.unkeyed++
		}
		if before {
			k.names[keyProperty] = true
		}
	}
}

// WithoutIgnored returns a card without the properties that the service has been seen to
// drop, and whether it does so. A single card without its key is no proof: as long as any
// has one, somebody else has taken it out.
func (c *Client) WithoutIgnored(card []byte) ([]byte, bool) {
	k := &c.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.unkeyed == 0 || k.keyed > 0 {
		return card, false
	}
	var b bytes.Buffer
	for _, line := range logicalLines(card) {
		name, _, _ := strings.Cut(unfolded(line), ":")
		name, _, _ = strings.Cut(name, ";")
		name = strings.ToUpper(name[strings.LastIndexByte(name, '.')+1:])
		if !strings.HasPrefix(name, "X-") || k.names[name] {
			b.Write(line)
		}
	}
	return b.Bytes(), true
}
