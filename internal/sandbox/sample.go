package sandbox

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// sampleContact makes the n-th contact of a sample: one of the hand-made ones
// first, then people put together from the cultures. Every address is its
// owner's alone, but for those that hand-made people of clearly different
// names share. Addresses have no types, which one dialect alone would show.
func sampleContact(seed uint64, n int) *item {
	if n < len(handmade) {
		it := &item{}
		handmade[n](&maker{it: it, random: rand.New(rand.NewPCG(seed, uint64(n)))})
		return it
	}
	m := &maker{it: &item{}, random: rand.New(rand.NewPCG(seed, uint64(n))), n: n}
	m.culture = &cultures[n%len(cultures)]
	m.given, m.family = one(m, m.culture.given), one(m, m.culture.family)
	m.person()
	m.emails()
	m.phones()
	m.addresses()
	m.work()
	m.private()
	return m.it
}

// A maker puts one contact together.
type maker struct {
	it            *item
	random        *rand.Rand
	n             int
	culture       *culture
	given, family spelling
}

// chance is true in percent of a hundred cases.
func (m *maker) chance(percent int) bool { return m.random.IntN(100) < percent }

func one[T any](m *maker, list []T) T { return list[m.random.IntN(len(list))] }

// digits replaces every # of a pattern with a digit.
func (m *maker) digits(pattern string) string {
	return strings.Map(func(r rune) rune {
		if r == '#' {
			return rune('0' + m.random.IntN(10))
		}
		return r
	}, pattern)
}

func (m *maker) set(s slot, text string) {
	if text != "" {
		m.it.setText(s, text)
	}
}

func (m *maker) person() {
	given, family := m.given.native, m.family.native
	m.set(slotGivenName, given)
	m.set(slotSurname, family)
	m.set(slotYomiGivenName, m.given.yomi)
	m.set(slotYomiSurname, m.family.yomi)
	display, fileAs := given+" "+family, family+", "+given
	if m.culture.familyFirst {
		display, fileAs = family+given, family+given
	} else if m.chance(12) {
		middle := one(m, m.culture.given).native
		m.set(slotMiddleName, middle)
		display = given + " " + middle + " " + family
	}
	if m.chance(10) {
		title := one(m, m.culture.titles)
		m.set(slotTitle, title)
		display = title + " " + display
	}
	if m.chance(3) {
		m.set(slotGeneration, one(m, []string{"Jr.", "III", "PhD"}))
	}
	if m.chance(8) {
		m.set(slotNickName, one(m, []string{"Bobby", "Mausi", "Ле́на", "☀️ Sunny", "さっちゃん", "T-Rex 🦖"}))
	}
	if m.chance(4) {
		m.set(slotInitials, strings.ToUpper(m.given.latin[:1]+"."+m.family.latin[:1]+"."))
	}
	m.set(slotDisplayName, display)
	if m.chance(80) { // the others have never had one: ""
		m.set(slotFileAs, fileAs)
	}
}

func (m *maker) emails() {
	count := [...]int{0, 1, 1, 1, 1, 1, 1, 2, 2, 3}[m.random.IntN(10)]
	local := m.given.latin + "." + m.family.latin + "." + strconv.Itoa(m.n)
	addresses := [...]string{local + "@example.org", strings.ToUpper(local[:1]) + local[1:] + "@Example.COM", local + "+cards@mail.example.net"}
	for i, address := range addresses[:count] {
		s := slotEmail1Address + slot(i)*emailSlots
		m.set(s, address)
		m.set(s+1, address)
		if m.chance(40) {
			m.set(s+1, m.it.text(slotDisplayName))
		}
	}
	if m.chance(12) {
		m.set(slotIM1, "sip:"+local+"@example.org")
	}
	if m.chance(3) {
		m.set(slotIM2, "xmpp:"+local+"@chat.example.net")
		m.set(slotIM3, m.given.latin+"_"+strconv.Itoa(m.n))
	}
}

func (m *maker) phones() {
	numbers := []struct {
		slot    slot
		percent int
		from    []string
	}{
		{slotPhoneMobile, 70, m.culture.mobile}, {slotPhoneBusiness, 55, m.culture.work}, {slotPhoneBusiness2, 8, m.culture.work},
		{slotPhoneHome, 25, m.culture.work}, {slotPhoneHome2, 4, m.culture.work}, {slotPhoneOther, 4, m.culture.mobile},
		{slotFaxBusiness, 8, m.culture.work}, {slotFaxHome, 3, m.culture.work}, {slotFaxOther, 1, m.culture.work},
		{slotPager, 3, m.culture.work}, {slotPhoneAssistant, 4, m.culture.work}, {slotPhoneCar, 2, m.culture.mobile},
		{slotRadio, 1, m.culture.work}, {slotPhoneCallback, 1, m.culture.work}, {slotPhoneCompany, 3, m.culture.work},
		{slotPhonePrimary, 1, m.culture.mobile}, {slotISDN, 1, m.culture.work}, {slotTelex, 1, m.culture.work}, {slotTTY, 1, m.culture.work},
	}
	for _, p := range numbers {
		if m.chance(p.percent) {
			m.set(p.slot, m.digits(one(m, p.from)))
		}
	}
	if m.chance(6) { // the empty placeholders that the service shows now and then
		for _, s := range [...]slot{slotPhoneHome, slotPhoneMobile} {
			if m.it.slots[s] == nil {
				m.it.setText(s, "")
			}
		}
	}
}

func (m *maker) addresses() {
	for i, percent := range [...]int{20, 45, 4} {
		if !m.chance(percent) {
			continue
		}
		first := slotHomeBox + slot(i)*addressSlots
		city := one(m, m.culture.cities)
		if m.chance(8) {
			m.set(first, m.digits("PO Box 1##"))
		}
		m.set(first+1, m.digits(one(m, m.culture.streets)))
		m.set(first+2, city[0])
		m.set(first+3, city[1])
		m.set(first+4, m.digits(m.culture.postcode))
		m.set(first+5, m.culture.country)
	}
}

func (m *maker) work() {
	if m.chance(60) {
		m.set(slotCompany, one(m, m.culture.companies))
		m.set(slotJobTitle, one(m, m.culture.jobs))
		if m.given.yomi != "" {
			m.set(slotYomiCompany, "みほんしょうじ")
		}
	} else if m.chance(20) {
		m.it.setText(slotCompany, "")
	}
	optional := []struct {
		slot    slot
		percent int
		text    string
	}{
		{slotDepartment, 20, "R&D / <Labs>"}, {slotOffice, 10, "36/2121"}, {slotProfession, 6, one(m, m.culture.jobs)},
		{slotManager, 6, one(m, m.culture.given).native + " " + one(m, m.culture.family).native},
		{slotAssistant, 5, one(m, m.culture.given).native},
		{slotWebWork, 15, "https://www.example.com/" + m.family.latin}, {slotWebHome, 6, "http://" + m.given.latin + ".example.net/~me?a=1&b=2"},
		{slotWebBlog, 2, "https://blog.example.org/" + m.given.latin},
	}
	for _, o := range optional {
		if m.chance(o.percent) {
			m.set(o.slot, o.text)
		}
	}
}

func (m *maker) private() {
	if m.chance(25) {
		m.set(slotBirthday, m.day(1935, 2015)+one(m, []string{"T00:00:00Z", "T00:00:00Z", "T11:59:00Z", "T08:00:00Z"}))
	}
	if m.chance(8) {
		m.set(slotAnniversary, m.day(1960, 2023)+"T00:00:00Z")
	}
	if m.chance(8) {
		m.set(slotSpouse, one(m, m.culture.given).native)
	}
	if m.chance(6) {
		m.it.setList(slotChildren, []string{m.culture.given[0].native, m.culture.given[len(m.culture.given)-1].native})
	}
	if m.chance(10) {
		m.set(slotGender, one(m, []string{"1", "2"}))
	}
	if m.chance(5) {
		m.set(slotFavorite, one(m, []string{"true", "true", "false"}))
	}
	if m.chance(20) {
		m.it.setList(slotCategories, one(m, [][]string{{"Blue category"}, {"Weihnachtskarte 🎄", "VIP"}, {"Клієнти"}, {"取引先", "Red category"}}))
	}
	if m.chance(3) {
		m.set(slotFlagStatus, "flagged")
		m.set(slotFlagStart, "2024-03-04T08:00:00.0000000")
		m.set(slotFlagDue, "2024-03-08T17:00:00.0000000")
	}
	if m.chance(15) {
		m.set(slotNotes, one(m, sampleNotes[:]))
	}
}

func (m *maker) day(from, to int) string {
	start := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC)
	return start.AddDate(0, 0, m.random.IntN((to-from)*365)).Format(dateLayout)
}

var sampleNotes = [...]string{
	"Met at the trade fair.",
	"Prefers e-mail; \"never\" call before 10:00.\r\nHas a dog 🐕 & a boat ⛵.",
	"Tab\tseparated\tline\nSecond line; with, commas; and\\backslash",
	"Семейный врач.\nПриём по средам.",
	"ملاحظة قصيرة مع رقم 12345 في الوسط.",
	"名刺交換：2019年秋 👩‍👩‍👧",
}
