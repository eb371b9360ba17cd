package odata

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/cardferry/cardferry/formats/outlook"
)

// pages is a Doer that reads its answers into the memory that it is given.
type pages struct{ asked, used int }

func (*pages) Do(*http.Request) (*http.Response, error) { panic("not to be called") }

func (p *pages) DoRead(req *http.Request, buf []byte, _ int64) (*http.Response, []byte, error) {
	p.asked++
	if cap(buf) > 0 {
		p.used++
	}
	next := ""
	if p.asked < 20 {
		next = fmt.Sprintf(`,"@odata.nextLink":"/v1.0/%d"`, p.asked)
	}
	body := fmt.Appendf(buf[:0], `{"value":[{"id":"I%d","givenName":"Jörg %d","personalNotes":"%0300d"}]%s}`, p.asked, p.asked, p.asked, next)
	return &http.Response{StatusCode: http.StatusOK, Request: req}, body, nil
}

func TestMemoryOfAnswersIsUsedAgain(t *testing.T) {
	p := &pages{}
	var all []*outlook.Page
	err := Walk(t.Context(), newClient(t, p, Account{}), Listing{Link: "/v1.0/0"}, DecodePage, func(page *outlook.Page, _ string) bool {
		all = append(all, page)
		return true
	})
	if err != nil || len(all) != 20 || p.used < 15 {
		t.Fatalf("%d pages, %d of them in used memory, error %v", len(all), p.used, err)
	}
	for i, page := range all { // what was read is not written over
		c, n := page.Contacts[0], i+1
		if string(c.ID) != fmt.Sprintf("I%d", n) || c.Name.Given != fmt.Sprintf("Jörg %d", n) || c.Notes != fmt.Sprintf("%0300d", n) {
			t.Errorf("page %d: id %s", n, c.ID)
		}
	}
}
