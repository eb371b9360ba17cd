package carddav

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/internal/dav"
)

// sizes say how many cards are asked for at a time: as many as make an answer of about
// so many bytes, within bounds.
type sizes struct {
	first, most int
	bytes       int
}

// Some servers work through an answer of hundreds of photos for a minute, and an export
// holds two answers in memory.
var usualSizes = sizes{first: 50, most: 500, bytes: 2 << 20}

// next returns the size that follows from an answer.
func (z sizes) next(cards []dav.Card) int {
	total := 0
	for i := range cards {
		total += len(cards[i].Data)
	}
	if total == 0 {
		return z.first
	}
	return min(max(z.bytes*len(cards)/total, 1), z.most)
}

// maxUndelivered is how many cards in a row a server may list and not deliver before it
// is taken to be out of order as a whole.
const maxUndelivered = 20

// reader reads the cards of a book.
type reader struct {
	client      *dav.Client
	book        *dav.Book
	undelivered int // in a row
}

// read reads cards by their addresses. One that the server does not deliver, or that
// spoils the answer for all others (bytes that no XML can hold), is read by itself, and
// comes with an error if that does not help; one that is gone meanwhile is left out.
func (r *reader) read(ctx context.Context, entries []dav.Entry) ([]dav.Card, error) {
	cards, err := r.client.Multiget(ctx, r.book, entries)
	switch {
	case err == nil:
	case ctx.Err() != nil, !spoiled(err):
		return nil, err
	case len(entries) > 1:
		half := len(entries) / 2
		first, err := r.read(ctx, entries[:half])
		if err != nil {
			return nil, err
		}
		second, err := r.read(ctx, entries[half:])
		return append(first, second...), err
	default:
		cards = []dav.Card{{Entry: entries[0], Err: err}}
	}
	kept := cards[:0]
	for _, card := range cards {
		if card.Err != nil {
			there, err := r.alone(ctx, &card)
			if err != nil {
				return nil, err
			}
			if !there {
				continue
			}
		} else {
			r.undelivered = 0
		}
		kept = append(kept, card)
	}
	return kept, nil
}

// spoiled reports whether an answer failed for what it was to hold, so that one with
// fewer cards may not.
func spoiled(err error) bool {
	e, ok := errors.AsType[*dav.Error](err)
	return ok && e.Status != 0 && !errors.Is(err, dav.ErrSignIn) && e.Status != 429 && e.Status != 503
}

// alone reads one card that did not come with others. It reports whether the card is
// there still; its Err says why it could not be read.
func (r *reader) alone(ctx context.Context, card *dav.Card) (there bool, err error) {
	got, err := r.client.Get(ctx, card.Href, false)
	switch {
	case err == nil:
		r.undelivered = 0
		card.Data, card.Err = got.Data, nil
		if got.ETag != "" {
			card.ETag = got.ETag
		}
		return true, nil
	case ctx.Err() != nil, !spoiled(err):
		return false, err
	}
	if dav.NotFound(err) {
		listed, listErr := r.client.Listed(ctx, card.Href)
		if listErr != nil {
			return false, listErr
		}
		if !listed {
			return false, nil
		}
	}
	if r.undelivered++; r.undelivered == maxUndelivered {
		return false, fmt.Errorf("the service lists cards that it does not deliver: %w", err)
	}
	card.Err = fmt.Errorf("%s is listed, but not delivered: %w", nameOf(card.Href), err)
	return true, nil
}

// nameOf returns the name of a card's resource, by which its owner finds it.
func nameOf(href string) string { return href[strings.LastIndexByte(href, '/')+1:] }
