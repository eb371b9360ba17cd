package sandbox

import (
	"strings"
	"testing"
)

func TestTranslateIDs(t *testing.T) {
	c := open(t, Options{})
	mutable := c.create("/v1.0/me/contacts", `{}`)
	immutable := c.want(200, "GET", "/v1.0/me/contacts/"+mutable, "", `Prefer: IdType="ImmutableId"`).text(t, "id")
	translate := func(id, from, to string) reply {
		return c.want(200, "POST", "/v1.0/me/translateExchangeIds", `{"inputIds":["`+id+`"],"sourceIdType":"`+from+`","targetIdType":"`+to+`"}`)
	}
	if got := translate(mutable, "restId", "restImmutableEntryId").text(t, "value/0/targetId"); got != immutable {
		t.Errorf("immutable id %s, want %s", got, immutable)
	}
	if got := translate(immutable, "restImmutableEntryId", "restId").text(t, "value/0/targetId"); got != mutable {
		t.Errorf("id %s, want %s", got, mutable)
	}
	ews := translate(mutable, "restId", "ewsId").text(t, "value/0/targetId")
	if strings.ContainsAny(ews, "-_") || translate(ews, "ewsId", "restId").text(t, "value/0/targetId") != mutable {
		t.Errorf("ews id %s", ews)
	}
	if got := translate("nonsense", "restId", "ewsId"); got.text(t, "value/0/errorDetails/code") == "" || got.text(t, "value/0/sourceId") != "nonsense" {
		t.Errorf("nonsense: %s", got.body)
	}
	if got := c.want(200, "POST", "/v1.0/me/translateExchangeIds", `{"InputIds":["`+mutable+`"],"SourceIdType":"restId","TargetIdType":"restImmutableEntryId"}`).text(t, "value/0/targetId"); got != immutable {
		t.Errorf("with capitals: %s", got)
	}
	for _, body := range []string{
		`{"inputIds":[],"sourceIdType":"restId","targetIdType":"ewsId"}`,
		`{"inputIds":["x"],"sourceIdType":"restId","targetIdType":"entryId"}`,
		`{"inputIds":"x","sourceIdType":"restId","targetIdType":"ewsId"}`,
		`{"inputIds":["` + strings.Repeat(`x","`, maxTranslated) + `x"],"sourceIdType":"restId","targetIdType":"ewsId"}`,
	} {
		c.want(400, "POST", "/v1.0/me/translateExchangeIds", body)
	}
}
