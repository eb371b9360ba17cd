package odata

import (
	"context"
	"errors"
	"hash/maphash"
)

// ErrCircle says that the links of a listing lead back to where they came from.
var ErrCircle = errors.New("the links of the listing go in circles")

// Walk follows a listing from a link on. parse reads an answer and returns the link
// that it names for the next, "" at the end; take is called once for every answer
// that has been accepted, with that link as [Client.Link] has it, and returns false
// to stop. An answer that makes no sense, or leads to where the listing has been
// already, is asked for again, so parse may run more often than take. One answer is
// read ahead while parse and take work.
func (c *Client) Walk(ctx context.Context, link string, parse func(body []byte) (string, error), take func(next string) bool) error {
	seed := maphash.MakeSeed()
	visited := map[uint64]bool{}
	seen := func(link string) bool { return visited[maphash.String(seed, link)] }
	var ahead *readAhead
	defer func() { ahead.stop() }()
	for link != "" {
		visited[maphash.String(seed, link)] = true
		var next string
		first, ok := ahead.take(link)
		ahead = nil
		err := c.read(ctx, link, first, ok, func(body []byte) (err error) {
			ahead.stop()
			ahead = nil
			if guess := c.guessNext(body); guess != "" && !seen(guess) {
				ahead = c.ahead(ctx, guess)
			}
			if next, err = parse(body); err != nil || next == "" {
				return err
			}
			if next, err = c.Relative(next); err == nil && seen(next) {
				err = ErrCircle
			}
			return err
		})
		if err != nil {
			return err
		}
		if !take(next) {
			return nil
		}
		link = next
	}
	return nil
}
