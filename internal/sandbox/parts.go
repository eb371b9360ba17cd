package sandbox

import "strings"

// The types of the collections, in the order in which they are shown, which
// is that of the enumerations in Microsoft's metadata.
var (
	phoneTypes = [...]struct {
		name  string
		first slot
		count int
	}{
		{"home", slotPhoneHome, 2}, {"business", slotPhoneBusiness, 2}, {"mobile", slotPhoneMobile, 1},
		{"other", slotPhoneOther, 1}, {"assistant", slotPhoneAssistant, 1}, {"homeFax", slotFaxHome, 1},
		{"businessFax", slotFaxBusiness, 1}, {"otherFax", slotFaxOther, 1}, {"pager", slotPager, 1}, {"radio", slotRadio, 1},
	}
	addressTypes = [...]struct {
		name  string
		first slot
	}{{"home", slotHomeBox}, {"business", slotBusinessBox}, {"other", slotOtherBox}}
	addressParts = [addressSlots]string{"postOfficeBox", "street", "city", "state", "postalCode", "countryOrRegion"}
	siteTypes    = [...]struct {
		name  string
		first slot
	}{{"other", slotWebOther}, {"home", slotWebHome}, {"work", slotWebWork}, {"blog", slotWebBlog}, {"profile", slotWebProfile}}
	emailTypes = [...]string{"unknown", "work", "personal", "main", "other"}
	flagStates = [...]string{"notFlagged", "complete", "flagged"}
)

func (v *view) appendEmails(dst []byte, it *item) []byte {
	dst = append(dst, '[')
	first := true
	for s := slotEmail1Address; s <= slotEmail3Address; s += emailSlots {
		if it.slots[s] == nil && it.slots[s+1] == nil {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = v.appendEmail(dst, it, s)
	}
	return append(dst, ']')
}

// appendEmail renders one e-mail slot. An address that the service did not
// understand is not there; only its name is.
func (v *view) appendEmail(dst []byte, it *item, s slot) []byte {
	address, name := it.slots[s], it.slots[s+1]
	if address == nil && name == nil {
		return append(dst, "null"...)
	}
	if name == nil {
		name = address
	}
	dst = appendMember(append(dst, '{'), v.d.cased("name"), name)
	if address != nil {
		dst = appendMember(append(dst, ','), v.d.cased("address"), address)
	}
	if v.d.beta && !v.d.outlook {
		kind := it.slots[s+2]
		if kind == nil {
			kind = []byte(emailTypes[0])
		}
		dst = appendMember(append(dst, ','), "type", kind)
		if label := it.slots[s+3]; label != nil {
			dst = appendMember(append(dst, ','), "otherLabel", label)
		}
	}
	return append(dst, '}')
}

// appendPhones renders every phone slot of the collection, empty ones too:
// the service shows such placeholders.
func (v *view) appendPhones(dst []byte, it *item) []byte {
	dst = append(dst, '[')
	first := true
	for _, t := range phoneTypes {
		for s := t.first; s < t.first+slot(t.count); s++ {
			if it.slots[s] == nil {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = appendMember(append(dst, '{'), v.d.cased("type"), v.d.cased(t.name))
			dst = append(appendMember(append(dst, ','), v.d.cased("number"), it.slots[s]), '}')
		}
	}
	return append(dst, ']')
}

func (v *view) appendAddresses(dst []byte, it *item) []byte {
	dst = append(dst, '[')
	first := true
	for _, t := range addressTypes {
		if !it.any(t.first, addressSlots) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendMember(append(dst, '{'), v.d.cased("type"), v.d.cased(t.name))
		dst = append(v.appendAddressParts(append(dst, ','), it, t.first, 0), '}')
	}
	return append(dst, ']')
}

// appendAddress renders the address of the flat shape, which has no PO box.
func (v *view) appendAddress(dst []byte, it *item, first slot) []byte {
	dst = append(dst, '{')
	if v.d.outlook && it.any(first+1, addressSlots-1) {
		for _, t := range addressTypes {
			if t.first == first {
				dst = append(appendMember(dst, "Type", v.d.cased(t.name)), ',')
			}
		}
	}
	return append(v.appendAddressParts(dst, it, first, 1), '}')
}

func (v *view) appendAddressParts(dst []byte, it *item, first slot, from int) []byte {
	comma := false
	for i := from; i < len(addressParts); i++ {
		value := it.slots[first+slot(i)]
		if value == nil {
			continue
		}
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		dst = appendMember(dst, v.d.cased(addressParts[i]), value)
	}
	return dst
}

func (v *view) appendSites(dst []byte, it *item) []byte {
	dst = append(dst, '[')
	first := true
	for _, t := range siteTypes {
		if len(it.slots[t.first]) == 0 {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendMember(append(dst, '{'), v.d.cased("type"), v.d.cased(t.name))
		dst = appendMember(append(dst, ','), v.d.cased("address"), it.slots[t.first])
		dst = append(append(append(dst, `,"`...), v.d.cased("displayName")...), `":`...)
		dst = append(appendText(dst, it.slots[t.first+1]), '}')
	}
	return append(dst, ']')
}

// appendFlag renders the flag with the dates that its status has: MAPI may have
// set others, which stay unseen here.
func (v *view) appendFlag(dst []byte, it *item) []byte {
	status := it.slots[slotFlagStatus]
	if status == nil {
		status = []byte(flagStates[0])
	}
	dst = appendMember(append(dst, '{'), v.d.cased("flagStatus"), v.d.cased(string(status)))
	for _, date := range [...]struct {
		name, status string
		slot         slot
	}{{"dueDateTime", "flagged", slotFlagDue}, {"startDateTime", "flagged", slotFlagStart}, {"completedDateTime", "complete", slotFlagCompleted}} {
		if it.slots[date.slot] == nil || date.status != string(status) {
			continue
		}
		dst = append(append(append(dst, `,"`...), v.d.cased(date.name)...), `":{`...)
		dst = appendMember(dst, v.d.cased("dateTime"), it.slots[date.slot])
		dst = append(appendMember(append(dst, ','), v.d.cased("timeZone"), "UTC"), '}')
	}
	return append(dst, '}')
}

// any reports whether one of the slots is set.
func (it *item) any(first, count slot) bool {
	for _, value := range it.slots[first : first+count] {
		if value != nil {
			return true
		}
	}
	return false
}

// wellFormedAddress tells what Exchange keeps as an e-mail address from what
// it silently drops. Legacy X.500 addresses are kept.
func wellFormedAddress(address string) bool {
	if strings.HasPrefix(address, "/o=") || strings.HasPrefix(address, "/O=") {
		return true
	}
	at := strings.LastIndexByte(address, '@')
	return at > 0 && at < len(address)-1 && !strings.ContainsAny(address, " \t\r\n<>()[],;:\\\"") &&
		strings.Count(address, "@") == 1 && !strings.HasSuffix(address, ".")
}
