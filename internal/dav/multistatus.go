package dav

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const carddav = "urn:ietf:params:xml:ns:carddav"

// multistatus is an answer 207 (RFC 4918, 13).
type multistatus struct {
	responses []response
	syncToken string
	// truncated says that there is more than the answer holds (RFC 6578, 3.6).
	truncated bool
}

// response is what a multistatus says of one address.
type response struct {
	href   string // canonical
	status int    // of the whole; 0 where each property has its own
	err    *Error // why it is not what was asked for
	prop   prop   // the properties that are there
}

// prop holds the properties that are ever asked for.
type prop struct {
	ResourceType struct {
		Collection  *struct{} `xml:"DAV: collection"`
		AddressBook *struct{} `xml:"urn:ietf:params:xml:ns:carddav addressbook"`
	} `xml:"DAV: resourcetype"`
	DisplayName string   `xml:"DAV: displayname"`
	ETag        string   `xml:"DAV: getetag"`
	SyncToken   string   `xml:"DAV: sync-token"`
	Principal   hrefs    `xml:"DAV: current-user-principal"`
	HomeSet     hrefs    `xml:"urn:ietf:params:xml:ns:carddav addressbook-home-set"`
	Data        *string  `xml:"urn:ietf:params:xml:ns:carddav address-data"`
	MaxSize     string   `xml:"urn:ietf:params:xml:ns:carddav max-resource-size"`
	Types       types    `xml:"urn:ietf:params:xml:ns:carddav supported-address-data"`
	Reports     reports  `xml:"DAV: supported-report-set"`
	Privileges  *reports `xml:"DAV: current-user-privilege-set"`
}

type hrefs struct {
	Href []string `xml:"DAV: href"`
}

// types are the media types that a book takes, in elements that servers name variously.
type types struct {
	Any []struct {
		ContentType string `xml:"content-type,attr"`
		Version     string `xml:"version,attr"`
	} `xml:",any"`
}

// reports is a set of elements of which only the names matter.
type reports struct {
	XML []byte `xml:",innerxml"`
}

func (r *reports) has(name string) bool { return r != nil && bytes.Contains(r.XML, []byte(name)) }

// wireResponse is a response as it stands in the answer.
type wireResponse struct {
	Href     []string `xml:"DAV: href"`
	Status   string   `xml:"DAV: status"`
	Propstat []struct {
		Status string `xml:"DAV: status"`
		Prop   prop   `xml:"DAV: prop"`
		Error  *inner `xml:"DAV: error"`
	} `xml:"DAV: propstat"`
	Error       *inner `xml:"DAV: error"`
	Description string `xml:"DAV: responsedescription"`
}

type inner struct {
	XML []byte `xml:",innerxml"`
}

// multistatus reads an answer. Another answer than 207 makes no sense where one was
// asked for.
func (c *Client) multistatus(method string, a *answer) (*multistatus, error) {
	if a.status != http.StatusMultiStatus {
		return nil, &Error{Method: method, Status: a.status, Err: errors.New("the answer is no multistatus: this may not be a CardDAV address")}
	}
	m := &multistatus{}
	d := newXMLDecoder(a.body)
	opened := false
	for {
		token, err := d.Token()
		if err == io.EOF && opened {
			return m, nil
		}
		if err != nil {
			return nil, &Error{Method: method, Status: a.status, Err: errBadXML}
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case start.Name.Local == "multistatus":
			opened = true
		case start.Name.Local == "response":
			var w wireResponse
			if err := d.DecodeElement(&w, &start); err != nil {
				return nil, &Error{Method: method, Status: a.status, Err: errBadXML}
			}
			m.add(c, method, a.at, &w)
		case start.Name.Local == "sync-token":
			if err := d.DecodeElement(&m.syncToken, &start); err != nil {
				return nil, &Error{Method: method, Status: a.status, Err: errBadXML}
			}
		}
	}
}

// errBadXML: the answer is no XML. A card whose bytes no XML can hold makes it so.
var errBadXML = errors.New("the answer is not valid XML")

// newXMLDecoder returns a decoder of an answer, whatever charset it claims: that of
// every contact server is UTF-8.
func newXMLDecoder(body []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return d
}

func (m *multistatus) add(c *Client, method string, at *url.URL, w *wireResponse) {
	whole := statusOf(w.Status)
	for _, href := range w.Href {
		canonical, err := c.canonical(at, href)
		if err != nil {
			continue // an address elsewhere is none of this account's
		}
		r := response{href: canonical, status: whole}
		if whole >= 300 {
			r.err = wireError(method, whole, w.Error, w.Description)
		}
		for i := range w.Propstat {
			p := &w.Propstat[i]
			code := statusOf(p.Status)
			switch {
			case code < 300: // 0: some leave it out
				r.prop = p.Prop
			case code != http.StatusNotFound && r.err == nil:
				r.err = wireError(method, code, p.Error, w.Description)
			}
		}
		if whole == http.StatusInsufficientStorage && (w.Error == nil || bytes.Contains(w.Error.XML, []byte("number-of-matches")) || strings.HasSuffix(canonical, "/")) {
			m.truncated = true
			continue
		}
		m.responses = append(m.responses, r)
	}
}

func wireError(method string, status int, e *inner, description string) *Error {
	err := &Error{Method: method, Status: status, Reason: reason(description, nil)}
	if e != nil {
		err.Condition, _ = condition(append([]byte(`<error xmlns="DAV:" xmlns:C="`+carddav+`">`), append(e.XML, "</error>"...)...))
	}
	return err
}

// statusOf reads "HTTP/1.1 404 Not Found"; 0 is none.
func statusOf(line string) int {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return 0
	}
	code, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return code
}

// refusedWithin returns the error of a 207 that answers a write: one address of it was
// refused, and so was the write.
func (c *Client) refusedWithin(method string, a *answer, sent []byte) error {
	m, err := c.multistatus(method, a)
	if err != nil {
		return err
	}
	for _, r := range m.responses {
		if r.err != nil {
			r.err.Reason = reason(r.err.Reason, sent)
			return r.err
		}
	}
	if m.truncated {
		return &Error{Method: method, Status: http.StatusInsufficientStorage}
	}
	return nil
}

// first returns the properties of the one address that was asked about.
func (m *multistatus) first() (*prop, error) {
	if len(m.responses) == 0 {
		return nil, fmt.Errorf("the answer tells nothing")
	}
	r := &m.responses[0]
	if r.err != nil && r.status >= 300 {
		return nil, r.err
	}
	return &r.prop, nil
}
