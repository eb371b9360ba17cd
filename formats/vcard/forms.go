package vcard

import (
	"maps"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// Pictures, sounds, keys and places are written one way in 4.0 (a URI, which holds the
// bytes if need be: RFC 6350, 6.2.4) and another in 3.0 and 2.1 (base64 with a TYPE: RFC
// 2426, 3.5.3). The model has no name for them: in Extra they have the form of 4.0,
// whatever they were read from, and they are written in that of the card.

// mediaKind is the first half of the media types that a TYPE value of the property
// stands for.
var mediaKind = map[string]string{gv.FieldPhoto: "image/", gv.FieldLogo: "image/", gv.FieldSound: "audio/", gv.FieldKey: "application/"}

// keyTypes has the TYPE values of KEY that are no media type's second half.
var keyTypes = map[string]string{"PGP": "application/pgp-keys", "X509": "application/pkix-cert"}

// anyMedia is what stands for bytes of no TYPE.
const anyMedia = "application/octet-stream"

// hasForms reports whether properties of that name have these forms.
func hasForms(name string) bool {
	_, isMedia := mediaKind[name]
	return isMedia || name == gv.FieldGeolocation || name == propAgent
}

// form returns x as the card's version has it; ok is false where nothing that reading
// would give x for can be written.
func (w *writer) form(x contact.Extra) (_ contact.Extra, ok bool) {
	x = modernForm(x, false)
	if !w.v4 {
		if old := oldForm(x, w.v2); equalExtra(modernForm(old, w.v2), x) {
			return old, true
		}
	}
	return x, equalExtra(modernForm(x, w.v2), x)
}

func equalExtra(x, y contact.Extra) bool {
	return x.Origin == y.Origin && x.Name == y.Name && x.Value == y.Value && maps.EqualFunc(x.Params, y.Params, slices.Equal[[]string])
}

// modernForm returns x as 4.0 has it; x itself if it is so already, or is none of these
// properties.
func modernForm(x contact.Extra, v2 bool) contact.Extra {
	name := upper(x.Name)
	kind, isMedia := mediaKind[name]
	switch {
	case name == propAgent: // the line end of its last line is that of the property
		for strings.HasSuffix(x.Value, `\n`) && !strings.HasSuffix(x.Value, `\\n`) {
			x.Value = strings.TrimSuffix(x.Value, `\n`)
		}
		return x
	case name == gv.FieldGeolocation:
		if latitude, longitude, ok := place(x.Value, v2); ok {
			x.Value = "geo:" + latitude + "," + longitude
		}
		return x
	case !isMedia || x.Value == "":
		return x
	case isOne(x.Params, paramEncoding, "b"):
		return dataForm(x, kind)
	case isOne(x.Params, gv.ParamValue, "uri", "url") && hasScheme(x.Value):
		x.Params = without(x.Params, gv.ParamValue)
	}
	if len(x.Value) > 5 && strings.EqualFold(x.Value[:5], "data:") {
		if uri := unescape(x.Value); !strings.ContainsAny(uri, "\\\n") {
			x.Value = uri
		}
	}
	return x
}

// dataForm returns what has base64 as its value with a data: URI.
func dataForm(x contact.Extra, kind string) contact.Extra {
	text := strings.NewReplacer(" ", "", "\t", "").Replace(x.Value)
	types := x.Params[gv.ParamType]
	if !isBase64([]byte(text)) || len(types) > 1 || len(types) == 1 && !isToken(types[0]) {
		return x
	}
	media := anyMedia
	if len(types) == 1 {
		var known bool
		if media, known = keyTypes[upper(types[0])]; !known || kind != mediaKind[gv.FieldKey] {
			media = kind + strings.ToLower(types[0])
		}
	}
	x.Params = without(x.Params, paramEncoding, gv.ParamType, gv.ParamValue)
	x.Value = "data:" + media + ";base64," + text
	return x
}

// oldForm returns what is in the form of 4.0 in that of 3.0 or 2.1.
func oldForm(x contact.Extra, v2 bool) contact.Extra {
	name := upper(x.Name)
	kind, isMedia := mediaKind[name]
	if name == gv.FieldGeolocation {
		latitude, longitude, found := strings.Cut(strings.TrimPrefix(x.Value, "geo:"), ",")
		switch {
		case !found || !strings.HasPrefix(x.Value, "geo:") || !isDegrees(latitude) || !isDegrees(longitude):
		case v2:
			x.Value = longitude + "," + latitude
		default:
			x.Value = latitude + ";" + longitude
		}
		return x
	}
	if !isMedia || !hasScheme(x.Value) || x.Params[gv.ParamValue] != nil || x.Params[paramEncoding] != nil {
		return x
	}
	if media, text, ok := dataOf(x.Value); ok && x.Params[gv.ParamType] == nil {
		typ, isKind := strings.CutPrefix(media, kind)
		typ = strings.ToUpper(typ)
		for t, m := range keyTypes {
			if m == media && kind == mediaKind[gv.FieldKey] {
				typ = t
			}
		}
		switch {
		case media == anyMedia:
			x.Params, x.Value = with(x.Params, paramEncoding, "b"), text
			return x
		case isKind && isToken(typ):
			x.Params, x.Value = with(with(x.Params, paramEncoding, "b"), gv.ParamType, typ), text
			return x
		}
	}
	form := "uri"
	if v2 {
		form = "url"
	}
	x.Params = with(x.Params, gv.ParamValue, form)
	return x
}

// dataOf returns what a data: URI in base64 without further parameters holds.
func dataOf(uri string) (media, text string, ok bool) {
	rest, isData := strings.CutPrefix(uri, "data:")
	media, text, found := strings.Cut(rest, ";base64,")
	return media, text, isData && found && text != "" && isBase64([]byte(text))
}

// place returns the degrees of GEO in 3.0 ("lat;long") and in 2.1, which has the
// longitude first (vCard 2.1, 2.3.2).
func place(value string, v2 bool) (latitude, longitude string, ok bool) {
	latitude, longitude, ok = strings.Cut(value, ";")
	if !ok && v2 {
		longitude, latitude, ok = strings.Cut(value, ",")
	}
	return latitude, longitude, ok && isDegrees(latitude) && isDegrees(longitude)
}

func isDegrees(s string) bool { return s != "" && strings.Trim(s, "0123456789.-+") == "" }

// isOne reports whether a parameter has one value, and that is one of these, in whatever
// case.
func isOne(params contact.Params, name string, values ...string) bool {
	for _, v := range values {
		if has := params[name]; len(has) == 1 && strings.EqualFold(has[0], v) {
			return true
		}
	}
	return false
}

// without returns params but for those of these names, nil for none.
func without(params contact.Params, names ...string) contact.Params {
	var rest contact.Params
	for name, values := range params {
		taken := false
		for _, n := range names {
			taken = taken || n == name
		}
		if !taken {
			setParam(&rest, name, values...)
		}
	}
	return rest
}
