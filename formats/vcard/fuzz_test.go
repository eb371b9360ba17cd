package vcard

import (
	"bytes"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// What can be read can be written, and read again as the same.
func FuzzRoundTrip(f *testing.F) {
	var files []string
	for _, pattern := range []string{"testdata/*.vcf", "testdata/programs/*.vcf", "testdata/dialects/*.vcf"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			f.Fatal("no fixtures in testdata", err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, line := range []string{"N;X=1:a,b;c;d;e;f;g;h", "BDAY:1953-10-15T23:10:00Z", "item1.TEL:1\r\nitem1.X-ABLabel:Foo\r\nitem1.X-Y:z",
		"TEL;TYPE=X-Weekend:1\r\nTEL;TYPE=x-a,VOICE:2", "X-ANDROID-CUSTOM:vnd.android.cursor.item/relation;a\\;b;0;c;;", "NOTE;X-CARDFERRY-QP-X-A==3D=0A:C:\\new", "KIND:group\r\nMEMBER:urn:uuid:1", "TEL;TYPE=\"home,fax\":tel:1\r\nTEL;IPHONE;CELL:2", "NICKNAME:a,b\\,c,d", "GENDER:M;x\r\nX-GENDER:foo", "ADR;LABEL=\"a^nb\":;;;;;;;x",
		"LABEL;WORK:x\r\nADR;HOME:;;b", "PHOTO:data:image/png;base64,AAAA", "RELATED;TYPE=agent;VALUE=text:a\r\nX-ABRELATEDNAMES;TYPE=x:b", "AGENT:\r\nBEGIN:VCARD\r\nFN:a\r\nEND:VCARD", `AGENT:BEGIN:VCARD\nFN:a\;b\nAGENT:\nBEGIN:VCARD\nFN:c\nEND:VCARD\nEND:VCARD`, `AGENT:BEGIN:VCARD\nEND:VCARD\n`, `item1.AGENT:BEGIN:VCARD\nEND:VCARD`, "AGENT:BEGIN:VCARD", `AGENT;X-A=b:BEGIN:VCARD\n\nFN:é\nEND:VCARD`,
		"X-CARDFERRY-EXTRA:{\"origin\":\"csv\"\\,\"name\":\"a\"}", "item1.X-ABDATE:2001-02-03\r\nitem1.X-ABLabel:_$!<Anniversary>!$_\r\nX-ANNIVERSARY:20010203T10",
		"item1.X-ABDATE:$001-02-03\r\nitem1.X-ABLabel:_$!<Anniversary>!$_\r\nX-ANNIVERSARY:200102\x81T10", "BDAY:200102\x01T10", "N:a;b;c;d;e;f", "N;X-Y=z:a\\,b,c;b,,d;, e,\\;;d\\;e , f;Jr.,MD;g", "ADR:;;a;;;;;b",
		"LOGO;ENCODING=b;TYPE=PNG:AA AA\r\nKEY:data:application/pgp-keys;base64,AA==\r\nSOUND;VALUE=uri:https://a.example\r\nGEO:1.5;-2", "LOGO:data:image/png\\;base64\\,AAAA\r\nGEO:1,2",
		"item1.TEL:1\r\nitem1.X-ABLabel:_$!<Ärger>!$_", "X-AIM;X- a:1\r\nX-ABRELATEDNAMES;x- a:b\r\nRELATED;VALUE=text;TYPE=\"x- c\":d\r\nTEL;TYPE=X-\u00a0b:2",
		"TEL;TYPE=x-a;TYPE=TYPE= TYPE=b:1", "TEL;X-CARDFERRY-QP-TYPE==0Aa=2CTYPE=3Db,^nx:1", "TEL;TYPE=\"^na,TYPE=b\":1",
		"item1.X-ABRELATEDNAMES:a\r\nitem1.X-ABLabel:b\r\nitem1.X-ABRELATEDNAMES:a\r\nitem1.X-ABLabel:b"} {
		for _, version := range []string{"2.1", "3.0", "4.0"} {
			f.Add([]byte("BEGIN:VCARD\r\nVERSION:" + version + "\r\n" + line + "\r\nEND:VCARD\r\n"))
		}
	}
	forms := everyForm()
	f.Fuzz(func(t *testing.T, data []byte) {
		o := forms[crc32.ChecksumIEEE(data)%uint32(len(forms))] // one of them, the same for the same data
		for c, err := range NewDecoder(bytes.NewReader(data)).All() {
			if err != nil {
				if !formats.IsRecordError(err) {
					t.Fatalf("reading from memory fails: %v", err)
				}
				continue
			}
			again := contact.Normalize(c.Clone())
			if !contact.Equal(c, again) {
				t.Fatalf("not normalised: %v", contact.Diff(c, again))
			}
			if faults := identityFaults(c, o); len(faults) > 0 {
				t.Fatalf("%s:\n%s\n\tof\n%s", o, strings.Join(faults, "\n"), data)
			}
		}
	})
}
