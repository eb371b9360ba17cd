package sandbox

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// composite applies the values that are objects or arrays of objects. What is
// sent replaces what was there as a whole.
func (c *change) composite(f *field, raw jsontext.Value) error {
	switch f.kind {
	case kindEmails:
		return c.emails(f, raw)
	case kindEmail:
		return c.email(f, raw, f.slot)
	case kindPhones:
		return c.phones(f, raw)
	case kindAddresses:
		return c.addresses(f, raw)
	case kindAddress:
		return c.address(f, raw)
	case kindSites:
		return c.sites(f, raw)
	default:
		return c.flag(f, raw)
	}
}

// strings reads an object of strings into a map by Graph names, refusing
// members other than those allowed. Nulls are left out.
func (c *change) strings(f *field, raw jsontext.Value, allowed ...string) (map[string]string, error) {
	all, ok := members(raw)
	if !ok {
		return nil, wrongType(f, "complex type")
	}
	values := map[string]string{}
	for _, m := range all {
		name := c.d.graphName(m.name)
		known := m.name == "@odata.type"
		for _, a := range allowed {
			known = known || a == name
		}
		if !known {
			return nil, unreadable("The property '%s' does not exist on the type of '%s'.", m.name, f.name)
		}
		if m.value.Kind() == 'n' {
			continue
		}
		text, ok := stringValue(m.value)
		if !ok {
			return nil, wrongType(f, "Edm.String")
		}
		values[name] = text
	}
	return values, nil
}

func (c *change) emails(f *field, raw jsontext.Value) error {
	all, ok := elements(raw)
	if !ok {
		return wrongType(f, "Collection(EmailAddress)")
	}
	const limit = 3
	if len(all) > limit {
		return tooMany(pascal(f.name), len(all), limit)
	}
	c.it.clear(slotEmail1Address, limit*emailSlots)
	for i, e := range all {
		if err := c.email(f, e, slotEmail1Address+slot(i)*emailSlots); err != nil {
			return err
		}
	}
	return nil
}

// email fills one e-mail slot: a missing name becomes the address, and an
// address that is none is lost without a word.
func (c *change) email(f *field, raw jsontext.Value, s slot) error {
	allowed := []string{"name", "address"}
	if c.d.beta && !c.d.outlook {
		allowed = append(allowed, "type", "otherLabel")
	}
	values, err := c.strings(f, raw, allowed...)
	if err != nil {
		return err
	}
	c.it.clear(s, emailSlots)
	address, name := strings.TrimSpace(values["address"]), values["name"]
	if address == "" && name == "" {
		return nil
	}
	if name == "" {
		name = address
	}
	if person, is := cutSuffixFold(address, "@example.org"); is && c.q.peopleNames {
		name = person + " (Example Organisation)"
	}
	c.it.setText(s+1, name)
	if wellFormedAddress(address) {
		c.it.setText(s, address)
	}
	if kind, sent := values["type"]; sent {
		if _, known := indexFold(emailTypes[:], kind); !known {
			return wrongType(f, "emailType")
		}
		c.it.setText(s+2, kind)
	}
	if label := values["otherLabel"]; label != "" {
		c.it.setText(s+3, label)
	}
	return nil
}

// cutSuffixFold is strings.CutSuffix without case.
func cutSuffixFold(s, suffix string) (string, bool) {
	if i := len(s) - len(suffix); i >= 0 && strings.EqualFold(s[i:], suffix) {
		return s[:i], true
	}
	return s, false
}

func (c *change) phones(f *field, raw jsontext.Value) error {
	all, ok := elements(raw)
	if !ok {
		return wrongType(f, "Collection(Phone)")
	}
	for _, t := range phoneTypes {
		c.it.clear(t.first, slot(t.count))
	}
	var used [len(phoneTypes)]int
	for _, e := range all {
		values, err := c.strings(f, e, "type", "number", "region", "language")
		if err != nil {
			return err
		}
		i := -1
		for n, t := range phoneTypes {
			if strings.EqualFold(t.name, values["type"]) {
				i = n
			}
		}
		if i < 0 {
			return wrongType(f, "phoneType")
		}
		t := phoneTypes[i]
		if used[i] == t.count {
			return tooMany(pascal(t.name)+"Phones", used[i]+1, t.count)
		}
		c.it.setText(t.first+slot(used[i]), values["number"])
		used[i]++
	}
	return nil
}

// addresses keeps one address of each type; what the type unknown means for a
// stored contact is not documented, so it is taken as other.
func (c *change) addresses(f *field, raw jsontext.Value) error {
	all, ok := elements(raw)
	if !ok {
		return wrongType(f, "Collection(PhysicalAddress)")
	}
	c.it.clear(slotHomeBox, slot(len(addressTypes))*addressSlots)
	var used [len(addressTypes)]bool
	for _, e := range all {
		values, err := c.strings(f, e, append(addressParts[:], "type")...)
		if err != nil {
			return err
		}
		kind := values["type"]
		if kind == "" || strings.EqualFold(kind, "unknown") {
			kind = "other"
		}
		i := -1
		for n, t := range addressTypes {
			if strings.EqualFold(t.name, kind) {
				i = n
			}
		}
		if i < 0 {
			return wrongType(f, "physicalAddressType")
		}
		if used[i] {
			return tooMany(pascal(kind)+"Addresses", 2, 1)
		}
		used[i] = true
		c.setAddress(addressTypes[i].first, values)
	}
	return nil
}

func (c *change) address(f *field, raw jsontext.Value) error {
	allowed := addressParts[1:]
	if c.d.outlook {
		allowed = append([]string{"type"}, allowed...)
	}
	values, err := c.strings(f, raw, allowed...)
	if err != nil {
		return err
	}
	box := c.it.slots[f.slot] // the flat shape does not show it and so does not replace it
	c.it.clear(f.slot, addressSlots)
	c.setAddress(f.slot, values)
	c.it.slots[f.slot] = box
	return nil
}

func (c *change) setAddress(first slot, values map[string]string) {
	for i, part := range addressParts {
		if text := values[part]; text != "" {
			c.it.setText(first+slot(i), text)
		}
	}
}

func (c *change) sites(f *field, raw jsontext.Value) error {
	all, ok := elements(raw)
	if !ok {
		return wrongType(f, "Collection(Website)")
	}
	c.it.clear(slotWebOther, slot(len(siteTypes))*siteSlots)
	for _, e := range all {
		values, err := c.strings(f, e, "type", "address", "displayName", "name")
		if err != nil {
			return err
		}
		i := -1
		for n, t := range siteTypes {
			if strings.EqualFold(t.name, values["type"]) || n == 0 && values["type"] == "" {
				i = n
			}
		}
		if i < 0 {
			return wrongType(f, "websiteType")
		}
		t := siteTypes[i]
		if c.it.slots[t.first] != nil {
			return tooMany("Websites", 2, 1)
		}
		c.it.setText(t.first, values["address"])
		if label := values["displayName"] + values["name"]; label != "" {
			c.it.setText(t.first+1, label)
		}
	}
	return nil
}

// flag applies the rules of the Outlook document: a flagged contact has no
// completed date, a complete one only that, and of it only the day survives.
func (c *change) flag(f *field, raw jsontext.Value) error {
	all, ok := members(raw)
	if !ok {
		return wrongType(f, "FollowupFlag")
	}
	var status string
	dates := map[string]time.Time{}
	for _, m := range all {
		switch name := c.d.graphName(m.name); name {
		case "flagStatus":
			text, _ := stringValue(m.value)
			i, known := indexFold(flagStates[:], text)
			if !known {
				return wrongType(f, "FollowupFlagStatus")
			}
			status = flagStates[i]
		case "startDateTime", "dueDateTime", "completedDateTime":
			if m.value.Kind() == 'n' {
				continue
			}
			values, err := c.strings(f, m.value, "dateTime", "timeZone")
			if err != nil {
				return err
			}
			t, ok := flagTime(values["dateTime"], values["timeZone"])
			if !ok {
				return wrongType(f, "DateTimeTimeZone")
			}
			dates[name] = t
		default:
			return unreadable("The property '%s' does not exist on the type of '%s'.", m.name, f.name)
		}
	}
	return c.setFlag(status, dates)
}

func (c *change) setFlag(status string, dates map[string]time.Time) error {
	completed, sent := dates["completedDateTime"]
	if status == "" {
		status = c.it.text(slotFlagStatus)
	}
	if status == "flagged" && sent {
		return badRequest("ErrorInvalidArgument", "The CompletedDateTime of a flag cannot be set when its status is Flagged.")
	}
	c.it.clear(slotFlagStatus, 4)
	switch status {
	case "flagged":
		c.it.setText(slotFlagStatus, status)
		c.setFlagDate(slotFlagStart, dates["startDateTime"])
		c.setFlagDate(slotFlagDue, dates["dueDateTime"])
	case "complete":
		c.it.setText(slotFlagStatus, status)
		if !sent {
			completed = time.Now().UTC()
		}
		c.setFlagDate(slotFlagCompleted, completed.Truncate(24*time.Hour))
	}
	return nil
}

func (c *change) setFlagDate(s slot, t time.Time) {
	if !t.IsZero() {
		c.it.setText(s, t.Format(flagLayout))
	}
}

func indexFold(names []string, text string) (int, bool) {
	for i, name := range names {
		if strings.EqualFold(name, text) {
			return i, true
		}
	}
	return 0, false
}
