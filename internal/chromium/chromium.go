// Package chromium drives a headless Chromium through its DevTools protocol, for tests
// of pages: what they load, what they complain about, and how they look.
package chromium

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Browser is a running browser with one page.
type Browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string
	last    int
	// Requests are the URLs that the page asked for, Complaints what it or the
	// browser wrote on the console, since the start.
	Requests, Complaints []string
}

// Open starts the browser, which ends with the test. It skips the test where no
// Chromium is installed. The browser can reach no host.
func Open(t *testing.T) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed (make ci installs it): the page is not looked at")
	}
	// The browser's end of the pipes are its file descriptors 3 and 4.
	commandsIn, commandsOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answersIn, answersOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{commandsIn, answersOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	commandsIn.Close()
	answersOut.Close()
	t.Cleanup(func() {
		commandsOut.Close()
		done := make(chan struct{})
		go func() { cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			cmd.Process.Kill()
			<-done
		}
		answersIn.Close()
	})
	answersIn.SetReadDeadline(time.Now().Add(2 * time.Minute))
	b := &Browser{t: t, to: commandsOut, from: bufio.NewReaderSize(answersIn, 1<<20)}
	b.attach()
	return b
}

func (b *Browser) attach() {
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Network", "Log", "Runtime"} {
		b.call(domain+".enable", nil, nil)
	}
}

// Load shows a file and waits until all of it is there.
func (b *Browser) Load(path string) {
	b.t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		b.t.Fatal(err)
	}
	var answer struct{ ErrorText string }
	b.call("Page.navigate", map[string]any{"url": "file://" + absolute}, &answer)
	if answer.ErrorText != "" {
		b.t.Fatalf("loading the page: %s", answer.ErrorText)
	}
	for !b.Eval(`document.readyState === "complete" && location.protocol === "file:"`, new(bool)) {
		time.Sleep(20 * time.Millisecond)
	}
}

// Eval evaluates an expression in the page into value, a pointer, and returns what it
// points to if that is a bool.
func (b *Browser) Eval(expression string, value any) bool {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, answer.ExceptionDetails)
	}
	if err := json.Unmarshal(answer.Result.Value, value); err != nil {
		b.t.Fatalf("%s: %s: %v", expression, answer.Result.Value, err)
	}
	truth, ok := value.(*bool)
	return ok && *truth
}

// Screen sets the width of the window in pixels, and the colour scheme: light or dark.
func (b *Browser) Screen(width int, scheme string) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Screenshot returns the whole page as a PNG image.
func (b *Browser) Screenshot() []byte {
	return b.data("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true})
}

// PDF returns the page as it is printed, on A4.
func (b *Browser) PDF() []byte {
	return b.data("Page.printToPDF", map[string]any{"paperWidth": 8.27, "paperHeight": 11.69})
}

func (b *Browser) data(method string, params any) []byte {
	var answer struct{ Data string }
	b.call(method, params, &answer)
	data, err := base64.StdEncoding.DecodeString(answer.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     json.RawMessage `json:"error,omitempty"`
}

// call sends a command and waits for its answer; what happens meanwhile is noted.
func (b *Browser) call(method string, params, result any) {
	b.t.Helper()
	b.last++
	text, err := json.Marshal(message{ID: b.last, SessionID: b.session, Method: method, Params: params})
	if err == nil {
		_, err = b.to.Write(append(text, 0))
	}
	for err == nil {
		var m struct {
			message
			Params json.RawMessage `json:"params"`
		}
		if text, err = b.from.ReadBytes(0); err != nil {
			break
		}
		if err = json.Unmarshal(text[:len(text)-1], &m); err != nil {
			break
		}
		if m.ID != b.last {
			b.note(m.Method, m.Params)
			continue
		}
		if m.Error != nil {
			err = errors.New(string(m.Error))
		} else if result != nil {
			err = json.Unmarshal(m.Result, result)
		}
		if err == nil {
			return
		}
	}
	b.t.Fatalf("%s: %v", method, err)
}

func (b *Browser) note(method string, params json.RawMessage) {
	switch method {
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		if json.Unmarshal(params, &p) == nil {
			b.Requests = append(b.Requests, p.Request.URL)
		}
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
		b.Complaints = append(b.Complaints, fmt.Sprintf("%s: %s", method, params))
	}
}
