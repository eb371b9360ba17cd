package odata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"net/http"
	"strings"
)

// ErrCircle says that the links of a listing lead back to where they came from.
var ErrCircle = errors.New("the links of the listing go in circles")

// Listing says where a listing begins and what its requests are sent with.
type Listing struct {
	Link string
	// Prefer is what every request prefers, for the service does not remember it;
	// "" is nothing of its own.
	Prefer string
	// First is the answer at the link, if it has been read already. See [Client.Ahead].
	First []byte
}

// Answer is one answer of a listing.
type Answer struct {
	Link   string // that was asked
	Try    int    // how often it was, from 1
	Body   []byte
	Header http.Header
}

// Walk follows a listing. parse reads an answer and returns what it
// holds, and the link that it names for the next, "" at the end. take is called once for every answer
// that has been accepted, in order, with that link as [Client.Link] has it, and
// returns false to stop. An answer that makes no sense, or leads to where the
// listing has been already, is asked for again.
//
// While one answer is parsed and taken, the next is read and parsed: parse must be
// ready to run twice at a time. The memory of the body is used again: parse must keep
// nothing of it.
func Walk[T any](ctx context.Context, c *Client, from Listing, parse func(Answer) (T, string, error), take func(answer T, next string) bool) error {
	link := from.Link
	w := &walk[T]{client: c, prefer: from.Prefer, first: from.First, parse: parse, seed: maphash.MakeSeed(), visited: map[uint64]bool{}, free: make(chan []byte, 2)}
	w.start(ctx, link)
	defer func() { w.ahead.stop() }()
	for {
		w.visit(link)
		s := w.ahead
		<-s.guessed
		w.ahead = nil
		if s.guess != "" && !w.seen(s.guess) {
			w.start(ctx, s.guess)
		}
		s.wait()
		answer, next, err := s.answer, s.next, s.err
		if err == nil {
			next, err = w.accept(next)
		}
		if err != nil {
			w.ahead.stop()
			w.ahead = nil
			if answer, next, err = w.again(ctx, s, err); err != nil {
				return err
			}
		}
		if !take(answer, next) || next == "" {
			return nil
		}
		if w.ahead == nil || w.ahead.link != next {
			w.ahead.stop()
			w.start(ctx, next)
		}
		link = next
	}
}

type walk[T any] struct {
	client  *Client
	prefer  string
	first   []byte // the answer to the first request, if it need not be sent
	parse   func(Answer) (T, string, error)
	seed    maphash.Seed
	visited map[uint64]bool
	ahead   *step[T]    // the next answer
	free    chan []byte // memory of answers that have been parsed
}

// step is one answer on its way. What it holds is valid when done is closed.
type step[T any] struct {
	link    string
	cancel  context.CancelFunc
	guessed chan struct{} // closed when guess is valid
	guess   string        // the link to the next answer, found without reading this one
	done    chan struct{}
	answer  T
	next    string
	err     error
	failed  bool // err is one of the request, which has been repeated as often as it may
}

func (w *walk[T]) visit(link string)     { w.visited[maphash.String(w.seed, link)] = true }
func (w *walk[T]) seen(link string) bool { return w.visited[maphash.String(w.seed, link)] }

// start begins to read the answer at the link.
func (w *walk[T]) start(ctx context.Context, link string) {
	ctx, cancel := context.WithCancel(ctx)
	s := &step[T]{link: link, cancel: cancel, guessed: make(chan struct{}), done: make(chan struct{})}
	w.ahead = s
	body, header, err := w.first, http.Header(nil), error(nil)
	w.first = nil
	go func() {
		defer close(s.done)
		if body == nil {
			body, header, err = w.client.send(ctx, http.MethodGet, link, content{buf: w.memory(), prefer: w.prefer})
		}
		if err == nil {
			s.guess = w.client.guessNext(body)
		}
		close(s.guessed)
		if s.failed = err != nil; s.failed {
			s.err = err
			return
		}
		s.answer, s.next, s.err = w.parse(Answer{link, 1, body, header})
		select {
		case w.free <- body:
		default:
		}
	}()
}

// memory returns what an earlier answer was read into, nil if there is none.
func (w *walk[T]) memory() []byte {
	select {
	case buf := <-w.free:
		return buf
	default:
		return nil
	}
}

// wait waits for the answer.
func (s *step[T]) wait() {
	<-s.done
	s.cancel()
}

// stop ends the request and waits for its end.
func (s *step[T]) stop() {
	if s != nil {
		s.cancel()
		<-s.done
	}
}

// accept checks the link to the next answer, and returns it as Link would.
func (w *walk[T]) accept(next string) (string, error) {
	if next == "" {
		return "", nil
	}
	next, err := w.client.Relative(next)
	if err == nil && (w.seen(next) || startsOver(next)) {
		err = ErrCircle
	}
	return next, err
}

// startsOver reports whether a link leads to the first row, as broken links of the
// service have been seen to.
func startsOver(link string) bool {
	_, query, _ := strings.Cut(link, "?")
	if HasSkipToken(link) {
		return false
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); value == "0" && strings.HasSuffix(strings.ToLower(name), "skip") {
			return true
		}
	}
	return false
}

// again asks for an answer that made no sense, which was step s.
func (w *walk[T]) again(ctx context.Context, s *step[T], bad error) (answer T, next string, err error) {
	if s.failed || isFinal(bad) {
		return answer, "", bad
	}
	try := 1
	err = w.client.read(ctx, s.link, w.prefer, func(body []byte, header http.Header) (err error) {
		try++
		if answer, next, err = w.parse(Answer{s.link, try, body, header}); err == nil {
			next, err = w.accept(next)
		}
		return err
	})
	return answer, next, err
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
