package contact

import (
	"strings"
	"unicode/utf8"
)

// What it means for the items of each list to be equal, to be the same, to be
// empty, to be clean, and to be joined.

func (e Email) equal(f Email) bool {
	return e.Address == f.Address && e.Name == f.Name && e.Type == f.Type && e.Preferred == f.Preferred && e.Params.equal(f.Params)
}

// sameEmail holds for one address; of two that have none, for one name.
func (r Rules) sameEmail(e, f Email) bool {
	return r.EmailKey(e.Address) == r.EmailKey(f.Address) && (e.Address != "" || e.Name == f.Name)
}
func (e Email) isEmpty() bool { return e.Address == "" && e.Name == "" }

func (e *Email) clean() {
	cleanAll(&e.Address, &e.Name, &e.Type)
	e.settle()
}

func (e *Email) settle() {
	for len(e.Address) > 7 && strings.EqualFold(e.Address[:7], "mailto:") {
		e.Address = strings.TrimSpace(e.Address[7:])
	}
	if e.Name == e.Address { // services fill the name in with the address
		e.Name = ""
	}
}

func (e *Email) join(f Email, win bool) {
	choose(&e.Address, f.Address, win)
	choose(&e.Name, f.Name, win)
	choose(&e.Type, f.Type, win)
	e.Preferred = e.Preferred || f.Preferred
	e.Params = e.Params.join(f.Params, win)
}

func (p Phone) equal(q Phone) bool {
	return p.Number == q.Number && p.Type == q.Type && p.Preferred == q.Preferred && p.Params.equal(q.Params)
}
func (p Phone) isEmpty() bool { return p.Number == "" }

// samePhone holds for one number in one role. The same number as home and as work
// phone are two entries that the user made.
func (r Rules) samePhone(p, q Phone) bool {
	return (p.Type == q.Type || p.Type == "" || q.Type == "") && r.sameNumber(p.Number, q.Number)
}

func (p *Phone) clean() { cleanAll(&p.Number, &p.Type) }

func (p *Phone) join(q Phone, win bool) {
	choose(&p.Number, q.Number, win)
	choose(&p.Type, q.Type, win)
	p.Preferred = p.Preferred || q.Preferred
	p.Params = p.Params.join(q.Params, win)
}

// parts are the members of an address that say where it is.
func (a *Address) parts() []*string {
	return []*string{&a.POBox, &a.Extended, &a.Street, &a.City, &a.Region, &a.PostalCode, &a.Country}
}

func (a Address) equal(b Address) bool {
	return a.Type == b.Type && a.POBox == b.POBox && a.Extended == b.Extended && a.Street == b.Street && a.City == b.City &&
		a.Region == b.Region && a.PostalCode == b.PostalCode && a.Country == b.Country && a.Label == b.Label &&
		a.Preferred == b.Preferred && a.Params.equal(b.Params)
}

// sameAddress holds for two addresses of one type that contradict each other in no part
// and have one in common, whatever their capitals, blanks and punctuation; and for
// the whole of an address with and without a type.
func (r Rules) sameAddress(a, b Address) bool {
	if a.Type != b.Type && a.Type != "" && b.Type != "" {
		return false
	}
	common, whole := false, true
	q := b.parts()
	for i, p := range a.parts() {
		if *p == "" || *q[i] == "" {
			whole = whole && *p == *q[i]
			continue
		}
		if !r.sameWords(*p, *q[i]) {
			return false
		}
		common = true
	}
	if a.Type != b.Type && !(common && whole) {
		return false
	}
	if a.Label != "" && b.Label != "" {
		return r.sameWords(a.Label, b.Label)
	}
	return common
}

func (a Address) isEmpty() bool {
	for _, p := range a.parts() {
		if *p != "" {
			return false
		}
	}
	return a.Label == ""
}

func (a *Address) clean() {
	cleanAll(a.parts()...)
	cleanAll(&a.Type, &a.Label)
}

func (a *Address) join(b Address, win bool) {
	q := b.parts()
	for i, p := range a.parts() {
		choose(p, *q[i], win)
	}
	choose(&a.Label, b.Label, win)
	a.Preferred = a.Preferred || b.Preferred
	a.Params = a.Params.join(b.Params, win)
}

func (w Website) equal(v Website) bool {
	return w.URL == v.URL && w.Name == v.Name && w.Type == v.Type && w.Preferred == v.Preferred && w.Params.equal(v.Params)
}
func (r Rules) sameWebsite(w, v Website) bool {
	return (w.Type == v.Type || w.Type == "" || v.Type == "") && websiteKey(w.URL) == websiteKey(v.URL)
}
func (w Website) isEmpty() bool { return w.URL == "" }
func (w *Website) clean()       { cleanAll(&w.URL, &w.Name, &w.Type) }

func (w *Website) join(v Website, win bool) {
	choose(&w.URL, v.URL, win)
	choose(&w.Name, v.Name, win)
	choose(&w.Type, v.Type, win)
	w.Preferred = w.Preferred || v.Preferred
	w.Params = w.Params.join(v.Params, win)
}

func (m IM) equal(n IM) bool {
	return m.Address == n.Address && m.Type == n.Type && m.Preferred == n.Preferred && m.Params.equal(n.Params)
}
func (r Rules) sameIM(m, n IM) bool { return r.sameFold(m.Address, n.Address) }
func (m IM) isEmpty() bool          { return m.Address == "" }
func (m *IM) clean()                { cleanAll(&m.Address, &m.Type) }

func (m *IM) join(n IM, win bool) {
	choose(&m.Address, n.Address, win)
	choose(&m.Type, n.Type, win)
	m.Preferred = m.Preferred || n.Preferred
	m.Params = m.Params.join(n.Params, win)
}

func (r Relation) equal(s Relation) bool {
	return r.Name == s.Name && r.Type == s.Type && r.Params.equal(s.Params)
}
func (r Rules) sameRelation(s, t Relation) bool {
	return r.sameFold(s.Name, t.Name) && (s.Type == t.Type || s.Type == "" || t.Type == "")
}
func (r Relation) isEmpty() bool { return r.Name == "" }
func (r *Relation) clean()       { cleanAll(&r.Name, &r.Type) }

func (r *Relation) join(s Relation, win bool) {
	choose(&r.Name, s.Name, win)
	choose(&r.Type, s.Type, win)
	r.Params = r.Params.join(s.Params, win)
}

func (x Extra) equal(y Extra) bool {
	return x.Origin == y.Origin && x.Name == y.Name && x.Value == y.Value && x.Params.equal(y.Params)
}
func (x Extra) isEmpty() bool { return x.Name == "" }

// clean leaves the value as its origin has it, but for bytes that are no text.
func (x *Extra) clean() {
	if !utf8.ValidString(x.Name) || !utf8.ValidString(x.Value) {
		x.Name, x.Value = strings.ToValidUTF8(x.Name, "\uFFFD"), strings.ToValidUTF8(x.Value, "\uFFFD")
	}
}

func (e *Email) kind() *string    { return &e.Type }
func (p *Phone) kind() *string    { return &p.Type }
func (a *Address) kind() *string  { return &a.Type }
func (w *Website) kind() *string  { return &w.Type }
func (m *IM) kind() *string       { return &m.Type }
func (r *Relation) kind() *string { return &r.Type }

// choose sets *dst to v where *dst is empty, or where v is to win.
func choose(dst *string, v string, win bool) {
	if v != "" && (win || *dst == "") {
		*dst = v
	}
}

func (p Params) join(q Params, win bool) Params {
	if len(q) == 0 {
		return p
	}
	joined := make(Params, len(p)+len(q))
	for name, values := range p {
		joined[name] = values
	}
	for name, values := range q {
		if _, ok := joined[name]; !ok || win {
			joined[name] = values
		}
	}
	return joined
}
