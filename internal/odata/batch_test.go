package odata

import (
	"net/http"
	"strings"
	"testing"
)

// TestReadsAlone: a run that only reads may send batches of reads, and nothing that
// only looks like one.
func TestReadsAlone(t *testing.T) {
	tests := []struct {
		method, path, body string
		want               bool
	}{
		{"POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"GET","url":"/me/contacts"},{"id":"2","method":"GET","url":"/me/contacts"}]}`, true},
		{"POST", "/api/v2.0/me/$batch", `{"requests":[{"id":"1","method":"GET","url":"/me/contacts"}]}`, true},
		{"POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"GET","url":"/me/contacts"},{"id":"2","method":"DELETE","url":"/me/contacts/x"}]}`, false},
		{"POST", "/v1.0/$batch", `{"requests":[{"id":"1","url":"/me/contacts"}]}`, false},
		{"POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"get","url":"/me/contacts"}]}`, false},
		{"POST", "/v1.0/$batch", `{"requests":[],"requests":[{"method":"DELETE"}]}`, false},
		{"POST", "/v1.0/$batch", `not JSON`, false},
		{"POST", "/v1.0/$batch", ``, false},
		{"POST", "/v1.0/me/contacts", `{"requests":[{"id":"1","method":"GET","url":"/me/contacts"}]}`, false},
		{"PATCH", "/v1.0/$batch", `{"requests":[{"id":"1","method":"GET","url":"/me/contacts"}]}`, false},
	}
	for _, test := range tests {
		req, err := http.NewRequest(test.method, "https://graph.example"+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if got := ReadsAlone(req); got != test.want {
			t.Errorf("%s %s %s: %t", test.method, test.path, test.body, got)
		}
	}
}
