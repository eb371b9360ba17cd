package contacttest

import (
	"fmt"

	"github.com/cardferry/cardferry/contact"
)

// label returns the type of a part: nothing, one of those named, or one that a
// user made up.
func (g *generator) label(named ...string) string {
	switch g.IntN(6) {
	case 0:
		return ""
	case 1:
		return g.pick("Holiday home", "Ferienwohnung (Süd)", "別荘", "الصيف", `the "old" one`, "a,b;c:d=e", "🏖️")
	}
	return g.pick(named...)
}

// params returns parameters for one part in three.
func (g *generator) params() contact.Params {
	if g.IntN(3) > 0 {
		return nil
	}
	p := contact.Params{"X-ORIGIN": {g.pick("sync", "hand made", "a,b;c:d", `say "hi" ^n`, "Bücher")}}
	if g.IntN(2) == 0 {
		p["LANGUAGE"] = []string{g.pick("de-CH", "ja", "ar")}
	}
	if g.IntN(2) == 0 {
		p["X-MANY"] = []string{"one", g.pick("two", "two, too"), "three"}
	}
	return p
}

// preferred returns which of n items is the preferred one, n for none.
func (g *generator) preferred(n int) int { return g.IntN(n + 1) }

func (g *generator) emails() []contact.Email {
	all := make([]contact.Email, g.between(2, 5))
	preferred := g.preferred(len(all))
	for i := range all {
		local := g.pick("ann", "Ann.O'Hara", "ann+tag", `"ann, \"the\" one"`, "ann=b", "安", "{ann}", "a.very.long.local.part.that.goes.on.until.nobody.reads.it")
		all[i] = contact.Email{
			Address:   fmt.Sprintf("%s@%d.%s", local, i, g.pick("example.org", "EXAMPLE.com", "bücher.example", "例え.example", "xn--r8jz45g.example")),
			Type:      g.label(contact.Home, contact.Work, contact.Other),
			Preferred: i == preferred,
			Params:    g.params(),
		}
		if g.IntN(2) == 0 {
			all[i].Name = g.line()
		}
	}
	return all
}

// phones returns numbers of every writing, and now and then one number in two
// roles.
func (g *generator) phones() []contact.Phone {
	types := []string{contact.Home, contact.Work, contact.Other, contact.Mobile, contact.WorkMobile, contact.HomeFax, contact.WorkFax,
		contact.OtherFax, contact.Pager, contact.Assistant, contact.Callback, contact.Car, contact.Company, contact.ISDN,
		contact.Main, contact.Radio, contact.Telex, contact.TTY}
	all := make([]contact.Phone, g.between(3, 8))
	preferred := g.preferred(len(all))
	for i := range all {
		n := fmt.Sprintf("%03d %04d", i, g.IntN(1e4))
		all[i] = contact.Phone{
			Number:    g.pick("+49 (30) "+n, "0"+n, "+1-555-"+n+" x42", "+81"+n+",,12#", "tel. "+n+"; nur abends", "٠٥٠ "+n),
			Type:      g.label(types...),
			Preferred: i == preferred,
			Params:    g.params(),
		}
	}
	if g.IntN(2) == 0 {
		all[0].Type = contact.Home
		all = append(all, contact.Phone{Number: all[0].Number, Type: contact.Work})
	}
	return all
}

func (g *generator) addresses() []contact.Address {
	all := make([]contact.Address, g.between(2, 4))
	preferred := g.preferred(len(all))
	for i := range all {
		all[i] = contact.Address{
			Type: g.label(contact.Home, contact.Work, contact.Other), POBox: g.pick("", "P.O. Box 12; 3"), Extended: g.pick("", "Apt. 4, rear"),
			Street: g.lines(2), City: g.line(), Region: g.pick("", g.line()), PostalCode: fmt.Sprintf("%05d", g.IntN(1e5)), Country: g.line(),
			Preferred: i == preferred, Params: g.params(),
		}
		if g.IntN(3) == 0 {
			all[i].Label = g.lines(4)
		}
	}
	return all
}

func (g *generator) websites() []contact.Website {
	all := make([]contact.Website, g.between(2, 3))
	preferred := g.preferred(len(all))
	for i := range all {
		all[i] = contact.Website{
			URL: fmt.Sprintf("%s%d", g.pick("https://example.org/?q=a,b;c&d=e#", "http://EXAMPLE.com/~ann/",
				"https://example.org/%E2%98%83/", "www.example.org/", "https://bücher.example/straße/"), i),
			Type:      g.label(contact.Home, contact.Work, contact.Other, contact.Blog, contact.Profile),
			Preferred: i == preferred,
			Params:    g.params(),
		}
		if g.IntN(3) == 0 {
			all[i].Name = g.line()
		}
	}
	return all
}

func (g *generator) ims() []contact.IM {
	all := make([]contact.IM, g.between(2, 4))
	preferred := g.preferred(len(all))
	for i := range all {
		all[i] = contact.IM{
			Address:   fmt.Sprintf("%s%d", g.pick("sip:ann@example.org;n=", "xmpp:ann@example.org/", "ann, the ", "安_", "skype:ann."), i),
			Type:      g.label(contact.Home, contact.Work, contact.Other),
			Preferred: i == preferred,
			Params:    g.params(),
		}
	}
	return all
}

func (g *generator) relations() []contact.Relation {
	var all []contact.Relation
	for _, name := range g.distinct(g.between(2, 5), g.line) {
		all = append(all, contact.Relation{
			Name:   name,
			Type:   g.label(contact.Spouse, contact.Partner, contact.Child, contact.Parent, contact.Sibling, contact.Friend),
			Params: g.params(),
		})
	}
	return all
}

// extras returns properties of every origin, each value in the raw form of its
// origin: escaped vCard text on one line, the text of a CSV cell, compact JSON.
func (g *generator) extras() []contact.Extra {
	return []contact.Extra{
		{Origin: "vcard", Name: "X-SHOE-SIZE", Params: g.params(), Value: `42\, wide\; \n` + g.word()},
		{Origin: "vcard", Name: "X-SHOE-SIZE", Params: contact.Params{"GROUP": {"item" + g.pick("7", "8")}, "X-KIND": {"boots"}}, Value: "43"},
		{Origin: "vcard", Name: "HOBBY", Params: contact.Params{"LEVEL": {"expert"}}, Value: g.pick("reading", `a\\b`, "https://example.org/?a=b;c")},
		{Origin: "csv", Name: "Mileage", Value: g.line()},
		{Origin: "csv", Name: `Column, "quoted"`, Value: g.lines(3)},
		{Origin: "outlook", Name: "yomiSomething", Value: fmt.Sprintf(`{"a":[%d,null,true],"b":"\u00e9\"\n,;"}`, g.IntN(100))},
		{Origin: "outlook", Name: "wealth", Value: g.pick("12.50", `"a lot"`, "[]")},
		{Origin: "jsonl", Name: "shoeSize", Value: fmt.Sprintf(`{"eu":%d,"note":"a\\b"}`, g.between(30, 50))},
	}
}
