package sandbox

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
)

// A page is one of the few that people see when they sign in.
type page struct {
	Title  string
	Text   string
	Ask    bool // for a user and a decision
	Code   string
	App    string // who asks for Scopes; "": a device, which is known by its code
	Scopes []string
	User   string
	Action string     // where Hidden is sent to, by itself where scripts run
	Hidden url.Values // the parameters of form_post
}

var pageTemplate = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title></head>
<body{{if .Hidden}} onload="document.forms[0].submit()"{{end}}>
<h1>{{.Title}}</h1>{{with .Text}}
<p>{{.}}</p>{{end}}{{if .Ask}}
<form method="post">{{if .App}}
<p>{{.App}} asks for:</p><ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>{{else}}
<p><label>Code <input name="code" value="{{.Code}}" autofocus></label></p>{{end}}
<p><label>User <input name="user" value="{{.User}}"></label></p>
<p><button name="decision" value="approve">Accept</button> <button name="decision" value="decline">Decline</button></p>
</form>{{end}}{{if .Hidden}}
<form method="post" action="{{.Action}}">{{range $name, $values := .Hidden}}{{range $values}}
<input type="hidden" name="{{$name}}" value="{{.}}">{{end}}{{end}}
<noscript><button>Continue</button></noscript>
</form>{{end}}
</body></html>
`))

func (p page) answer(status int) *answer {
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		panic(err) // the template fits the type
	}
	return (&answer{status: status, body: body.Bytes()}).with("Content-Type", "text/html; charset=utf-8").with("Cache-Control", "no-store")
}

func (v *visit) errorPage(e *oauthError) *answer {
	return page{Title: "Sorry, but we're having trouble signing you in.", Text: v.description(e)}.answer(http.StatusBadRequest)
}
