package vcard

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/cardferry/cardferry/formats"
	gv "github.com/emersion/go-vcard"
)

// A card of KIND:group (RFC 6350, 6.1.4), or of Apple's X-ADDRESSBOOKSERVER-KIND, is a
// list of other cards. It stays a contact of its own, with its members in Extra, so that
// it comes back as it was; and its name is a category of each of its members.

// Groups returns the names of the groups that each card is a member of, by its UID in
// the form of [formats.MemberKey]. It reads the whole stream, and takes it apart only
// if it seems to have groups.
func Groups(file io.ReadSeeker) (map[string][]string, error) {
	in, _ := asUTF8(file)
	if found, err := mentionsGroup(in); err != nil || !found {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	in, converted := asUTF8(file)
	groups := map[string][]string{}
	t := tokenizer{converted: converted}
	for cards := newSplitter(in); ; {
		card, err := cards.next()
		switch {
		case err == io.EOF:
			return groups, nil
		case formats.IsRecordError(err): // whoever reads the card says so
		case err != nil:
			return nil, err
		default:
			if name, members := t.group(card); name != "" {
				for _, uid := range members {
					if !slices.Contains(groups[uid], name) {
						groups[uid] = append(groups[uid], name)
					}
				}
			}
		}
	}
}

var kindGroup = regexp.MustCompile(`(?i)KIND(;[^\n:]*)?:group`)

// scanRoom is what streams are searched in: a directory has one file for each contact.
var scanRoom = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// mentionsGroup reports whether a stream has "KIND:group" anywhere.
func mentionsGroup(r io.Reader) (bool, error) {
	const longest = 64 // bytes of what is looked for, its parameters included
	room := scanRoom.Get().(*[256 << 10]byte)
	defer scanRoom.Put(room)
	buf := room[:]
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		w := buf[:kept+n]
		if slices.ContainsFunc([]string{"KIND", "kind", "Kind"}, func(s string) bool { return bytes.Contains(w, []byte(s)) }) && kindGroup.Match(w) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		} else if err != nil {
			return false, err
		}
		kept = copy(buf, w[max(0, len(w)-longest):])
	}
}

// group returns the name and the members of a card, no name if it is no group.
func (t *tokenizer) group(card *rawCard) (name string, members []string) {
	isGroup := false
	var p property
	for _, l := range card.lines {
		if !t.parse(&p, card.text(l), l.number, card.clean) {
			continue
		}
		switch p.name {
		case gv.FieldFormattedName:
			name = value(p.value)
		case gv.FieldKind, "X-ADDRESSBOOKSERVER-KIND":
			isGroup = strings.EqualFold(value(p.value), "group")
		case gv.FieldMember, "X-ADDRESSBOOKSERVER-MEMBER":
			members = append(members, formats.MemberKey(value(p.value)))
		}
	}
	if !isGroup {
		return "", nil
	}
	return name, members
}
