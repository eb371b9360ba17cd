package contacttest

import "strings"

// words in all the scripts that contacts are written in, among them right to left
// ones, combining marks, characters beyond the first plane, joined emoji, and
// words that mean something to a program.
var words = []string{
	"Ann", "O'Hara", "van", "Müller-Lüdenscheidt", "Øystein", "Łukasz", "Ñandú", "İstanbul", "ẞ", "ﬁne",
	"Cafe\u0301", "Nguyễn", "Σωκράτης", "Дмитрий", "Հայկ", "გიორგი", "שָׁלוֹם", "محمد", "\u200fعلي\u200f", "گل\u200cبهار",
	"अनुष्का", "தமிழ்", "สมชาย", "山田", "太郎", "ヤマダ", "ﾀﾛｳ", "김철수", "王小明", "𠮷野", "ᠮᠣᠩᠭᠣᠯ", "አበበ",
	"😀", "👩🏽‍🚀", "🇺🇦", "❤️", "𝔘𝔫𝔦", "\U0010FFFD", "zero\u200bwidth", "no\u00a0break", "soft\u00adhyphen",
	"null", "TRUE", "0012", "1e5", "=1+2", "@SUM", "-5", "+7", "BEGIN:VCARD", "END:VCARD", "#VALUE!", "%41", "&amp;", "<b>", "\\n", "${x}",
}

// joints stand between words.
var joints = []string{" ", " ", " ", "  ", ", ", ",", "; ", ";", ": ", `"`, `""`, "'", `\`, `\,`, `\;`, "/", " | ", "\t", "=", "^", "~", ".", "(", ") ", "&", "*"}

func (g *generator) word() string { return words[g.IntN(len(words))] }

// line returns text without line breaks: one to four words, and sometimes a mark
// at its end.
func (g *generator) line() string {
	var b strings.Builder
	b.WriteString(g.word())
	for range g.IntN(4) {
		b.WriteString(joints[g.IntN(len(joints))])
		b.WriteString(g.word())
	}
	switch g.IntN(12) {
	case 0:
		b.WriteString(strings.TrimSpace(joints[g.IntN(len(joints))]))
	case 1:
		b.WriteString(" " + strings.Repeat("long ", 20) + "end") // beyond any line length
	}
	return b.String()
}

// lines returns up to n lines of text, some of them blank but the first and last.
func (g *generator) lines(n int) string {
	all := []string{g.line()}
	for range g.IntN(n) {
		if g.IntN(4) == 0 {
			all = append(all, "")
		}
		all = append(all, g.line())
	}
	return strings.Join(all, "\n")
}

// notes returns long text, sometimes with blanks at its ends: they belong to it.
func (g *generator) notes() string {
	s := g.lines(6) + "\n" + g.line() + "\u2028" + g.line() + "\n  indented\n\ttabbed"
	switch g.IntN(4) {
	case 0:
		return "\n " + s
	case 1:
		return s + " \n\n"
	case 2:
		return strings.Repeat(s+"\n", 20)
	}
	return s
}
