package dav

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// Book is an address book.
type Book struct {
	Href    string // canonical, with a slash at its end
	Name    string
	Sync    bool  // it can tell what changed since a token (RFC 6578)
	V4      bool  // it has cards in vCard 4.0, and gives them as 3.0 unless asked
	MaxSize int64 // of a card in bytes, as it says; 0 is unknown
	// ReadOnly: the service says that this login must not write to it.
	ReadOnly bool
	// Missing: the account has no address book; this is the one that would be made.
	Missing bool
}

const bookProps = "<D:resourcetype/><D:displayname/><D:supported-report-set/><D:current-user-privilege-set/>" +
	"<C:supported-address-data/><C:max-resource-size/>"

// Books returns the account's address books in the order of their addresses, the
// default one first: the one that the account's url names; else one of the names that
// servers give to the book that they make for everybody; else the first that cardferry
// has not made. An account without any has a missing one.
func (c *Client) Books(ctx context.Context) ([]Book, error) {
	h, err := c.homeOf(ctx)
	if err != nil {
		return nil, err
	}
	if h.book != "" {
		b, err := c.Book(ctx, h.book)
		if err != nil {
			return nil, err
		}
		return []Book{*b}, nil
	}
	var books []Book
	for _, set := range h.sets {
		m, err := c.propfind(ctx, set, "1", bookProps)
		if err != nil {
			return nil, fmt.Errorf("listing address books: %w", err)
		}
		for _, r := range m.responses {
			b := c.bookOf(&r)
			if b != nil && !slices.ContainsFunc(books, func(o Book) bool { return o.Href == b.Href }) {
				books = append(books, *b)
			}
		}
	}
	slices.SortFunc(books, func(a, b Book) int {
		return cmp.Or(cmp.Compare(defaultRank(a.Href), defaultRank(b.Href)), cmp.Compare(a.Href, b.Href))
	})
	if len(books) == 0 {
		books = []Book{{Href: h.sets[0] + "contacts/", Name: "Contacts", Missing: true}}
	}
	return books, nil
}

// ownBook begins the last segment of the address of every book that cardferry makes.
const ownBook = "cardferry-"

// usualBooks are the last segments of the books that servers make by themselves.
var usualBooks = []string{"default", "contacts", "addressbook", "card", "personal", "addresses"}

func defaultRank(href string) int {
	name := baseName(href)
	if i := slices.IndexFunc(usualBooks, func(u string) bool { return strings.EqualFold(u, name) }); i >= 0 {
		return i
	}
	if strings.HasPrefix(name, ownBook) {
		return len(usualBooks) + 1
	}
	return len(usualBooks)
}

// baseName returns the last segment of an address.
func baseName(href string) string {
	href = strings.TrimRight(href, "/")
	return href[strings.LastIndexByte(href, '/')+1:]
}

// Book asks for one address book.
func (c *Client) Book(ctx context.Context, href string) (*Book, error) {
	if href == "" || !strings.Contains(href, "/") {
		return nil, errNoAddress
	}
	m, err := c.propfind(ctx, asFolder(href), "0", bookProps)
	if err != nil {
		return nil, err
	}
	if _, err := m.first(); err != nil {
		return nil, err
	}
	if b := c.bookOf(&m.responses[0]); b != nil {
		return b, nil
	}
	return nil, errors.New("this is no address book")
}

// bookOf returns the book that a response tells of, nil if it is none.
func (c *Client) bookOf(r *response) *Book {
	p := &r.prop
	if p.ResourceType.AddressBook == nil {
		return nil
	}
	b := &Book{Href: asFolder(r.href), Name: strings.TrimSpace(p.DisplayName), Sync: p.Reports.has("sync-collection")}
	for _, t := range p.Types.Any {
		b.V4 = b.V4 || t.Version == "4.0"
	}
	b.MaxSize, _ = strconv.ParseInt(strings.TrimSpace(p.MaxSize), 10, 64)
	for known := c.maxCard.Load(); b.MaxSize > 0 && (known == 0 || b.MaxSize < known); known = c.maxCard.Load() {
		c.maxCard.CompareAndSwap(known, b.MaxSize)
	}
	if set := p.Privileges; set != nil && len(set.XML) > 0 {
		b.ReadOnly = !set.has("write") && !set.has("bind") && !set.has("all")
	}
	return b
}

// MaxCard returns the smallest size of a card in bytes that any of the books asked for so
// far says is its largest; 0 where none says so.
func (c *Client) MaxCard() int64 { return c.maxCard.Load() }

// Folders returns the address books as a tree of folders. A CardDAV account has no
// folders in folders: a book whose name reads like a path ("Customers/EMEA") is the
// folder of that path where its parent is there too; else the slash belongs to the name.
// Of two books with the same name the second has a number behind it.
func (c *Client) Folders(ctx context.Context) ([]contact.Folder, error) {
	books, err := c.Books(ctx)
	if err != nil {
		return nil, err
	}
	folders := []contact.Folder{{ID: contact.FolderID(books[0].Href), Name: cmp.Or(books[0].Name, baseName(books[0].Href)), Default: true}}
	rest := slices.Clone(books[1:])
	depth := func(b Book) int { return len(contact.FolderPath(b.Name).Names()) }
	slices.SortStableFunc(rest, func(a, b Book) int { return cmp.Compare(depth(a), depth(b)) })
	taken := map[contact.FolderPath]bool{"": true}
	for _, b := range rest {
		name := cmp.Or(b.Name, baseName(b.Href))
		path := contact.FolderPath(name).Clean()
		names := path.Names()
		if len(names) == 0 || !taken[parentOf(path)] {
			path = contact.FolderPath("").Child(name)
			names = []string{name}
		}
		unique := path
		for n := 2; taken[unique]; n++ {
			unique = contact.FolderPath(fmt.Sprintf("%s (%d)", path, n))
		}
		taken[unique] = true
		folders = append(folders, contact.Folder{ID: contact.FolderID(b.Href), Path: unique, Name: names[len(names)-1]})
	}
	return folders, nil
}

func parentOf(path contact.FolderPath) contact.FolderPath {
	var parent contact.FolderPath
	names := path.Names()
	for _, name := range names[:max(0, len(names)-1)] {
		parent = parent.Child(name)
	}
	return parent
}

// ErrOneBook: the account is one address book, and has no others.
var ErrOneBook = errors.New("the account's url names one address book: name the host to have others beside it")

// bookHref returns the address of the book that is made for a path: the same at every
// attempt, so that it is made once.
func bookHref(set string, path contact.FolderPath) string {
	return set + ownBook + contact.KeyOf(string(path))[:16] + "/"
}

// MakeBook creates the address book of a folder by an extended MKCOL (RFC 5689), and
// gives it its name again where the service has not taken it from that. One that is
// there already is returned as it is. The empty path is the default book of an account
// that has none.
func (c *Client) MakeBook(ctx context.Context, path contact.FolderPath) (*Book, error) {
	h, err := c.homeOf(ctx)
	if err != nil {
		return nil, err
	}
	if h.book != "" {
		return nil, ErrOneBook
	}
	href, name := bookHref(h.sets[0], path), string(path)
	if path == "" {
		href, name = h.sets[0]+"contacts/", "Contacts"
	}
	body := prolog + "<D:mkcol" + namespaces + "><D:set><D:prop><D:resourcetype><D:collection/><C:addressbook/></D:resourcetype>" +
		"<D:displayname>" + escapeXML(name) + "</D:displayname></D:prop></D:set></D:mkcol>"
	a, err := c.send(ctx, "MKCOL", href, xmlHeader(""), []byte(body))
	if err == nil && a.status == http.StatusMultiStatus {
		err = c.refusedWithin("MKCOL", a, nil)
	}
	if err != nil && status(err) != http.StatusMethodNotAllowed && status(err) != http.StatusConflict && !Ambiguous(err) {
		return nil, err
	}
	b, readErr := c.Book(ctx, href)
	if readErr != nil {
		return nil, errors.Join(err, readErr)
	}
	if b.Name == name || path == "" {
		return b, nil
	}
	// SOGo takes no name from MKCOL. Xandikos takes none with a percent sign in it, but
	// for two in the place of one.
	for _, spelled := range []string{name, strings.ReplaceAll(name, "%", "%%")} {
		if err = c.rename(ctx, href, spelled); err != nil {
			continue
		}
		if b, err = c.Book(ctx, href); err == nil && b.Name == name {
			return b, nil
		}
	}
	if err == nil {
		err = errors.New("the service gives it another name")
	}
	return nil, fmt.Errorf("naming an address book: %w", err)
}

// rename sets a book's name (RFC 4918, 9.2).
func (c *Client) rename(ctx context.Context, href, name string) error {
	body := prolog + "<D:propertyupdate" + namespaces + "><D:set><D:prop><D:displayname>" + escapeXML(name) +
		"</D:displayname></D:prop></D:set></D:propertyupdate>"
	a, err := c.send(ctx, "PROPPATCH", href, xmlHeader(""), []byte(body))
	if err == nil && a.status == http.StatusMultiStatus {
		err = c.refusedWithin("PROPPATCH", a, nil)
	}
	return err
}
