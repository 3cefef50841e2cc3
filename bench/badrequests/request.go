package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// The kinds of bodies.
const (
	formKind = "application/x-www-form-urlencoded"
	jsonKind = "application/json"
)

// param is a parameter as it goes over the wire: its value is written already,
// so that a table can say what no encoder would write.
type param struct{ name, wire string }

// params are the parameters of a form or a query, in order.
type params []param

// of makes parameters of names and values.
func of(pairs ...string) params {
	var out params
	for pair := range slices.Chunk(pairs, 2) {
		out = append(out, param{pair[0], escape(pair[1])})
	}
	return out
}

// escape encodes a value but for the placeholders in it.
func escape(value string) string {
	var out strings.Builder
	rest := 0
	for _, at := range placeholder.FindAllStringIndex(value, -1) {
		out.WriteString(url.QueryEscape(value[rest:at[0]]) + value[at[0]:at[1]])
		rest = at[1]
	}
	return out.String() + url.QueryEscape(value[rest:])
}

func (p params) String() string {
	var out []string
	for _, one := range p {
		out = append(out, one.name+"="+one.wire)
	}
	return strings.Join(out, "&")
}

// with returns the parameters with another value, or one more.
func (p params) with(name, wire string) params {
	out := slices.Clone(p)
	if i := slices.IndexFunc(out, func(one param) bool { return one.name == name }); i >= 0 {
		out[i].wire = wire
		return out
	}
	return append(out, param{name, wire})
}

func (p params) without(name string) params {
	return slices.DeleteFunc(slices.Clone(p), func(one param) bool { return one.name == name })
}

// and returns the parameters and one more, of whatever name.
func (p params) and(name, wire string) params {
	return append(slices.Clone(p), param{name, wire})
}

// request is what both are sent. In its texts {a word} is a placeholder for what
// is only there at that time; world.go has them.
type request struct {
	name         string
	method, path string
	query, form  params
	headers      http.Header
	body         string // instead of form, if it is not empty
	kind         string // Content-Type; formKind if empty, "-" for none
	signedIn     bool   // with the person's cookies
	good         bool   // it is not bad: both must accept it, or the bad ones prove nothing
}

// named returns a copy for a fault to be put in.
func (r request) named(fault string) request {
	r.name += ": " + fault
	r.headers, r.good = r.headers.Clone(), false
	if r.headers == nil {
		r.headers = http.Header{}
	}
	return r
}

// basic is the header of a client (RFC 6749 section 2.3.1).
func basic(id, secret string) string { return "{basic " + id + " " + secret + "}" }

// raw is a Basic header of any text.
func raw(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

var placeholder = regexp.MustCompile(`\{[a-z][^{}]*\}`)

// send sends the request to a side.
func (r request) send(ctx context.Context, w *world) (*reply, error) {
	var failed error
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(name string) string {
			value, err := w.value(ctx, strings.Trim(name, "{}"))
			if err != nil && failed == nil {
				failed = fmt.Errorf("%s: %w", name, err)
			}
			return value
		})
	}
	body := r.body
	if body == "" && r.form != nil {
		body = r.form.String()
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, w.base, strings.NewReader(fill(body)))
	if err != nil {
		return nil, err
	}
	sent.URL.Opaque, sent.URL.RawQuery = w.below+r.path, fill(r.query.String())
	for name, values := range r.headers {
		for _, value := range values {
			sent.Header.Add(name, fill(value))
		}
	}
	switch {
	case r.kind == "-" || r.kind == "" && body == "":
	case r.kind == "":
		sent.Header.Set("Content-Type", formKind)
	default:
		sent.Header.Set("Content-Type", r.kind)
	}
	if failed != nil {
		return nil, failed
	}
	if r.path != authorizePath {
		return w.do(sent, r.signedIn)
	}
	sent.Header.Set("Accept", "text/html")
	got, err := w.do(sent, r.signedIn)
	if err != nil || !strings.HasPrefix(got.headers.Get("Location"), w.below+authorizePath+"?") {
		return got, err
	}
	// What was posted is asked for again by GET.
	again, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+got.headers.Get("Location"), nil)
	if err != nil {
		return nil, err
	}
	return w.do(again, r.signedIn)
}

// reply is what one of the two said.
type reply struct {
	status  int
	headers http.Header
	body    []byte
}

func read(got *http.Response) (*reply, error) {
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(got.Body)
	return &reply{got.StatusCode, got.Header, body}, err
}
