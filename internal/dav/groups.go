package dav

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/vcard"
)

// Group is a card that stands for several others: KIND:group of vCard 4.0, or Apple's
// X-ADDRESSBOOKSERVER-KIND. Its name is a category of each of its members.
type Group struct {
	Href    string
	Name    string
	Members []string // as formats.MemberKey has them
}

// The properties of groups, in vCard 4.0 and before.
const (
	kind, member       = "KIND", "MEMBER"
	oldKind, oldMember = "X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER"
)

// GroupOf returns the group that a contact stands for, nil if it is none.
func GroupOf(c *contact.Contact) *Group {
	is := func(x contact.Extra) bool {
		return (x.Name == kind || x.Name == oldKind) && strings.EqualFold(strings.TrimSpace(x.Value), "group")
	}
	if !slices.ContainsFunc(c.Extra, is) {
		return nil
	}
	g := &Group{Href: string(c.ID), Name: c.Name.Display}
	for _, x := range c.Extra {
		if x.Name == member || x.Name == oldMember {
			g.Members = append(g.Members, formats.MemberKey(x.Value))
		}
	}
	return g
}

// AsGroup returns the contact of a group with the properties that groups have in a
// version of vCard.
func AsGroup(c *contact.Contact, v4 bool) *contact.Contact {
	from, to := map[string]string{kind: oldKind, member: oldMember}, map[string]string{oldKind: kind, oldMember: member}
	names := from
	if v4 {
		names = to
	}
	g := c.Clone()
	g.Extra = nil
	for _, x := range c.Extra {
		if name, ok := names[x.Name]; ok {
			x.Name = name
		}
		if !slices.ContainsFunc(g.Extra, func(y contact.Extra) bool { return y.Name == x.Name && y.Value == x.Value }) {
			g.Extra = append(g.Extra, x)
		}
	}
	return g
}

// Has reports whether a contact of that UID is in the group.
func (g *Group) Has(uid string) bool {
	return uid != "" && slices.Contains(g.Members, formats.MemberKey(uid))
}

// GroupHref returns the address in a book of the group that is made for a category.
func GroupHref(book, name string) string {
	return book + ownBook + "group-" + contact.KeyOf("group\n" + strings.ToLower(name))[:16] + ".vcf"
}

// NewGroup returns the card of a group without members, in the form that Apple's clients
// and services have (vCard 3.0).
func NewGroup(name string) []byte {
	text := strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\r", "", "\n", `\n`).Replace(name)
	var b bytes.Buffer
	b.WriteString("BEGIN:VCARD\r\nVERSION:3.0\r\n")
	writeLine(&b, "UID:"+UIDOf("group\n"+name))
	writeLine(&b, "FN:"+text)
	writeLine(&b, "N:"+text+";;;;")
	writeLine(&b, oldKind+":group")
	b.WriteString("END:VCARD\r\n")
	return b.Bytes()
}

// IsMade reports whether the card of a group is one that was made for a category, and
// says nothing but whose category it is.
func (g *Group) IsMade(c *contact.Contact) bool {
	if g.Href != GroupHref(g.Href[:strings.LastIndexByte(g.Href, '/')+1], g.Name) {
		return false
	}
	made, err := vcard.Unmarshal(NewGroup(g.Name))
	if err != nil || c.UID != made.UID || len(c.Unread) > 0 {
		return false
	}
	for _, x := range c.Extra {
		if !slices.Contains([]string{kind, member, oldKind, oldMember}, x.Name) {
			return false
		}
	}
	return !slices.ContainsFunc(contact.Diff(c, made), func(f contact.Field) bool { return f != "extra" })
}

// writeLine writes a line, folded where it is longer than 75 bytes.
func writeLine(b *bytes.Buffer, line string) {
	for room := 75; len(line) > room; room = 74 {
		end := room
		for end > 1 && line[end]&0xC0 == 0x80 { // within a character
			end--
		}
		b.WriteString(line[:end] + "\r\n ")
		line = line[end:]
	}
	b.WriteString(line + "\r\n")
}

// EditMembers returns the card of a group with contacts, by their UIDs, added to its
// members and removed from them. All else in the card stays as it is, byte for byte. It
// reports whether anything is to be changed.
func EditMembers(card []byte, add, remove []string) ([]byte, bool) {
	name := oldMember
	var b bytes.Buffer
	there, changed, end := map[string]bool{}, false, -1
	for _, line := range logicalLines(card) {
		head, value, _ := strings.Cut(unfolded(line), ":")
		head, _, _ = strings.Cut(head, ";")
		switch head = strings.ToUpper(strings.TrimSpace(head)); head {
		case member, oldMember:
			uid := formats.MemberKey(value)
			if slices.ContainsFunc(remove, func(r string) bool { return formats.MemberKey(r) == uid }) {
				changed = true
				continue
			}
			there[uid] = true
		case kind:
			name = member
		case "END":
			if line[0] != ' ' && line[0] != '\t' { // before which no line can stand
				end = b.Len()
			}
		}
		b.Write(line)
	}
	if end < 0 {
		return card, false
	}
	tail := bytes.Clone(b.Bytes()[end:])
	b.Truncate(end)
	for _, uid := range add {
		if key := formats.MemberKey(uid); key != "" && !there[key] {
			there[key], changed = true, true
			writeLine(&b, name+":urn:uuid:"+bareUID(uid))
		}
	}
	b.Write(tail)
	return b.Bytes(), changed
}

// bareUID returns a UID without urn:uuid:, on one line.
func bareUID(uid string) string {
	uid = strings.Join(strings.Fields(uid), " ")
	if len(uid) > 9 && strings.EqualFold(uid[:9], "urn:uuid:") {
		return uid[9:]
	}
	return uid
}

// logicalLines splits a card into its lines, each with those that continue it.
func logicalLines(card []byte) [][]byte {
	var all [][]byte
	for line := range bytes.Lines(card) {
		if len(all) > 0 && (line[0] == ' ' || line[0] == '\t') {
			last := len(all) - 1
			all[last] = append(all[last][:len(all[last]):len(all[last])], line...)
			continue
		}
		all = append(all, line)
	}
	return all
}

func unfolded(line []byte) string {
	return strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "", "\r\n", "", "\n", "").Replace(string(line))
}

// groupTable is what is known of the groups of an account's books.
type groupTable struct {
	mu    sync.Mutex
	books map[string]map[string]*Group // by the book's address, and their own
}

// SetGroups notes the groups of a book: all that there are.
func (c *Client) SetGroups(book string, all []*Group) {
	c.groups.mu.Lock()
	defer c.groups.mu.Unlock()
	if c.groups.books == nil {
		c.groups.books = map[string]map[string]*Group{}
	}
	known := map[string]*Group{}
	for _, g := range all {
		known[g.Href] = g
	}
	c.groups.books[book] = known
}

// SetGroup notes one group of a book whose groups are known, nil for one that is no
// longer there.
func (c *Client) SetGroup(book, href string, g *Group) {
	c.groups.mu.Lock()
	defer c.groups.mu.Unlock()
	known, ok := c.groups.books[book]
	switch {
	case !ok:
	case g == nil:
		delete(known, href)
	default:
		known[href] = g
	}
}

// Groups returns the groups of a book in the order of their addresses, and whether they
// are known. They are not to be changed.
func (c *Client) Groups(book string) ([]*Group, bool) {
	c.groups.mu.Lock()
	defer c.groups.mu.Unlock()
	known, ok := c.groups.books[book]
	all := make([]*Group, 0, len(known))
	for _, href := range slices.Sorted(maps.Keys(known)) {
		all = append(all, known[href])
	}
	return all, ok
}
