package odata

import (
	"bytes"
	"context"
	"encoding/json"
)

// readAhead is the next answer of a listing, asked for while the one before it is
// still being worked on: the service then works at the same time.
type readAhead struct {
	link   string
	cancel context.CancelFunc
	done   chan struct{}
	body   []byte // valid when done is closed
	err    error
}

// ahead begins to read what is at the link.
func (c *Client) ahead(ctx context.Context, link string) *readAhead {
	ctx, cancel := context.WithCancel(ctx)
	a := &readAhead{link: link, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.body, a.err = c.Get(ctx, link)
	}()
	return a
}

// take returns the answer if it is that of the link and came whole. Otherwise the
// request ends, and the caller asks anew. A nil readAhead has nothing.
func (a *readAhead) take(link string) ([]byte, bool) {
	if a == nil {
		return nil, false
	}
	if a.link != link {
		a.stop()
		return nil, false
	}
	<-a.done
	a.cancel()
	return a.body, a.err == nil
}

// stop ends the request and waits for its end.
func (a *readAhead) stop() {
	if a != nil {
		a.cancel()
		<-a.done
	}
}

// linkWindow is how far from the start or the end of an answer its link to the next
// one is looked for.
const linkWindow = 4 << 10

// guessNext returns the link to the next answer as Link would, found without
// reading the answer: a guess, to be compared with what the answer says. It is ""
// if there is none, or none to be followed.
func (c *Client) guessNext(body []byte) string {
	for _, part := range [][]byte{body[max(0, len(body)-linkWindow):], body[:min(len(body), linkWindow)]} {
		_, rest, found := bytes.Cut(part, []byte(`"@odata.nextLink"`))
		rest, isMember := bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(":"))
		if !found || !isMember {
			continue
		}
		var link string
		if json.NewDecoder(bytes.NewReader(rest)).Decode(&link) != nil {
			continue
		}
		if next, err := c.Relative(link); err == nil {
			return next
		}
	}
	return ""
}
