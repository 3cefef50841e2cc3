package routing_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/routing"
)

func TestMethodsThatMayBeRegistered(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{
		"GET": "", "HEAD": "", "QUERY": "", "PROPFIND": "", "VERSION-CONTROL": "",
		"get": "write GET", "propfind": "write PROPFIND", "GTE": "none that HTTP knows", "": "none that HTTP knows", "PRI": "none that HTTP knows",
		"*": "Mount is for all", "CONNECT": "about the connection", "trace": "about the connection",
	} {
		err := routing.CheckMethod(method)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("CheckMethod(%q) = %v, want %q", method, err, want)
		}
	}
}

func TestWhoTakesRequestsOfAnother(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, path, from, other string
		want                      bool
	}{
		"a path that says more":           {"GET", "/a/b", "GET", "/a/{x}", true},
		"a path that says less":           {"GET", "/a/{x}", "GET", "/a/b", false},
		"the same":                        {"GET", "/a", "GET", "/a", false},
		"another method":                  {"POST", "/a/b", "GET", "/a/{x}", false},
		"HEAD of GET":                     {"HEAD", "/a", "GET", "/a", true},
		"GET of HEAD":                     {"GET", "/a", "HEAD", "/a", false},
		"HEAD of GET, by the path":        {"HEAD", "/a/b", "GET", "/a/{x}", true},
		"a method of a mount":             {"PUT", "/a/b", "*", "/a/{rest...}", true},
		"a mount in a mount":              {"*", "/a/b/{rest...}", "*", "/a/{rest...}", true},
		"a route of the same paths":       {"GET", "/a/{rest...}", "*", "/a/{rest...}", true},
		"a mount of a route of its paths": {"*", "/a/{rest...}", "GET", "/a/{rest...}", false},
		"a mount below what takes more":   {"*", "/a/{rest...}", "GET", "/{rest...}", true},
	} {
		p, err := routing.Parse(test.path)
		q, err2 := routing.Parse(test.other)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if got := p.Takes(test.method, &q, test.from); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestWhatAMountedHandlerSees(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ pattern, target, path, raw string }{
		"all of it":               {"/{rest...}", "/a/b?q=1", "/a/b", ""},
		"below a prefix":          {"/x/{y}/{rest...}", "/x/1/a", "/a", ""},
		"nothing more":            {"/x/{rest...}", "/x/", "/", ""},
		"an encoded slash":        {"/x/{rest...}", "/x/a%2Fb", "/a/b", "/a%2Fb"},
		"encoded in the prefix":   {"/x/{y}/{rest...}", "/x/a%2Fb/c", "/c", ""},
		"dots":                    {"/x/{rest...}", "/x/%2e%2e/y", "", ""},
		"dots behind a backslash": {"/x/{rest...}", "/x/a%5C..", "", ""},
		"dots and a parameter":    {"/x/{rest...}", "/x/..;a=b/y", "", ""},
		"another shape":           {"/x/{y}/{rest...}", "/x", "", ""},
	} {
		p, err := routing.Parse(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", test.target, nil)
		before := *r.URL
		kept := r.URL
		ok := p.Strip(r)
		if *kept != before || ok != (test.path != "") {
			t.Errorf("%s: Strip = %v, and the URL of before is %v", name, ok, kept)
		}
		if ok && (r.URL.Path != test.path || r.URL.RawPath != test.raw || r.URL.RawQuery != before.RawQuery) {
			t.Errorf("%s: %q %q, want %q %q", name, r.URL.Path, r.URL.RawPath, test.path, test.raw)
		}
	}
}
