package routing_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/routing"
)

// parse reads a path that can be read.
func parse(t *testing.T, path string) *routing.Pattern {
	t.Helper()
	p, err := routing.Parse(path)
	if err != nil {
		t.Fatalf("Parse(%s) = %v", path, err)
	}
	return &p
}

// table has routes such as "GET /items/", each with itself as value.
func table(t *testing.T, routes ...string) *routing.Table[string] {
	t.Helper()
	out := &routing.Table[string]{}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if err := out.Add(method, parse(t, path), route); err != nil {
			t.Fatalf("Add(%s) = %v", route, err)
		}
	}
	return out
}

// raw is a URL of a path as the server reads it from a request.
func raw(t *testing.T, path string) *url.URL {
	t.Helper()
	u, err := url.ParseRequestURI(path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ path, names string }{
		"no wildcard":                   {"/", ""},
		"one":                           {"/items/{id}", "id"},
		"two, sorted":                   {"/a/{z}/b/{a}/", "a z"},
		"all the rest":                  {"/files/{path...}", "path"},
		"an encoded slash is no slash":  {"/a%2Fb/{c}", "c"},
		"braces inside are no wildcard": {"/a{b}/c", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parse(t, test.path)
			if got := strings.Join(p.Names(), " "); got != test.names || p.Path != test.path {
				t.Errorf("Parse(%s) has the path %s and the names %q, want %q", test.path, p.Path, got, test.names)
			}
		})
	}
}

func TestPathsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/{}", "/{a}/{a}", "/{$}", "/a/{...}", "/{a...}/{a}"} {
		if _, err := routing.Parse(path); err == nil || !strings.Contains(err.Error(), "bad wildcard") {
			t.Errorf("Parse(%s) = %v, want a bad wildcard", path, err)
		}
	}
}

func TestConvertersOfOtherFrameworksAreNamed(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/a/{id:int}":    "path /a/{id:int}: paths have no converters; write {id}, and the type of the field says what it is",
		"/{rest:path}":   "write {rest...},",
		"/{n:[0-9]+}/{}": "write {n},",
	} {
		if _, err := routing.Parse(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%s) = %v, want %s", path, err, want)
		}
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pattern, path, name string
		want                string // "-" for none
	}{
		"a segment":                      {"/items/{id}", "/items/7", "id", "7"},
		"the first of two":               {"/a/{x}/b/{y}", "/a/1/b/2", "x", "1"},
		"the second":                     {"/a/{x}/b/{y}", "/a/1/b/2", "y", "2"},
		"before a last slash":            {"/a/{x}/", "/a/1/", "x", "1"},
		"an encoded slash stays inside":  {"/items/{id}", "/items/a%2Fb", "id", "a/b"},
		"with encoded slashes before it": {"/a/{x}/b/{y}", "/a/%2F/b/%2f2", "y", "/2"},
		"decoded once":                   {"/items/{id}", "/items/%252F", "id", "%2F"},
		"a space":                        {"/items/{id}", "/items/a%20b", "id", "a b"},
		"a plus is a plus":               {"/items/{id}", "/items/a+b", "id", "a+b"},
		"all the rest":                   {"/files/{path...}", "/files/a/b%2Fc/d", "path", "a/b/c/d"},
		"nothing is left":                {"/files/{path...}", "/files/", "path", ""},
		"not even a slash before it":     {"/files/{path...}", "/files", "path", "-"},
		"before all the rest":            {"/{user}/{path...}", "/amy/a/b", "user", "amy"},
		"another name":                   {"/items/{id}", "/items/7", "other", "-"},
		"too many segments":              {"/items/{id}", "/items/7/8", "id", "-"},
		"too few":                        {"/items/{id}", "/items", "id", "-"},
		"no last slash":                  {"/a/{x}/", "/a/1", "x", "-"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, r := parse(t, test.pattern), httptest.NewRequest("GET", test.path, nil)
			got, ok := p.Value(r, test.name)
			if !ok {
				got = "-"
			}
			if got != test.want {
				t.Errorf("%s of %s in %s = %q, want %q", test.name, test.pattern, test.path, got, test.want)
			}
			p.SetValues(r)
			if got := r.PathValue(test.name); test.want != "-" && got != test.want {
				t.Errorf("after SetValues, PathValue(%s) = %q, want %q", test.name, got, test.want)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		p, q string
		want bool
	}{
		{"/users/me", "/users/{id}", true},
		{"/users/{id}", "/users/me", false},
		{"/users/{id}", "/users/{name}", true},
		{"/users/me", "/users/me", true},
		{"/users/me", "/users/you", false},
		{"/users/me/", "/users/{id}", false},
		{"/users/me", "/users/{id}/", false},
		{"/users/me/", "/users/{id}/", true},
		{"/users/", "/users/{id}", false}, // a wildcard is never empty
		{"/users/", "/users/{path...}", true},
		{"/users/me/a", "/users/{path...}", true},
		{"/users/{path...}", "/users/{path...}", true},
		{"/users/{path...}", "/users/{id}", false},
		{"/users/{id}/{path...}", "/users/{path...}", true},
		{"/users", "/users/{path...}", false},
		{"/a/b/{c}", "/a/{b}/c", false},
		{"/a/b/c", "/a/{b}/{c}", true},
		{"/", "/{path...}", true},
	} {
		if got := parse(t, test.p).Within(parse(t, test.q)); got != test.want {
			t.Errorf("%s within %s = %v, want %v", test.p, test.q, got, test.want)
		}
	}
}

// routes are those that the tests of finding look at.
var routes = []string{
	"GET /", "GET /items", "GET /items/", "POST /items/", "GET /items/{id}", "DELETE /items/{id}", "GET /items/{id}/parts/",
	"GET /users/me", "GET /users/{id}", "GET /files/{path...}", "GET /heads", "HEAD /heads", "OPTIONS /heads", "PUT /a/{x}/b",
}

func TestFind(t *testing.T) {
	t.Parallel()
	all := table(t, routes...)
	tests := map[string]struct{ method, path, want string }{
		"the root":                         {"GET", "/", "GET /"},
		"a path":                           {"GET", "/items", "GET /items"},
		"with a slash it is another":       {"GET", "/items/", "GET /items/"},
		"a method":                         {"POST", "/items/", "POST /items/"},
		"a wildcard":                       {"GET", "/items/7", "GET /items/{id}"},
		"an encoded slash in it":           {"GET", "/items/a%2Fb", "GET /items/{id}"},
		"an encoded slash alone":           {"GET", "/items/%2F", ""}, // which ServeMux takes for a last slash
		"an encoded slash at the end":      {"GET", "/items%2F", ""},
		"an encoded slash for a slash":     {"GET", "/items%2F7", ""},
		"a last slash":                     {"GET", "/items/7/parts/", "GET /items/{id}/parts/"},
		"no last slash":                    {"GET", "/items/7/parts", ""},
		"below a last slash":               {"GET", "/items/7/parts/8", ""},
		"a last slash that is too many":    {"GET", "/items/7/", ""},
		"what says more comes first":       {"GET", "/users/me", "GET /users/me"},
		"what says less comes else":        {"GET", "/users/you", "GET /users/{id}"},
		"an encoded letter is that letter": {"GET", "/users/m%65", "GET /users/me"},
		"all the rest":                     {"GET", "/files/a/b%2Fc", "GET /files/{path...}"},
		"no rest":                          {"GET", "/files/", "GET /files/{path...}"},
		"not even a slash":                 {"GET", "/files", ""},
		"HEAD comes with GET":              {"HEAD", "/items/7", "GET /items/{id}"},
		"HEAD of its own":                  {"HEAD", "/heads", "HEAD /heads"},
		"HEAD does not come with POST":     {"HEAD", "/a/1/b", ""},
		"OPTIONS":                          {"OPTIONS", "/heads", "OPTIONS /heads"},
		"another method":                   {"PATCH", "/items/7", ""},
		"another path":                     {"GET", "/nothing", ""},
		"a wildcard is never empty":        {"PUT", "/a//b", ""},
		"two slashes are not one":          {"GET", "//items", ""},
		"dots are not followed":            {"GET", "/items/../items", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "http://example.org/", nil)
			r.Method = test.method
			r.URL = raw(t, test.path)
			got, ok := all.Find(r)
			if got != test.want || ok != (test.want != "") {
				t.Errorf("%s %s finds %q, %v, want %q", test.method, test.path, got, ok, test.want)
			}
		})
	}
}

// Who decodes the slashes of a path must not find there what another pattern says
// more of: its policy may be stricter.
func TestAnEncodedSlashIsNoWayAround(t *testing.T) {
	t.Parallel()
	all := table(t, "* /files/{rest...}", "* /files/secret/{rest...}", "GET /files/one", "GET /docs/{path...}", "PUT /docs/plans/{id}")
	for target, want := range map[string]string{
		"GET /files/a%2Fb":             "* /files/{rest...}",
		"GET /files/a/":                "* /files/{rest...}",
		"GET /files/%2e%2e%2Fone":      "* /files/{rest...}", // which Strip refuses
		"GET /files/secret/plan":       "* /files/secret/{rest...}",
		"GET /files/secret/a%2Fb":      "* /files/secret/{rest...}",
		"GET /files/secret%2Fplan":     "",
		"HEAD /files/secret%2fplan":    "",
		"PURGE /files/secret%2fplan":   "",
		"GET /files/%2Fsecret/plan":    "",
		"GET /files/secret%5Cplan":     "",
		"GET /files/x%2f%2Fone":        "* /files/{rest...}",
		"GET /files/%2Fone":            "",
		"POST /files/%2Fone":           "",
		"CONNECT /files//secret/plan":  "",
		"CONNECT /files//a":            "* /files/{rest...}",
		"GET /docs/a%2Fb":              "GET /docs/{path...}",
		"GET /docs/plans%2F7":          "",
		"GET /docs/x%2F..%2Fplans%2F7": "",
		"GET /docs/plans/7":            "GET /docs/{path...}",
		"PUT /docs/plans/7":            "PUT /docs/plans/{id}",
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(target, " ")
			r := httptest.NewRequest("GET", "http://example.org/", nil)
			r.Method, r.URL = method, raw(t, path)
			if got, _ := all.Find(r); got != want {
				t.Errorf("%s finds %q, want %q", target, got, want)
			}
			if miss := all.Miss(r); want == "" && (miss.Allowed != nil || miss.Location != "") {
				t.Errorf("%s: %+v, want nothing there", target, miss)
			}
		})
	}
}

func TestMiss(t *testing.T) {
	t.Parallel()
	all := table(t, routes...)
	tests := map[string]struct {
		method, path  string
		sent          string // the path before a prefix was cut off; the same if empty
		allowed, goes string
	}{
		"nothing there":                      {"GET", "/nothing", "", "", ""},
		"for other methods":                  {"PATCH", "/items/7", "", "DELETE GET HEAD", ""},
		"for HEAD, too":                      {"DELETE", "/items", "", "GET HEAD", ""},
		"for one that is not GET":            {"GET", "/a/1/b", "", "PUT", ""},
		"for all of them once":               {"POST", "/heads", "", "GET HEAD OPTIONS", ""},
		"with a slash":                       {"GET", "/items/7/parts", "", "", "/items/7/parts/"},
		"without one":                        {"GET", "/users/me/", "", "", "/users/me"},
		"with the query":                     {"GET", "/items/7/parts?a=1&b", "", "", "/items/7/parts/?a=1&b"},
		"whatever the method":                {"POST", "/users/me/", "", "", "/users/me"},
		"the other methods of here first":    {"PUT", "/items", "", "GET HEAD", ""},
		"the root has no other":              {"POST", "/", "", "GET HEAD", ""},
		"an encoded slash is no last slash":  {"GET", "/users%2Fme/", "", "", ""},
		"what is encoded stays so":           {"GET", "/items/a%2Fb/parts", "", "", "/items/a%2Fb/parts/"},
		"below a prefix":                     {"GET", "/users/me/", "/api/users/me/", "", "/api/users/me"},
		"below two":                          {"GET", "/files?q=/x", "/a/b/files?q=/x", "", "/a/b/files/?q=/x"},
		"a prefix that names another server": {"GET", "/users/me/", "//evil.example/users/me/", "", "/users/me"},
		"a prefix with a backslash":          {"GET", "/users/me/", `/\evil.example/users/me/`, "", "/users/me"},
		"a prefix that is encoded":           {"GET", "/users/me/", "/%2Fevil/users/me/", "", "/users/me"},
		"a whole address":                    {"GET", "/users/me/", "http://evil.example/users/me/", "", "/users/me"},
		"another path altogether":            {"GET", "/users/me/", "/other", "", "/users/me"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "http://example.org/", nil)
			r.Method, r.RequestURI = test.method, test.path
			r.URL = raw(t, test.path)
			if test.sent != "" {
				r.RequestURI = test.sent
			}
			miss := all.Miss(r)
			if got := strings.Join(miss.Allowed, " "); got != test.allowed || miss.Location != test.goes {
				t.Errorf("%s %s: allowed %q, location %q; want %q, %q", test.method, test.path, got, miss.Location, test.allowed, test.goes)
			}
		})
	}
}

// What is for every method below a prefix is found for no path that has
// something which says more.
func TestWhatSaysMoreDecidesWhateverTheMethod(t *testing.T) {
	t.Parallel()
	all := table(t, "GET /a/{x}", "* /{rest...}", "POST /b/", "* /c/{rest...}", "GET /c/{rest...}", "DELETE /c/d")
	for name, test := range map[string]struct{ method, path, found, allowed, goes string }{
		"another method":                    {"POST", "/a/1", "", "GET HEAD", ""},
		"the method":                        {"GET", "/a/1", "GET /a/{x}", "", ""},
		"a slash too many":                  {"POST", "/a/1/", "", "", "/a/1"},
		"a slash too few":                   {"PUT", "/b", "", "", "/b/"},
		"a prefix without its slash":        {"PUT", "/c", "", "", "/c/"},
		"a prefix that says more":           {"PUT", "/c/x", "* /c/{rest...}", "", ""},
		"another pattern has it with slash": {"PUT", "/c/d/", "", "GET HEAD", ""},
		"all methods, of both patterns":     {"PUT", "/c/d", "", "DELETE GET HEAD", ""},
		"a pattern of no fewer paths":       {"PUT", "/c/z", "* /c/{rest...}", "", ""},
		"of those the one with a method":    {"GET", "/c/z", "GET /c/{rest...}", "", ""},
		"nothing but the prefix":            {"GET", "/z", "* /{rest...}", "", ""},
		"an encoded slash is no way around": {"POST", "/a%2F1", "", "", ""},
		"an encoded slash is in the path":   {"POST", "/z%2F1", "* /{rest...}", "", ""},
	} {
		r := httptest.NewRequest("GET", "http://example.org/", nil)
		r.Method, r.RequestURI, r.URL = test.method, test.path, raw(t, test.path)
		found, ok := all.Find(r)
		if found != test.found || ok != (found != "") {
			t.Errorf("%s: found %q, want %q", name, found, test.found)
		}
		if miss := all.Miss(r); !ok && (strings.Join(miss.Allowed, " ") != test.allowed || miss.Location != test.goes) {
			t.Errorf("%s: %+v, want %q, %q", name, miss, test.allowed, test.goes)
		}
	}
}

// HEAD comes with GET where nothing is registered for HEAD.
func TestGETAllowsHEAD(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/a", nil)
	if got := table(t, "GET /a").Miss(r).Allowed; !slices.Equal(got, []string{"GET", "HEAD"}) {
		t.Errorf("allowed = %v, want GET and HEAD", got)
	}
}

// What is left of a path behind StripPrefix may be nothing, which is no path.
func TestNoPathAtAll(t *testing.T) {
	t.Parallel()
	all, r := table(t, routes...), httptest.NewRequest("GET", "/api", nil)
	r.URL.Path = ""
	if got, ok := all.Find(r); ok {
		t.Errorf("Find = %s, want nothing", got)
	}
	if miss := all.Miss(r); miss.Allowed != nil || miss.Location != "" {
		t.Errorf("Miss = %+v, want nothing", miss)
	}
}

// A redirect of what stands behind StripPrefix leads back below the prefix.
func TestRedirectsBehindStripPrefix(t *testing.T) {
	t.Parallel()
	all := table(t, routes...)
	got := ""
	h := http.StripPrefix("/api/v1", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = all.Miss(r).Location }))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/api/v1/users/me/?x=1", nil))
	if want := "/api/v1/users/me?x=1"; got != want {
		t.Errorf("location = %s, want %s", got, want)
	}
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ have, add, with string }{ // with is "" for none
		{"GET /a", "GET /a", "GET /a"},
		{"GET /a", "POST /a", ""},
		{"GET /a", "GET /a/", ""},
		{"GET /a/{x}", "GET /a/{y}", "GET /a/{x}"},
		{"GET /a/{x}/c", "GET /a/b/{y}", "GET /a/{x}/c"},
		{"GET /a/{x}", "GET /a/b", ""},
		{"GET /a/{x...}", "GET /a/{y}", ""},
		{"GET /a/{x...}", "GET /a/", ""},
		{"GET /a/{x...}", "GET /a/{y...}", "GET /a/{x...}"},
		{"GET /a", "HEAD /a", ""},
	} {
		all := table(t, "GET /other", test.have)
		method, path, _ := strings.Cut(test.add, " ")
		err := all.Add(method, parse(t, path), test.add)
		conflict, ok := errors.AsType[*routing.Conflict[string]](err)
		if (test.with != "") != ok || ok && conflict.With != test.with || !ok && err != nil {
			t.Errorf("%s beside %s = %v, want a conflict with %q", test.add, test.have, err, test.with)
		}
	}
}

// What ServeMux cannot read is an error that is no conflict.
func TestPatternsThatServeMuxRefuses(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/a{b}/c", "/{a...}/b", "/{a b}"} {
		all := table(t, "GET /other")
		err := all.Add("GET", parse(t, path), "x")
		if _, ok := errors.AsType[*routing.Conflict[string]](err); err == nil || ok {
			t.Errorf("Add(%s) = %v, want an error of its own", path, err)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for method, want := range map[string][]string{"GET": {"GET", "HEAD"}, "HEAD": {"HEAD"}, "POST": {"POST"}} {
		if got := routing.Methods(method); !slices.Equal(got, want) {
			t.Errorf("Methods(%s) = %v, want %v", method, got, want)
		}
	}
}

// A set finds what looking at each pattern finds.
func TestPatternsAroundOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		segment := rapid.SampledFrom([]string{"a", "b", "{x}", "{y}", ""})
		var all []*routing.Pattern
		var set routing.Set
		for i := range rapid.IntRange(1, 12).Draw(t, "patterns") {
			segments := rapid.SliceOfNDistinct(segment, 1, 4, func(s string) string { return s }).Draw(t, "segments")
			path := "/" + strings.Join(segments, "/")
			if rapid.Bool().Draw(t, "rest") {
				path += "/{rest...}"
			}
			p, err := routing.Parse(path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, &p)
			set.Add(&p, i)
		}
		for i, p := range all {
			found := set.Around(p)
			for j, q := range all {
				if p.Within(q) && !slices.Contains(found, j) {
					t.Fatalf("%s is within %s, which is not found", p.Path, q.Path)
				}
			}
			if !slices.IsSorted(found) || !slices.Contains(found, i) {
				t.Fatalf("around %s: %v, not in order or without itself (%d)", p.Path, found, i)
			}
		}
	})
}

// Where a character that should be encoded is not, net/url forgets which slashes
// were encoded.
func TestAnEncodedSlashStaysOne(t *testing.T) {
	t.Parallel()
	var table routing.Table[string]
	if err := table.Add(http.MethodGet, parse(t, "/users/{id}"), "a user"); err != nil {
		t.Fatal(err)
	}
	for target, found := range map[string]bool{
		"/users/7":        true,
		"/users/7%2f8":    true,
		`/users/7\8`:      true,
		`/users%2f7\8`:    false,
		`/users%2F7%5c\8`: false,
	} {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := table.Find(&http.Request{Method: http.MethodGet, URL: u, Host: "a"}); ok != found {
			t.Errorf("%s is found: %v, want %v", target, ok, found)
		}
	}
}
