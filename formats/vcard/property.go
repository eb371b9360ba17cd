package vcard

// property is one content line (RFC 6350, 3.3): what stands before the colon, and
// the value behind it, not yet unescaped, but decoded from quoted-printable and its
// charset.
type property struct {
	*head
	value string
	line  int
}

// tokenizer turns lines into properties. It lives as long as its decoder.
type tokenizer struct {
	charsets  charsets
	converted bool // the stream was UTF-16: CHARSET tells of its past
	modern    bool // the card is 3.0 or 4.0: parameters have the escapes of RFC 6868
	heads     memory
	last      *head    // of the line before, if it is remembered
	faults    []string // what was lost of the line parsed last
}

// parse takes one unfolded line apart into p. It reports false for what is no
// property. Whatever a line holds, only CR and LF must not be in it.
func (t *tokenizer) parse(p *property, text string, line int, clean bool) bool {
	t.faults = t.faults[:0]
	p.line = line
	if p.head = t.headOf(text, clean); p.head == nil {
		return false
	}
	p.value = text[p.size:]
	if p.quoted || p.charset != "" || !clean {
		t.decode(p)
	}
	return true
}

// decode brings the value into the form described at property.
func (t *tokenizer) decode(p *property) {
	charset := p.charset
	if p.quoted {
		p.value = decodeQuotedPrintable(p.value)
	} else if t.converted {
		charset = ""
	}
	enc, known := t.charsets.find(charset)
	if !known {
		t.faults = append(t.faults, "the charset is unknown; what was not UTF-8 was read as windows-1252")
	}
	decoded := decodeText(p.value, enc)
	if losesControls(decoded) {
		t.faults = append(t.faults, "control characters were taken out")
	}
	p.value = oneLine(decoded)
}
