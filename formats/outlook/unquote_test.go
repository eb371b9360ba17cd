package outlook

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestUnquote(t *testing.T) {
	pieces := []string{"", "a", "Jörg", `\"`, `\\`, `\/`, `\n`, `\r`, `\t`, `\b`, `\f`, `\u00e9`, `\ud83d\udc15`, `\ud800`, "\xff"}
	for _, a := range pieces {
		for _, b := range pieces {
			for _, c := range pieces {
				quoted := []byte(`"` + a + b + c + `"`)
				want, _ := jsontext.AppendUnquote([]byte("x"), quoted)
				if got := appendUnquote([]byte("x"), quoted); string(got) != string(want) {
					t.Errorf("%s: %q, want %q", quoted, got, want)
				}
			}
		}
	}
}
