package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zalando/go-keyring"
)

// fakeRing is a keyring in memory, with room for so much.
type fakeRing struct {
	mu      sync.Mutex
	secrets map[string]string
	room    int
	broken  error
	forgets bool          // takes what it does not give back
	hang    chan struct{} // not nil: calls wait for it
}

func newFakeRing() *fakeRing { return &fakeRing{secrets: map[string]string{}, room: 1 << 20} }

func (r *fakeRing) enter() (leave func(), err error) {
	if r.hang != nil {
		<-r.hang
	}
	r.mu.Lock()
	return r.mu.Unlock, r.broken
}

func (r *fakeRing) Set(user, secret string) error {
	leave, err := r.enter()
	defer leave()
	if err == nil && len(secret) > r.room {
		err = keyring.ErrSetDataTooBig
	}
	if err == nil && !r.forgets {
		r.secrets[user] = secret
	}
	return err
}

func (r *fakeRing) Get(user string) (string, error) {
	leave, err := r.enter()
	defer leave()
	if _, ok := r.secrets[user]; !ok && err == nil {
		err = keyring.ErrNotFound
	}
	return r.secrets[user], err
}

func (r *fakeRing) Delete(user string) error {
	leave, err := r.enter()
	defer leave()
	if _, ok := r.secrets[user]; !ok && err == nil {
		err = keyring.ErrNotFound
	}
	if err == nil {
		delete(r.secrets, user)
	}
	return err
}

func testLogin(account string) *Login {
	l := &Login{Account: account, Authority: "https://login.example", Tenant: testTenant, ClientID: testClient, Resource: Graph,
		Scopes: []string{Graph + "/Contacts.Read", "offline_access"}, SignedIn: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
	return l.with(tokens{access: "access-of-" + account, refresh: "refresh-of-" + account,
		at: time.Date(2025, 3, 2, 12, 0, 0, 0, time.UTC), expiry: time.Date(2025, 3, 2, 13, 0, 0, 0, time.UTC)})
}

func TestStoreFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "logins")
	store := NewStore(dir, false)
	if logins, err := store.List(); len(logins) > 0 || err != nil {
		t.Errorf("%d logins before anything is saved, error %v", len(logins), err)
	}
	accounts := []string{"Work", "con", "größe", "work", "work.2", "work=3d", "..", "a/b"}
	for _, account := range accounts {
		if err := store.Save(t.Context(), testLogin(account)); err != nil {
			t.Fatal(err)
		}
	}
	for _, account := range accounts {
		l, err := NewStore(dir, false).Load(t.Context(), account)
		if err != nil || !reflect.DeepEqual(l, testLogin(account)) {
			t.Errorf("%s comes back changed, or error %v", account, err)
		}
	}
	logins, err := store.List()
	var listed []string
	for _, l := range logins {
		listed = append(listed, l.Account)
		if l.access != "" || l.refresh != "" {
			t.Error("the list has tokens")
		}
	}
	slices.Sort(accounts)
	if err != nil || !slices.Equal(listed, accounts) {
		t.Errorf("listed %q, error %v", listed, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2*len(accounts) {
		t.Errorf("%d files, error %v", len(entries), err)
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		seen[strings.ToLower(entry.Name())] = true
		if info, err := entry.Info(); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v", entry.Name(), info.Mode())
		}
	}
	if len(seen) != len(entries) {
		t.Error("names differ by case alone")
	}
	if info, err := os.Stat(dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the directory is %v, error %v", info.Mode(), err)
	}
}

func TestStoreShutsItsDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such permissions")
	}
	dir := t.TempDir()
	os.Chmod(dir, 0o755)
	if err := NewStore(dir, false).Save(t.Context(), testLogin("work")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory is %v, error %v", info.Mode(), err)
	}
}

func TestStoreRing(t *testing.T) {
	for _, test := range []struct {
		name          string
		ring          *fakeRing
		inRing        bool
		access        string
		tokensInFiles bool
	}{
		{"works", &fakeRing{room: 1 << 20}, true, "access-of-work", false},
		{"has room for one token", &fakeRing{room: 420}, true, "", false},
		{"has room for none", &fakeRing{room: 100}, false, "access-of-work", true},
		{"is not there", &fakeRing{broken: errors.New("no bus for refresh-of-work")}, false, "access-of-work", true},
		{"forgets", &fakeRing{room: 1 << 20, forgets: true}, false, "access-of-work", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.ring.secrets = map[string]string{}
			store := &Store{dir: t.TempDir(), ring: test.ring}
			l := testLogin("work")
			if err := store.Save(t.Context(), l); err != nil || l.Keyring != test.inRing {
				t.Fatalf("in the keyring %v, error %v", l.Keyring, err)
			}
			back, err := store.Load(t.Context(), "work")
			if err != nil || back.refresh != "refresh-of-work" || back.access != test.access || back.Keyring != test.inRing || back.Expiry != l.Expiry {
				t.Errorf("loaded %q and %q, error %v", back.access, back.refresh, err)
			}
			file, err := os.ReadFile(store.path("work"))
			if err != nil || strings.Contains(string(file), "-of-") != test.tokensInFiles {
				t.Errorf("tokens in the file: %v, error %v", !test.tokensInFiles, err)
			}
			logins, err := store.List()
			if err != nil || len(logins) != 1 || logins[0].Keyring != test.inRing || !logins[0].Renewable {
				t.Errorf("%d logins, error %v", len(logins), err)
			}
			if err := store.Delete(t.Context(), "work"); err != nil || len(test.ring.secrets) > 0 {
				t.Errorf("%d secrets are left, error %v", len(test.ring.secrets), err)
			}
			_, err = store.Load(t.Context(), "work")
			if !errors.Is(err, ErrSignIn) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestStoreRingComesAndGoes(t *testing.T) {
	r := newFakeRing()
	dir := t.TempDir()
	with, without := &Store{dir: dir, ring: r}, &Store{dir: dir}
	if err := with.Save(t.Context(), testLogin("work")); err != nil {
		t.Fatal(err)
	}
	_, err := without.Load(t.Context(), "work")
	if e := checkRingRefused(t, err); !strings.Contains(e.Hint, "cardferry login work") {
		t.Errorf("hint %q", e.Hint)
	}
	r.broken = errors.New("locked")
	_, err = with.Load(t.Context(), "work")
	checkRingRefused(t, err)
	if err := with.Delete(t.Context(), "work"); err == nil {
		t.Error("the keyring still has it")
	}
	if logins, _ := with.List(); len(logins) != 1 {
		t.Error("nobody can tell any more that the keyring has it")
	}
	// A sign-in anew while the keyring is away takes over.
	if err := with.Save(t.Context(), testLogin("work")); err != nil {
		t.Fatal(err)
	}
	if l, err := without.Load(t.Context(), "work"); err != nil || l.refresh != "refresh-of-work" {
		t.Errorf("error %v", err)
	}
	r.broken = nil
	if err := with.Save(t.Context(), testLogin("work")); err != nil {
		t.Fatal(err)
	}
	clear(r.secrets)
	_, err = with.Load(t.Context(), "work")
	checkRingRefused(t, err)
	if err := with.Delete(t.Context(), "work"); err != nil {
		t.Error(err)
	}
}

func checkRingRefused(t *testing.T, err error) *SignInError {
	t.Helper()
	e := checkRefused(t, err, "", ErrSignIn)
	if !strings.Contains(e.Text, "keyring") {
		t.Errorf("error %v", e)
	}
	return e
}

func TestStoreRingHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newFakeRing()
		store := &Store{dir: t.TempDir(), ring: r}
		if err := store.Save(t.Context(), testLogin("work")); err != nil {
			t.Fatal(err)
		}
		r.hang = make(chan struct{})
		defer close(r.hang)
		start := time.Now()
		_, err := store.Load(t.Context(), "work")
		checkRingRefused(t, err)
		if time.Since(start) != ringPatience {
			t.Errorf("it took %v", time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := store.Load(ctx, "work"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

func TestStoreDirectoriesDoNotMix(t *testing.T) {
	r := newFakeRing()
	one, two := &Store{dir: t.TempDir(), ring: r}, &Store{dir: t.TempDir(), ring: r}
	for _, s := range []*Store{one, two} {
		if err := s.Save(t.Context(), testLogin("work")); err != nil {
			t.Fatal(err)
		}
	}
	if err := one.Delete(t.Context(), "work"); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Load(t.Context(), "work"); err != nil {
		t.Error(err)
	}
}

func TestStoreDamaged(t *testing.T) {
	for name, text := range map[string]string{
		"cut": `{"account":"work","refreshToken":"refresh-of`, "empty": "", "another's": `{"account":"home"}`, "a list": "[]",
	} {
		t.Run(name, func(t *testing.T) {
			store := NewStore(t.TempDir(), false)
			for _, account := range []string{"fine", "work"} {
				if err := store.Save(t.Context(), testLogin(account)); err != nil {
					t.Fatal(err)
				}
			}
			os.WriteFile(store.path("work"), []byte(text), 0o600)
			_, err := store.Load(t.Context(), "work")
			checkRefused(t, err, "", ErrSignIn)
			logins, err := store.List()
			if len(logins) != 1 || logins[0].Account != "fine" || !errors.Is(err, ErrSignIn) {
				t.Errorf("%d logins, error %v", len(logins), err)
			}
			if err := store.Save(t.Context(), testLogin("work")); err != nil {
				t.Error(err)
			}
			os.WriteFile(store.path("work"), []byte(text), 0o600)
			if err := store.Delete(t.Context(), "work"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStoreSweepsWhatKilledRunsLeave(t *testing.T) {
	store := NewStore(t.TempDir(), false)
	if err := store.Save(t.Context(), testLogin("work")); err != nil {
		t.Fatal(err)
	}
	left := []string{".login-work.json.tmp-123", ".login-work=2e2.json.tmp-4"}
	for _, name := range left {
		os.WriteFile(filepath.Join(store.dir, name), []byte("refresh-"), 0o600)
	}
	if err := store.Save(t.Context(), testLogin("work")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(store.dir, left[0])); err == nil {
		t.Error("the old temporary file is there")
	}
	if _, err := os.Stat(filepath.Join(store.dir, left[1])); err != nil {
		t.Error("another account's temporary file is gone")
	}
}

func TestStoreLockWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		unlock, err := NewStore(dir, false).lock(t.Context(), "work")
		if err != nil {
			t.Fatal(err)
		}
		store := NewStore(dir, false)
		if err := store.Save(t.Context(), testLogin("home")); err != nil {
			t.Errorf("another account: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := store.Save(ctx, testLogin("work")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		err = store.Save(t.Context(), testLogin("work"))
		checkRefused(t, err, "", ErrTemporary)
		time.AfterFunc(time.Minute, unlock)
		if err := store.Save(t.Context(), testLogin("work")); err != nil {
			t.Error(err)
		}
	})
}

func TestLoginShowsNoTokens(t *testing.T) {
	l := testLogin("work")
	for _, shown := range []string{
		fmt.Sprint(l), fmt.Sprint(*l), fmt.Sprintf("%+v %#v %s %q %x", l, *l, *l, l, *l), fmt.Sprintf("%+v", []Login{*l}), l.LogValue().String(),
	} {
		if strings.Contains(shown, "-of-") || !strings.Contains(shown, "work") {
			t.Errorf("shown %q", shown)
		}
	}
}

func FuzzFileName(f *testing.F) {
	for _, account := range []string{"work", "Work", "a=b", "..", "größe", "\x00"} {
		f.Add(account)
	}
	f.Fuzz(func(t *testing.T, account string) {
		name := fileName(account) + loginSuffix
		back, ok := accountOf(name)
		if !ok || back != account || strings.ContainsAny(name, "/\\:*?\"<>| \x00") || strings.ToLower(name) != name {
			t.Errorf("%q becomes %q and comes back as %q", account, name, back)
		}
		if back, ok := accountOf(account); ok && fileName(back)+loginSuffix != account {
			t.Errorf("%q is taken for the file of %q", account, back)
		}
	})
}
