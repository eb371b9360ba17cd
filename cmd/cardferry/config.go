package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/auth"
)

// Names of providers, as the key provider takes them.
const (
	providerOutlook = "outlook"
	providerSandbox = "sandbox"
	providerCardDAV = "carddav"
)

// account is one login, as the configuration has it.
type account struct {
	name     string
	provider string
	dialect  outlook.Dialect
	url      string // "" is the dialect's own
	user     string
	limits   bool // pace requests as Microsoft asks for
	// settle is how long after a run died its writes may still be under way there.
	settle time.Duration
	auth   auth.Config // how to sign in; without access
	dav    *davLogin   // of a CardDAV account; nil for others
	domain string      // of a CardDAV account without a url: that of its user
}

// settings are the keys of an account. Secrets may also come from a file or a
// command, under the key with _file or _command behind it.
var settings = []string{"provider", "dialect", "url", "user", "auth", "authority", "tenant", "client_id", "certificate", "limits", "settle", "preset", "username", "groups",
	"oauth_authorize", "oauth_device", "oauth_token", "oauth_scope"}
var secrets = []string{"client_secret", "token", "password"}

// What settle is unless it is set.
const (
	settleRemote = 10 * time.Second
	settleLocal  = 500 * time.Millisecond
)

// builtIn is the account that always exists.
const builtIn = "sandbox"

var accountName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)

// configPath returns where the accounts are.
func (e *env) configPath() string {
	return filepath.Join(e.dir("XDG_CONFIG_HOME", ".config"), "config.toml")
}

// stateDir returns where cardferry keeps what it must remember.
func (e *env) stateDir() string { return e.dir("XDG_STATE_HOME", ".local/state") }

// dir returns a directory of ours by the XDG base directory specification, which says to
// ignore a path that is not absolute. Whoever uses it has asked checkDirs.
func (e *env) dir(variable, fallback string) string {
	base := e.getenv(variable)
	if !filepath.IsAbs(base) {
		base = filepath.Join(e.home(), filepath.FromSlash(fallback))
	}
	return filepath.Join(base, "cardferry")
}

func (e *env) home() string {
	if home := e.getenv("HOME"); home != "" {
		return home
	}
	home, _ := os.UserHomeDir()
	return home
}

// checkDirs is the error of a system that does not say where configuration and state are:
// they are not to come from wherever the program is started.
func (e *env) checkDirs() error {
	if filepath.IsAbs(e.configPath()) && filepath.IsAbs(e.stateDir()) {
		return nil
	}
	return usage("set HOME to your home directory: export HOME=/home/NAME; or set XDG_CONFIG_HOME and XDG_STATE_HOME", "there is no place for the configuration and the state: HOME is not an absolute path")
}

// readConfig returns the accounts of the configuration file as tables of text. A
// missing file has none.
func (e *env) readConfig() (map[string]map[string]string, error) {
	if err := e.checkDirs(); err != nil {
		return nil, err
	}
	path := e.configPath()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	var raw map[string]any
	if err := toml.Unmarshal(text, &raw); err != nil {
		line := 1
		if parse, ok := errors.AsType[toml.ParseError](err); ok {
			line = parse.Position.Line
		}
		return nil, usage("", "%s: line %d: not valid TOML", path, line)
	}
	config := map[string]map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		table, isTable := raw[name].(map[string]any)
		if !isTable {
			return nil, usage("every account is a table: [NAME] and its keys below it", "%s%s: %s belongs to no account", path, atLine(text, "", name), name)
		}
		if !accountName.MatchString(name) {
			return nil, usage("begin with a letter, and use letters, digits, '_', '.' and '-'", "%s: %q is no name for an account", path, name)
		}
		config[name] = map[string]string{}
		for _, key := range slices.Sorted(maps.Keys(table)) {
			at := path + atLine(text, name, key)
			if !knownKey(key) {
				return nil, usage(keysHint, "%s: account %s: unknown key %q", at, name, key)
			}
			switch value := table[key].(type) {
			case string, int64, bool:
				config[name][key] = fmt.Sprint(value)
			default:
				return nil, usage(key+` = "…"`, "%s: account %s: %s is not a text", at, name, key)
			}
		}
	}
	return config, nil
}

var keysHint = "known keys are " + strings.Join(append(slices.Clone(settings), secrets...), ", ") + "; of the last three also with _file and _command"

// atLine says on which line of the configuration an account has a key, "" where it is
// written in an unusual way.
func atLine(text []byte, account, key string) string {
	table, n := "", 0
	for line := range bytes.Lines(text) {
		n++
		before, _, isKey := strings.Cut(string(line), "=")
		before = strings.TrimSpace(before)
		switch {
		case strings.HasPrefix(before, "["):
			before, _, _ = strings.Cut(before, "]")
			table, isKey = strings.Trim(before, `[]"' `), false
			if table == account+"."+key {
				return fmt.Sprintf(": line %d", n)
			}
		case isKey && table == account && strings.Trim(before, `"'`) == key:
			return fmt.Sprintf(": line %d", n)
		}
	}
	return ""
}

func knownKey(key string) bool {
	bare := strings.TrimSuffix(strings.TrimSuffix(key, "_file"), "_command")
	return slices.Contains(settings, key) || slices.Contains(secrets, bare)
}

var notInVariable = regexp.MustCompile(`[^A-Z0-9]`)

func variable(account, key string) string {
	return "CARDFERRY_" + notInVariable.ReplaceAllString(strings.ToUpper(account), "_") + "_" + strings.ToUpper(key)
}

// accountNames returns the names of all accounts, sorted: those of the file, the
// built-in one, and those that the environment defines by a PROVIDER or URL.
func (e *env) accountNames() ([]string, error) {
	config, err := e.readConfig()
	if err != nil {
		return nil, err
	}
	names := map[string]bool{builtIn: true}
	for name := range config {
		names[name] = true
	}
	for _, pair := range e.environ() {
		name, _, _ := strings.Cut(pair, "=")
		for _, key := range []string{"_PROVIDER", "_URL", "_TOKEN"} {
			if rest, ok := strings.CutPrefix(name, "CARDFERRY_"); ok && strings.HasSuffix(rest, key) {
				found := strings.ToLower(strings.TrimSuffix(rest, key))
				if !slices.ContainsFunc(slices.Collect(maps.Keys(names)), func(n string) bool { return variable(n, "x") == variable(found, "x") }) {
					names[found] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// account returns the account of that name, from the environment first, then the
// file.
func (e *env) account(name string) (*account, error) {
	config, err := e.readConfig()
	if err != nil {
		return nil, err
	}
	table, known := config[name]
	get := func(key string) string {
		if v := e.getenv(variable(name, key)); v != "" {
			return v
		}
		return table[key]
	}
	for _, key := range append(slices.Clone(settings), secrets...) {
		known = known || get(key) != "" || get(key+"_file") != "" || get(key+"_command") != ""
	}
	if name == builtIn {
		known = true
	}
	if !known {
		names, _ := e.accountNames()
		return nil, notFound(fmt.Sprintf("known accounts are %s; define this one in %s, or in the environment: %s=outlook, or =sandbox for an embedded mailbox", strings.Join(names, ", "), e.configPath(), variable(name, "provider")),
			"there is no account %q", name)
	}
	return newAccount(name, get)
}

func newAccount(name string, get func(string) string) (*account, error) {
	a := &account{name: name, provider: get("provider"), url: strings.TrimRight(get("url"), "/"), user: get("user")}
	if a.provider == "" {
		a.provider = providerOutlook
		if get("preset") != "" {
			a.provider = providerCardDAV
		}
		if name == builtIn {
			a.provider = providerSandbox
		}
	}
	if !slices.Contains([]string{providerOutlook, providerSandbox, providerCardDAV}, a.provider) {
		return nil, usage("providers are outlook, carddav and sandbox", "account %s: unknown provider %q", name, a.provider)
	}
	var err error
	if a.dialect, err = outlook.ParseDialect(get("dialect")); err != nil {
		return nil, usage("", "account %s: %w", name, err)
	}
	loopback := false
	if a.url != "" {
		if loopback, err = checkURL(a.url); err != nil {
			return nil, usage("", "account %s: %w", name, err)
		}
	}
	switch limits := get("limits"); limits {
	case "":
		a.limits = a.provider == providerOutlook && !loopback
	case "outlook", "none":
		a.limits = limits == "outlook"
	default:
		return nil, usage("limits is outlook or none", "account %s: unknown limits %q", name, limits)
	}
	a.settle = settleLocal
	if a.provider != providerSandbox && !loopback {
		a.settle = settleRemote
	}
	if text := get("settle"); text != "" {
		if a.settle, err = time.ParseDuration(text); err != nil || a.settle < 0 || a.settle > time.Hour {
			return nil, usage("settle is a time such as 10s", "account %s: settle: %q is no such time", name, text)
		}
	}
	if a.provider == providerCardDAV {
		a.dav, err = newDavLogin(a, get)
		return a, err
	}
	a.auth, err = newAuthConfig(a, get)
	return a, err
}

// kind says what of its provider an account is: a dialect, or a preset.
func (a *account) kind() string {
	if a.dav != nil {
		return a.dav.preset.Name
	}
	return string(a.dialect)
}

// unseen says what the account may hold that its dialect does not show; "" is nothing. An
// embedded mailbox is nobody's.
func (a *account) unseen() string {
	if a.dav != nil || a.provider == providerSandbox {
		return ""
	}
	what, seen := a.dialect.Unseen()
	if what == "" {
		return ""
	}
	return fmt.Sprintf("%s does not show %s; dialect = %q does", a.dialect, what, seen)
}

// signsInBy names the method of signing in.
func (a *account) signsInBy() string {
	if a.dav != nil {
		return a.dav.method
	}
	return string(a.auth.Method)
}

// newAuthConfig reads how an account signs in. What is needed for that and missing
// shows when it does.
func newAuthConfig(a *account, get func(string) string) (auth.Config, error) {
	c := auth.Config{
		Account: a.name, Method: auth.Method(get("auth")), Authority: get("authority"), Tenant: get("tenant"), ClientID: get("client_id"),
		Resource: auth.Graph, Token: secret("token", get),
	}
	if !a.dialect.Graph() {
		c.Resource = auth.Outlook
	}
	methods := []auth.Method{auth.Device, auth.Browser, auth.ClientSecret, auth.ClientCertificate, auth.ReadyToken}
	switch {
	case a.provider == providerSandbox:
		c.Method, c.Token = auth.ReadyToken, func() (string, error) { return sandboxToken, nil }
	case c.Method == "" && c.Token != nil:
		c.Method = auth.ReadyToken
	case c.Method == "":
		c.Method = auth.Device
	case !slices.Contains(methods, c.Method):
		return c, usage("auth is device, browser, client-secret, client-certificate or token", "account %s: unknown auth %q", a.name, c.Method)
	}
	if c.Method == auth.ClientSecret || c.Method == auth.ClientCertificate {
		if a.user == "" || a.user == "me" {
			return c, usage(`set user to the id or address of the mailbox, as in user = "ann@example.org"`,
				"account %s: auth %q signs in a program, which has no mailbox of its own", a.name, c.Method)
		}
	}
	if read := secret("client_secret", get); read != nil && c.Method == auth.ClientSecret {
		value, err := read()
		if err != nil {
			return c, usage("", "account %s: %w", a.name, err)
		}
		c.Secret = value
	}
	if path := get("certificate"); path != "" && c.Method == auth.ClientCertificate {
		pem, err := os.ReadFile(path)
		if err != nil {
			return c, usage("certificate is a file of the key and its certificate in PEM", "account %s: reading the certificate: %w", a.name, err)
		}
		c.Certificate = pem
	}
	return c, nil
}

// checkURL accepts https everywhere and http on loopback.
func checkURL(text string) (loopback bool, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false, errors.New("url is not a URL")
	}
	ip := net.ParseIP(u.Hostname())
	loopback = u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return false, errors.New("url must be https, or http on loopback: a token is not sent in the clear")
	}
	return loopback, nil
}

// secret returns how to get a secret: from its key, a file, or a command; nil if
// none of them is set.
func secret(key string, get func(string) string) func() (string, error) {
	if v := get(key); v != "" {
		return func() (string, error) { return v, nil }
	}
	if path := get(key + "_file"); path != "" {
		return func() (string, error) {
			text, err := os.ReadFile(path)
			if err != nil {
				// A secret that is missing is no sign-in; it is not the end that was named.
				return "", fmt.Errorf("reading the %s: %s", key, oneLine(err))
			}
			return strings.TrimSpace(string(text)), nil
		}
	}
	if command := get(key + "_command"); command != "" {
		return func() (string, error) {
			shell := exec.Command("sh", "-c", command)
			shell.Stderr = os.Stderr
			text, err := shell.Output()
			if err != nil {
				return "", fmt.Errorf("running the command for the %s: %w", key, err)
			}
			return strings.TrimSpace(string(text)), nil
		}
	}
	return nil
}
