package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/chromium"
)

// hostile is a name that would be a script if a page let it.
const hostile = `<script>document.title="taken"</script><img src="https://example.org/x.png" onerror="console.log(1)">`

// pages makes report pages of all kinds with an account that has something to say on
// each, and returns their paths by name.
func pages(t *testing.T) map[string]string {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	picture := func(shade uint8) *contact.Photo {
		img := image.NewGray(image.Rect(0, 0, 300, 200))
		for i := range img.Pix {
			img.Pix[i] = color.Gray{Y: shade}.Y
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return contact.NewPhoto(b.Bytes())
	}
	person := func(uid, name, email string) *contact.Contact {
		c := &contact.Contact{UID: uid, Name: contact.Name{Display: name, Given: name}, Emails: []contact.Email{{Address: email, Type: contact.Home}}}
		return contact.Normalize(c)
	}
	ann, bob := person("1", "Ann Lee", "ann@example.org"), person("2", "Bob Ray", "bob@example.org")
	ann.Photo, ann.Organization.Title = picture(60), "Chair"
	writeLines(t, path("there.jsonl"), []*contact.Contact{ann, bob})

	other := person("3", hostile, "ann@example.org")
	other.Photo, other.Organization.Title = picture(200), "Boss"
	fuller := person("4", "Bob Ray", "bob@example.org")
	fuller.Notes = "line one\nline two " + strings.Repeat("long ", 200)
	fuller.Phones = []contact.Phone{{Number: "1", Type: contact.Mobile}, {Number: "2", Type: contact.Mobile}}
	writeLines(t, path("input.jsonl"), []*contact.Contact{other, fuller, person("5", "Cid Poe", "cid@example.org")})
	file, err := os.OpenFile(path("input.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(file, `{"name":{"display":"broken`)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	p := newProgram(t, "CARDFERRY_BOX_PROVIDER=sandbox")
	p.run("import", path("there.jsonl"), "box:")
	runs := map[string][]string{
		"plan":    {"import", path("input.jsonl"), "box:", "--dry-run"},
		"import":  {"import", path("input.jsonl"), "box:"},
		"export":  {"export", "box:", path("out.csv")},
		"convert": {"convert", path("input.jsonl"), path("out.vcf")},
		"verify":  {"verify", path("input.jsonl"), "box:", "--values"},
		"dedupe":  {"dedupe", path("twice.jsonl"), "--output", path("once.jsonl")},
	}
	twin, third := ann.Clone(), ann.Clone()
	twin.UID, twin.Photo, twin.Notes = "6", nil, "met in Bern"
	third.UID, third.Organization.Title, third.Emails[0].Address = "7", "Boss", "other@example.org"
	fourth := third.Clone()
	fourth.UID, fourth.Organization.Title, fourth.Photo = "8", "Chair", picture(120)
	writeLines(t, path("twice.jsonl"), []*contact.Contact{ann, twin, third, fourth})
	made := map[string]string{}
	for _, name := range []string{"plan", "import", "export", "convert", "verify", "dedupe"} {
		made[name] = path(name + ".html")
		p.run(append(runs[name], "--report", made[name], "--report", path(name+".json"))...)
	}
	return made
}

var tileNumbers = regexp.MustCompile(`<b>(\d+)</b> <span>([a-z ]+)</span>`)

func TestReportPages(t *testing.T) {
	for name, path := range pages(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
		if bytes.Contains(text, []byte("<script")) || bytes.Contains(text, []byte("<img src=\"http")) || !bytes.Contains(text, []byte("default-src 'none'")) {
			t.Errorf("%s: a name became a part of the page, or nothing guards it", name)
		}
		var file struct {
			Version int
			Records []json.RawMessage
			Summary map[string]any
		}
		beside, err := os.ReadFile(strings.TrimSuffix(path, ".html") + ".json")
		if err == nil {
			err = json.Unmarshal(beside, &file)
		}
		if err != nil || file.Version != 1 || file.Summary["type"] != "summary" {
			t.Errorf("%s: the JSON beside it: %v, %v", name, err, file.Summary)
		}
		if undo := regexp.MustCompile(`cardferry undo [\w-]+`); undo.Match(text) != (name == "import") {
			t.Errorf("%s: how to take it back: %v", name, undo.Find(text))
		}
		if name == "verify" {
			continue
		}
		whole := "read"
		if name == "dedupe" {
			whole = "groups"
		}
		numbers, sum := map[string]int{}, 0
		for _, m := range tileNumbers.FindAllStringSubmatch(string(text), -1) {
			var n int
			fmt.Sscan(m[1], &n)
			numbers[m[2]] = n
			if m[2] != whole {
				sum += n
			}
		}
		if len(numbers) < 3 || numbers[whole] == 0 || numbers[whole] != sum {
			t.Errorf("%s: the totals do not add up: %v", name, numbers)
		}
	}
}

// TestReportPagesInABrowser: every page loads without a request to anywhere and
// without a complaint, in light and dark, as wide as a phone, and on paper.
func TestReportPagesInABrowser(t *testing.T) {
	b := chromium.Open(t)
	for name, path := range pages(t) {
		b.Load(path)
		var light, dark string
		const background = "getComputedStyle(document.body).backgroundColor"
		b.Screen(1100, "light")
		b.Eval(background, &light)
		b.Screen(1100, "dark")
		b.Eval(background, &dark)
		if light == dark || light == "rgba(0, 0, 0, 0)" {
			t.Errorf("%s: the background is %s in light and %s in dark: the style is not in force", name, light, dark)
		}
		b.Screen(390, "light")
		if !b.Eval("document.documentElement.scrollWidth <= 390", new(bool)) {
			t.Errorf("%s: wider than a phone", name)
		}
		if !b.Eval("[...document.images].every(i => i.naturalWidth > 0)", new(bool)) {
			t.Errorf("%s: a photo does not show", name)
		}
		var images int
		b.Eval("document.images.length", &images)
		if want := map[string]int{"import": 2, "plan": 2, "dedupe": 3}[name]; images != want {
			t.Errorf("%s: %d photos, want %d", name, images, want)
		}
		var title string
		if b.Eval("document.title", &title); title == "taken" || title == "" {
			t.Errorf("%s: the title is %q", name, title)
		}
		if pdf := b.PDF(); !bytes.HasPrefix(pdf, []byte("%PDF")) || len(pdf) < 5000 {
			t.Errorf("%s: printed to %d bytes", name, len(pdf))
		}
		if dir := os.Getenv("SCREENSHOTS"); dir != "" { // to be looked at
			for _, scheme := range []string{"light", "dark"} {
				b.Screen(1100, scheme)
				if err := os.WriteFile(filepath.Join(dir, name+"-"+scheme+".png"), b.Screenshot(), 0o600); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for _, url := range b.Requests {
		if !strings.HasPrefix(url, "file://") && !strings.HasPrefix(url, "data:") && url != "about:blank" {
			t.Errorf("a page asked for %s", url)
		}
	}
	if len(b.Complaints) > 0 {
		t.Errorf("complaints: %s", strings.Join(b.Complaints, "\n"))
	}
}
