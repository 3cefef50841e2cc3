package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func answer(status int, body string, headers ...string) *reply {
	out := &reply{status, http.Header{}, []byte(body)}
	for i := 0; i < len(headers); i += 2 {
		out.headers.Set(headers[i], headers[i+1])
	}
	return out
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	w := &world{base: "http://127.0.0.1:1"}
	ask, token := request{path: authorizePath, method: http.MethodGet}, request{path: tokenPath, method: http.MethodPost}
	for name, test := range map[string]struct {
		r    request
		got  *reply
		want string
	}{
		"an error":                       {token, answer(400, `{"error":"invalid_grant"}`), "400 invalid_grant"},
		"an error without its code":      {token, answer(422, `{"detail":[]}`), "422"},
		"a token that stands":            {token, answer(200, `{"active":true}`), "200 active"},
		"a token that does not":          {token, answer(200, `{"active":false}`), "200 inactive"},
		"a page":                         {ask, answer(400, `<p>`), "a page"},
		"a failure":                      {ask, answer(500, `<p>`), "500"},
		"a form":                         {ask, answer(200, `<form>`), "asks"},
		"a way to a form":                {ask, answer(303, "", "Location", "/signin"), "asks"},
		"an absolute way to a form":      {ask, answer(303, "", "Location", "http://127.0.0.1:1/signin"), "asks"},
		"a way to a host that begins so": {ask, answer(303, "", "Location", "http://127.0.0.1:10/?code=1"), "sends code"},
		"an error for the client":        {ask, answer(303, "", "Location", "https://a.example/?error=access_denied"), "sends access_denied"},
		"an error in the fragment":       {ask, answer(303, "", "Location", "https://a.example/#error=access_denied"), "sends access_denied in the fragment"},
		"nothing for the client":         {ask, answer(303, "", "Location", "https://a.example/"), "sends nothing"},
	} {
		if got := outcome(test.r, test.got, w); got != test.want {
			t.Errorf("%s: outcome = %q, want %q", name, got, test.want)
		}
	}
}

func TestAlike(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		theirs, ours string
		want         bool
	}{
		"the same":                       {"400 invalid_request", "400 invalid_request", true},
		"another status of the class":    {"400 invalid_request", "413 invalid_request", true},
		"another class":                  {"200", "400", false},
		"another error":                  {"400 invalid_request", "400 invalid_grant", false},
		"an error and none":              {"404 invalid_request", "405", false},
		"a page and a way to the client": {"a page", "sends invalid_request", false},
	} {
		if got := alike(test.theirs, test.ours); got != test.want {
			t.Errorf("%s: alike(%q, %q) = %v", name, test.theirs, test.ours, got)
		}
	}
}

// Each law is broken by an answer, and by nothing that is right.
func TestLaws(t *testing.T) {
	t.Parallel()
	w := &world{base: "http://127.0.0.1:1"}
	token := request{path: tokenPath, method: http.MethodPost, headers: http.Header{"Authorization": {"Basic x"}}}
	ask := request{path: authorizePath, method: http.MethodGet, query: of("state", "a-state")}
	home := webCallback + "?error=access_denied&iss=http%3A%2F%2F127.0.0.1%3A1&state=a-state"
	frames := "frame-ancestors 'none'"
	for name, test := range map[string]struct {
		r    request
		got  *reply
		want string // in what is said; "" for nothing
	}{
		"an error that is right":         {token, answer(401, `{"error":"invalid_client"}`, "Content-Type", jsonKind, "Cache-Control", "no-store", "WWW-Authenticate", `Basic realm="a"`), ""},
		"a failure":                      {token, answer(500, `{"error":"server_error"}`, "Content-Type", jsonKind, "Cache-Control", "no-store"), "a failure of the server"},
		"an error that may be kept":      {token, answer(400, `{"error":"invalid_grant"}`, "Content-Type", jsonKind), "no-store"},
		"an error in HTML":               {token, answer(400, `<p>`, "Content-Type", "text/html", "Cache-Control", "no-store"), "not JSON"},
		"an error without its code":      {token, answer(422, `{"detail":[]}`, "Content-Type", jsonKind, "Cache-Control", "no-store"), "without error"},
		"an error with a quote":          {token, answer(400, `{"error":"a","error_description":"\""}`, "Content-Type", jsonKind, "Cache-Control", "no-store"), "characters"},
		"a 401 without a challenge":      {token, answer(401, `{"error":"invalid_client"}`, "Content-Type", jsonKind, "Cache-Control", "no-store"), "challenge"},
		"an answer that is right":        {ask, answer(303, "", "Location", home, "Cache-Control", "no-store"), ""},
		"an answer without iss":          {ask, answer(303, "", "Location", webCallback+"?state=a-state", "Cache-Control", "no-store"), "iss"},
		"an answer without state":        {ask, answer(303, "", "Location", strings.TrimSuffix(home, "&state=a-state"), "Cache-Control", "no-store"), "no state"},
		"an answer to another address":   {ask, answer(303, "", "Location", strings.Replace(home, "web.", "evil.", 1), "Cache-Control", "no-store"), "not registered"},
		"an answer to an address beside": {ask, answer(303, "", "Location", strings.Replace(home, "callback", "callbackx", 1), "Cache-Control", "no-store"), "not registered"},
		"a page that is right":           {ask, answer(400, `<p>`, "Content-Type", "text/html; charset=utf-8", "Content-Security-Policy", frames), ""},
		"a page in a frame":              {ask, answer(400, `<p>`, "Content-Type", "text/html; charset=utf-8"), "frame"},
		"a page that leads elsewhere":    {ask, answer(400, `<p>`, "Content-Type", "text/html", "Content-Security-Policy", frames, "Location", "https://a.example"), "leads elsewhere"},
		"a body without a type":          {request{path: metadataPath}, answer(405, `<p>`), "Content-Type"},
	} {
		got := broken(test.r, test.got, w)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: broken = %q, want %q", name, got, test.want)
		}
	}
}

// What is reported as a fault, and how reasons.txt is read.
func TestReport(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "reasons.txt")
	const text = "# A remark.\n\nRFC 6749 section 5.2 has it so.\n    listed = 200 | 400 invalid_request\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	why, err := readReasons(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		one               request
		theirs, ours, law string
		want              string
	}{
		"alike":                            {request{name: "a"}, "400 a", "400 a", "", "1 requests: 1 answered alike, 0 different on purpose, 0 faults\n"},
		"listed":                           {request{name: "listed"}, "200", "400 invalid_request", "", "1 requests: 0 answered alike, 1 different on purpose, 0 faults\n"},
		"differs":                          {request{name: "a"}, "200", "400 a", "", "    a = 200 | 400 a\n        differs\n"},
		"listed otherwise":                 {request{name: "listed"}, "200", "400 a", "", "differs otherwise than reasons.txt says"},
		"listed, and alike":                {request{name: "listed"}, "200", "200", "", "does not differ"},
		"against a law":                    {request{name: "a"}, "400 a", "400 a", "no iss", "Holdfast's answer is wrong: no iss"},
		"what is right, refused by one":    {request{name: "a", good: true}, "400 a", "400 a", "", "prove nothing"},
		"what is right, answered by pages": {request{name: "a", good: true}, "a page", "a page", "", "prove nothing"},
	} {
		var out strings.Builder
		r := &report{out: &out, reasons: why}
		r.compare(test.one, test.theirs, test.ours, test.law)
		if ok := r.end(false); !strings.Contains(out.String(), test.want) || ok != strings.HasSuffix(test.want, "0 faults\n") {
			t.Errorf("%s: %v, %q, want %q", name, ok, out.String(), test.want)
		}
	}
	r := &report{out: &strings.Builder{}, reasons: &reasons{map[string]string{"gone": "why"}, map[string]string{}, map[string]bool{}}}
	if r.end(true) {
		t.Error("a reason of no request is no fault")
	}
}

// Each request has a name of its own, and of those that are right are enough.
func TestRequests(t *testing.T) {
	t.Parallel()
	requests, err := all()
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]bool{}
	for _, one := range requests {
		if one.good {
			good[one.path] = true
		}
	}
	for _, path := range []string{tokenPath, revokePath, introspectPath, authorizePath} {
		if !good[path] {
			t.Errorf("of the requests to %s none is right", path)
		}
	}
}
