package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/jsonl"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// The kill tests run the real program against a service that fails, and kill it. How
// much of that is done CARDFERRY_TORTURE says: nothing is a sample, "ci" is what every
// change must pass, "long" is for a quiet hour.
type torture struct {
	kills  []int  // after so many requests, each in a mailbox of its own
	random int    // mailboxes in which the program is killed at ten random moments
	faults string // of the service
	people int
}

func tortureOf(t *testing.T) torture {
	upTo := func(n int) (all []int) {
		for k := 1; k <= n; k++ {
			all = append(all, k)
		}
		return all
	}
	switch os.Getenv("CARDFERRY_TORTURE") {
	case "":
		return torture{kills: []int{9, 22, 31, 40}, random: 1, faults: "reset-after-write:8%", people: 40}
	case "ci":
		return torture{kills: upTo(40), random: 7, faults: "reset-after-write:8%", people: 40}
	case "long":
		return torture{kills: upTo(200), random: 50, faults: "reset-after-write:10%,504:2%,502:1%,reset-before:2%,truncate:1%,429:1%", people: 150}
	}
	t.Fatal("CARDFERRY_TORTURE is ci or long")
	return torture{}
}

// TestKilledImport kills an import after every k-th request and at random moments, and
// runs it again. In the end the mailbox holds what an import that was left alone brings
// there, once; the same import again writes nothing; and undo, killed and run again, gives
// back the mailbox as it was before.
func TestKilledImport(t *testing.T) {
	o := tortureOf(t)
	old, input := torturePeople(t, o.people/4, true), torturePeople(t, o.people, false)
	want := newVictim(t, o, old, input, 0)
	want.reopen(t, "")
	before := want.state(t, "before")
	want.finish(t)
	after := want.state(t, "after")
	if before == after {
		t.Fatal("the import brings nothing")
	}
	check := func(t *testing.T, v *victim) {
		if v.killed == 0 {
			t.Error("it was never killed")
		}
		t.Logf("killed %d times", v.killed)
		v.reopen(t, "")
		v.finish(t)
		if got := v.state(t, "after"); got != after {
			t.Errorf("got\n%s\nwant\n%s", got, after)
		}
		v.writesNothing(t)
		v.args = []string{"undo", "last"}
		for range 2 {
			v.killAfter.Store(int64(8 + v.random(40)))
			v.run(t)
		}
		v.killAfter.Store(0)
		v.reopen(t, "")
		if code, out := v.cardferry(t, v.args...); code != 0 {
			t.Errorf("undo: exit code %d\n%s", code, out)
		}
		if got := v.state(t, "undone"); got != before {
			t.Errorf("undone: got\n%s\nwant\n%s", got, before)
		}
	}
	for _, k := range o.kills {
		t.Run(fmt.Sprintf("after request %d", k), func(t *testing.T) {
			t.Parallel()
			v := newVictim(t, o, old, input, uint64(k))
			for try := range 3 {
				v.killAfter.Store(int64(k + try))
				v.run(t)
			}
			check(t, v)
		})
	}
	for n := range o.random {
		t.Run(fmt.Sprintf("at random %d", n), func(t *testing.T) {
			t.Parallel()
			v := newVictim(t, o, old, input, uint64(1000+n))
			for range 10 {
				v.killIn.Store(int64(time.Duration(1+v.random(250)) * time.Millisecond))
				v.run(t)
			}
			check(t, v)
		})
	}
}

// TestKilledApply: a plan that was carried out in part is carried out to its end, and is
// refused when the account has changed otherwise.
func TestKilledApply(t *testing.T) {
	o := torture{people: 40, faults: "reset-after-write:8%"}
	old, input := torturePeople(t, o.people/4, true), torturePeople(t, o.people, false)
	want := newVictim(t, o, old, input, 0)
	want.reopen(t, "")
	before := want.state(t, "before")
	want.finish(t)
	v := newVictim(t, o, old, input, 1)
	plan := filepath.Join(t.TempDir(), "people.plan")
	v.reopen(t, "")
	if code, out := v.cardferry(t, append(v.args, "--plan", plan)...); code != 0 {
		t.Fatal(out)
	}
	v.args = []string{"apply", plan}
	for _, k := range []int64{22, 33} {
		v.killAfter.Store(k)
		if code, out := v.run(t); code != -1 {
			t.Errorf("exit code %d\n%s", code, out)
		}
	}
	v.killAfter.Store(0)
	v.reopen(t, "")
	other := filepath.Join(t.TempDir(), "other.csv")
	if err := os.WriteFile(other, []byte("First Name,E-mail Address\nOther,other@example.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := v.cardferry(t, "import", other, "box:"); code != 0 {
		t.Fatal(out)
	}
	if code, out := v.cardferry(t, v.args...); code != exitRefused {
		t.Errorf("the account has changed: exit code %d\n%s", code, out)
	}
	if code, out := v.cardferry(t, "undo", "last"); code != 0 {
		t.Fatal(out)
	}
	v.finish(t)
	if got, want := v.state(t, "after"), want.state(t, "after"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if code, out := v.cardferry(t, "undo", "last"); code != 0 || v.state(t, "undone") != before {
		t.Errorf("undo: exit code %d\n%s", code, out)
	}
}

// TestKilledExport: what a killed export leaves beside its output is gone after the next
// one, and meanwhile the old output stands.
func TestKilledExport(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the system does not tell who writes a file")
	}
	input := torturePeople(t, 40, false)
	for _, args := range [][]string{{"out.vcf"}, {"out.jsonl"}, {"cards", "--split", "contact"}, {"folders", "--split", "folder", "--format", "csv"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			v := newVictim(t, torture{}, input, input, 1)
			dir := t.TempDir()
			v.args = append([]string{"export", "box:", filepath.Join(dir, args[0])}, args[1:]...)
			if code, out := v.run(t); code != 0 {
				t.Fatal(out)
			}
			whole := namesBelow(t, dir)
			left := 0
			for k := range int64(3) {
				v.killAfter.Store(8 + 2*k)
				if code, out := v.run(t); code != -1 {
					t.Fatalf("exit code %d\n%s", code, out)
				}
				left += len(namesBelow(t, dir)) - len(whole)
			}
			if left == 0 {
				t.Fatal("the killed runs left nothing")
			}
			v.killAfter.Store(0)
			for code := -1; code != 0; { // the last kill may come late, and meet the next run
				long := time.Now().Add(-time.Hour)
				for _, name := range namesBelow(t, dir) {
					if err := os.Chtimes(filepath.Join(dir, name), long, long); err != nil {
						t.Fatal(err)
					}
				}
				var out string
				if code, out = v.run(t); code > 0 {
					t.Fatal(out)
				}
			}
			if got := namesBelow(t, dir); !slices.Equal(got, whole) {
				t.Errorf("got %q\nwant %q", got, whole)
			}
		})
	}
}

// namesBelow returns the paths of everything below a directory.
func namesBelow(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if name, _ := filepath.Rel(dir, path); name != "." {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// torturePeople returns a file of people in four folders, a third of them with photos.
// The old ones are the same people, with less, elsewhere, and other photos or none.
func torturePeople(t *testing.T, n int, old bool) string {
	t.Helper()
	var b bytes.Buffer
	encoder := jsonl.NewEncoder(&b)
	for i := range n {
		c := &contact.Contact{UID: fmt.Sprint("person ", i), Name: contact.Name{Given: fmt.Sprint("Person ", i)}}
		c.Emails = []contact.Email{{Address: fmt.Sprintf("person%d@example.org", i)}}
		c.Folder = contact.FolderPath([]string{"", "New", "New/Deep", "Old"}[i%4])
		if !old && i%3 < 2 {
			c.Notes, c.Phones = "first line\nsecond", []contact.Phone{{Number: "+1 555 0100", Type: contact.Pager}}
		}
		if old {
			c.UID, c.Folder = "", "Old"
		}
		if i%3 == 0 && (!old || i%2 == 0) {
			c.Photo = contact.NewPhoto(jpegOf(t, i, old))
		}
		if _, err := encoder.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "people.jsonl")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func jpegOf(t *testing.T, number int, old bool) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 24, 24))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*number + number)
		if old {
			img.Pix[i] ^= 0xff
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// victim is a mailbox, and the program that imports into it.
type victim struct {
	data      string
	args      []string // of the program
	vars      map[string]string
	serving   sync.RWMutex // held for reading by every request
	box       *sandbox.Server
	server    *httptest.Server
	rand      *rand.Rand
	mu        sync.Mutex
	requests  atomic.Int64
	killAfter atomic.Int64 // so many requests, or
	killIn    atomic.Int64 // so many nanoseconds after the first; 0 is never
	killed    int
	hook      func(*http.Request) // before a request is carried out
	program   atomic.Pointer[os.Process]
}

func newVictim(t *testing.T, o torture, old, input string, seed uint64) *victim {
	t.Helper()
	v := &victim{data: filepath.Join(t.TempDir(), "box.db"), args: []string{"import", input, "box:", "--on-duplicate", "update"}, rand: rand.New(rand.NewPCG(seed, 7))}
	v.server = httptest.NewServer(v)
	t.Cleanup(func() {
		v.server.Close()
		v.box.Close()
	})
	v.vars = map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_URL": v.server.URL, "CARDFERRY_BOX_TOKEN": "sandbox", "CARDFERRY_BOX_SETTLE": "400ms"}
	v.reopen(t, "")
	if code, out := v.cardferry(t, "import", old, "box:"); code != 0 {
		t.Fatal(out)
	}
	v.reopen(t, o.faults)
	return v
}

// reopen starts the service anew, when it has done what is under way.
func (v *victim) reopen(t *testing.T, faults string) {
	t.Helper()
	v.serving.Lock()
	defer v.serving.Unlock()
	if v.box != nil {
		v.box.Close()
	}
	var err error
	if v.box, err = sandbox.Open(sandbox.Options{Data: v.data, Faults: faults}); err != nil {
		t.Fatal(err)
	}
}

func (v *victim) random(n int) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.rand.IntN(n)
}

// ServeHTTP carries writes out late now and then, whether or not anybody still waits
// for them, and kills the program when its time has come: before the request is
// carried out, or after.
func (v *victim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	v.serving.RLock()
	defer v.serving.RUnlock()
	n := v.requests.Add(1)
	program := v.program.Load() // which a late kill must not take for the next one
	kill := func() {
		if program != nil {
			program.Kill()
		}
	}
	deadly := n == v.killAfter.Load()
	if in := v.killIn.Load(); in > 0 && n == 1 {
		time.AfterFunc(time.Duration(in), kill)
	}
	if v.killAfter.Load()+v.killIn.Load() > 0 {
		time.Sleep(4 * time.Millisecond)
	}
	if deadly && n%2 == 0 {
		kill()
	}
	if r.Method != http.MethodGet && program != nil && v.random(8) == 0 {
		time.Sleep(time.Duration(v.random(200)) * time.Millisecond)
	}
	if v.hook != nil {
		v.hook(r)
	}
	v.box.ServeHTTP(w, r)
	if deadly {
		kill()
	}
}

// cardferry runs a command within this process. A lock that it left can live on for a
// moment, in a process that another test is just starting.
func (v *victim) cardferry(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	for range 50 {
		if code, output = cardferry(t.Context(), v.vars, args...); code != exitLocked {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return code, output
}

// run starts the import as a process of its own, which is killed as it was told.
func (v *victim) run(t *testing.T) (code int, output string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Args = append([]string{"cardferry"}, v.args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	for name, value := range v.vars {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	v.requests.Store(0)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	v.program.Store(cmd.Process)
	err = cmd.Wait()
	v.program.Store(nil)
	code = cmd.ProcessState.ExitCode()
	if code == exitLocked { // see cardferry
		time.Sleep(20 * time.Millisecond)
		return v.run(t)
	}
	if code == -1 {
		v.killed++
	}
	if err != nil && code != -1 && code != exitTemporary && v.hook == nil {
		t.Errorf("exit code %d\n%s", code, &out)
	}
	return code, out.String()
}

// finish runs the import to its end, without faults.
func (v *victim) finish(t *testing.T) {
	t.Helper()
	v.killAfter.Store(0)
	v.killIn.Store(0)
	code, out := v.cardferry(t, append(slices.Clone(v.args), "--verify")...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
}

func (v *victim) writesNothing(t *testing.T) {
	t.Helper()
	code, out := v.cardferry(t, append(slices.Clone(v.args), "--json")...)
	if code != 0 || !strings.Contains(out, `"created":0,"updated":0`) || !strings.Contains(out, `"photos":0`) {
		t.Errorf("the same import again: exit code %d\n%s", code, out)
	}
}

// state is the mailbox as text: its contacts with their photos, but for ids, times and
// keys, and its folders.
func (v *victim) state(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".jsonl")
	if code, out := v.cardferry(t, "export", "box:", path); code != 0 {
		t.Fatal(out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	code, folders := v.cardferry(t, "folders", "box:")
	if code != 0 {
		t.Fatal(folders)
	}
	return bareLines(string(text)) + "\n" + folders
}

// TestSignals: the first signal finishes what is under way and says how to go on; the
// second stops at once. Neither loses anything.
func TestSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	o := torture{people: 40}
	old, input := torturePeople(t, 10, true), torturePeople(t, 40, false)
	for signals, wantCode := range map[int]int{1: exitInterrupted, 2: -1} {
		t.Run(fmt.Sprint(signals), func(t *testing.T) {
			t.Parallel()
			v := newVictim(t, o, old, input, 1)
			var once sync.Once
			v.hook = func(r *http.Request) {
				if r.Method == http.MethodPost {
					once.Do(func() {
						v.program.Load().Signal(os.Interrupt)
						if signals == 2 {
							time.AfterFunc(100*time.Millisecond, func() { v.program.Load().Signal(os.Interrupt) })
						}
					})
					time.Sleep(time.Second)
				}
			}
			start := time.Now()
			code, out := v.run(t)
			if code != wantCode || signals == 1 && !strings.Contains(out, "it goes on where it stopped: cardferry import "+input+" box: --on-duplicate update") {
				t.Errorf("exit code %d after %v\n%s", code, time.Since(start), out)
			}
			v.serving.Lock()
			v.hook = nil
			v.serving.Unlock()
			v.reopen(t, "")
			v.finish(t)
			v.writesNothing(t)
			if n := strings.Count(v.state(t, "after"), "\n{"); n != 40 {
				t.Errorf("%d contacts, want 40", n)
			}
		})
	}
}
