package odata

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/outlook"
)

// Query returns the names and values of the query that asks for all that the
// mapping reads of a contact, for [Client.Link].
func (c *Client) Query(more ...string) []string {
	return append(more, "$select", outlook.Select(c.Dialect()), "$expand", outlook.Expand(c.Dialect()))
}

// Contact reads one contact whole.
func (c *Client) Contact(ctx context.Context, id contact.ID) (*contact.Contact, error) {
	link, err := c.contactLink(id)
	if err != nil {
		return nil, err
	}
	var read *contact.Contact
	err = c.Read(ctx, link, func(body []byte) (err error) {
		read, err = decodeContact(body)
		return err
	})
	if err != nil {
		return nil, err
	}
	return read, nil
}

// secondLook is how long to wait before looking again for what is not there: a new contact
// need not be found at once.
const secondLook = 2 * time.Second

// Contacts reads contacts whole, as many at a time as the service allows, in the order
// of their ids. What is not there, and not a moment later either, is nil.
func (c *Client) Contacts(ctx context.Context, ids []contact.ID) ([]*contact.Contact, error) {
	read, err := c.contacts(ctx, ids)
	if err != nil {
		return nil, err
	}
	var missing []contact.ID
	for i, there := range read {
		if there == nil {
			missing = append(missing, ids[i])
		}
	}
	if len(missing) == 0 {
		return read, nil
	}
	if err := pause(ctx, secondLook); err != nil {
		return nil, err
	}
	again, err := c.contacts(ctx, missing)
	if err != nil {
		return nil, err
	}
	for i := range read {
		if read[i] == nil {
			read[i], again = again[0], again[1:]
		}
	}
	return read, nil
}

// contacts is Contacts without a second look.
func (c *Client) contacts(ctx context.Context, ids []contact.ID) ([]*contact.Contact, error) {
	links := make([]string, len(ids))
	for i, id := range ids {
		var err error
		if links[i], err = c.contactLink(id); err != nil {
			return nil, err
		}
	}
	read := make([]*contact.Contact, len(ids))
	err := c.ReadEach(ctx, links, func(i int, body []byte) (err error) {
		read[i], err = decodeContact(body)
		return err
	}, func(i int) (err error) {
		if read[i], err = c.Contact(ctx, ids[i]); NotFound(err) {
			err = nil
		}
		return err
	})
	return read, err
}

func (c *Client) contactLink(id contact.ID) (string, error) {
	return c.Link([]string{"contacts", string(id)}, c.Query()...)
}

// decodeContact reads an answer that is one contact.
func decodeContact(body []byte) (*contact.Contact, error) {
	read, err := outlook.Decode(body)
	if err == nil && read.ID == "" {
		err = errors.New("not a contact")
	}
	return read, err
}

// Photo reads a contact's photo. A contact that has none, and one that is gone, is
// nil without an error.
func (c *Client) Photo(ctx context.Context, id contact.ID) (*contact.Photo, error) {
	link, err := c.Link([]string{"contacts", string(id), "photo", "$value"})
	if err != nil {
		return nil, err
	}
	data, header, err := c.send(ctx, http.MethodGet, link, content{})
	switch {
	case NotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case len(data) == 0:
		return nil, nil
	case len(data) > formats.MaxPhoto:
		return nil, errors.New("the photo is too large")
	}
	photo := contact.NewPhoto(data)
	if said, _, _ := strings.Cut(header.Get("Content-Type"), ";"); !strings.HasPrefix(photo.MediaType, "image/") && strings.HasPrefix(said, "image/") {
		photo.MediaType = said
	}
	return photo, nil
}

// HasPhoto asks for the description of a contact's photo, and reports whether there is
// one.
func (c *Client) HasPhoto(ctx context.Context, id contact.ID) (bool, error) {
	link, err := c.Link([]string{"contacts", string(id), "photo"})
	if err != nil {
		return false, err
	}
	_, err = c.Get(ctx, link)
	if NotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// AnyPhoto reports whether one of the contacts has a photo, by asking for their
// descriptions, many at a time where the service allows that.
func (c *Client) AnyPhoto(ctx context.Context, ids []contact.ID) (bool, error) {
	links := make([]string, len(ids))
	for i, id := range ids {
		var err error
		if links[i], err = c.Link([]string{"contacts", string(id), "photo"}); err != nil {
			return false, err
		}
	}
	if batch, ok := c.batchLink(); ok {
		open := make([]int, len(ids))
		for i := range ids {
			open[i] = i
		}
		any := false
		c.readBatches(ctx, batch, links, "", func(int, []byte) error {
			any = true
			return nil
		}, &open)
		return any, context.Cause(ctx)
	}
	for _, id := range ids {
		if has, err := c.HasPhoto(ctx, id); has || err != nil {
			return has, err
		}
	}
	return false, nil
}

// SetPhoto stores the bytes of a JPEG as the contact's photo.
func (c *Client) SetPhoto(ctx context.Context, id contact.ID, jpeg []byte) error {
	link, err := c.Link([]string{"contacts", string(id), "photo", "$value"})
	if err != nil {
		return err
	}
	_, _, err = c.send(ctx, http.MethodPut, link, content{data: jpeg, mediaType: "image/jpeg"})
	return err
}

// DecodePage reads one answer of a listing of contacts, for [Walk]. One with contacts
// that cannot be read is asked for a second time: it may have been damaged on its
// way.
func DecodePage(a Answer) (*outlook.Page, string, error) {
	page, err := outlook.DecodePage(a.Body)
	if err != nil {
		return nil, "", err
	}
	if len(page.Bad) > 0 && a.Try == 1 {
		return nil, "", page.Bad[0]
	}
	return page, page.NextLink, nil
}
