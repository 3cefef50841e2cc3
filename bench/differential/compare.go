package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// compared are the headers that must be the same.
var compared = []string{"WWW-Authenticate", "Allow", "Location", "Content-Type", "Retry-After", "Set-Cookie", "X-Own"}

// report says what differs, and counts.
type report struct {
	out     io.Writer
	reasons *reasons
	verbose bool

	asked, bad int
	listed     int
}

// compare compares two answers to one request.
func (r *report) compare(one *request, theirs, ours *reply) {
	r.asked++
	theirs.normalize()
	ours.normalize()
	used := r.reasons.apply(theirs, ours)
	what := difference(theirs, ours)
	reason := r.reasons.named[one.name]
	switch {
	case what != "" && reason != "" && r.reasons.said[one.name] != ours.brief():
		r.fail(one, theirs, ours, "differs otherwise than reasons.txt says: "+ours.brief())
	case what != "" && reason != "":
		r.listed++
	case what != "":
		r.fail(one, theirs, ours, "differs in "+what)
	case reason != "":
		r.fail(one, theirs, ours, "stands in reasons.txt and does not differ")
	}
	r.reasons.met[one.name] = true
	if r.verbose {
		r.print("%s\n    %s %s\n    FastAPI:  %s\n    Holdfast: %s\n    differs: %s %s %v\n", one.name, one.method, one.target, theirs, ours, what, reason, used)
	}
}

func (r *report) fail(one *request, theirs, ours *reply, what string) {
	r.bad++
	r.print("%s | %s %s\n    %s\n    FastAPI:  %s\n    Holdfast: %s\n", one.name, one.method, one.target, what, theirs, ours)
}

func (r *report) print(format string, values ...any) {
	_, _ = fmt.Fprintf(r.out, format, values...) // the terminal is gone, then
}

// end prints the count and reports whether all is well. Of a whole run, every
// line of reasons.txt must have been needed.
func (r *report) end(whole bool) bool {
	if whole {
		for _, name := range r.reasons.unmet() {
			r.bad++
			r.print("reasons.txt: %s: there is no such request, or the rule was not needed\n", name)
		}
	}
	r.print("%d requests: %d answered alike, %d different on purpose, %d faults\n", r.asked, r.asked-r.listed-r.bad, r.listed, r.bad)
	return r.bad == 0
}

// difference names what differs, or is empty.
func difference(theirs, ours *reply) string {
	var out []string
	if theirs.status != ours.status {
		out = append(out, "status")
	}
	for _, name := range compared {
		if !slices.Equal(theirs.headers.Values(name), ours.headers.Values(name)) {
			out = append(out, name)
		}
	}
	a, isJSON := decoded(theirs.body)
	b, both := decoded(ours.body)
	switch {
	case isJSON && both && !reflect.DeepEqual(a, b):
		out = append(out, "the JSON")
	case isJSON != both, !isJSON && !bytes.Equal(theirs.body, ours.body):
		out = append(out, "the body")
	}
	return strings.Join(out, ", ")
}

// decoded decodes JSON with its numbers as they are written, but for 1.0, which
// is 1.
func decoded(body []byte) (any, bool) {
	var out any
	err := json.Unmarshal(body, &out)
	return out, err == nil
}

// normalize drops what says the same in other letters.
func (a *reply) normalize() {
	if kind, _, err := mime.ParseMediaType(a.headers.Get("Content-Type")); err == nil {
		a.headers.Set("Content-Type", kind)
	}
	for i, one := range a.headers["Set-Cookie"] {
		a.headers["Set-Cookie"][i] = strings.ToLower(one) // as browsers read it
	}
	for i, one := range a.headers["Allow"] {
		methods := strings.Split(one, ", ")
		slices.Sort(methods)
		a.headers["Allow"][i] = strings.Join(methods, ", ")
	}
}

// brief is the status, and of a 422 the types of its violations.
func (a *reply) brief() string {
	var body struct {
		Detail []struct{ Type string }
	}
	out := fmt.Sprint(a.status)
	if a.status == http.StatusUnprocessableEntity && json.Unmarshal(a.body, &body) == nil {
		for _, one := range body.Detail {
			out += " " + one.Type
		}
	}
	return out
}

func (a *reply) String() string {
	text := fmt.Sprint(a.status)
	for _, name := range compared {
		for _, value := range a.headers.Values(name) {
			if name != "Content-Type" || value != "application/json" {
				text += fmt.Sprintf(" [%s: %s]", name, value)
			}
		}
	}
	return fmt.Sprintf("%s %.1500s", text, a.body)
}
