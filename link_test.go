package holdfast_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast"
)

type linked struct {
	Shop  string    `path:"shop"`
	ID    int       `path:"id"`
	Q     string    `query:"q"`
	Skip  int       `query:"skip" default:"10"`
	Limit *int      `query:"limit"`
	Page  int       `query:"page" required:"true"`
	Tags  []string  `query:"tag"`
	Since time.Time `query:"since"`
	Trace string    `header:"X-Trace"`
	Theme string    `cookie:"theme"`
	Body  struct {
		Name string `json:"name"`
	}
}

func TestTheURLOfARoute(t *testing.T) {
	t.Parallel()
	app := quiet()
	read := func(context.Context, holdfast.Anyone, linked) (string, error) { return "", nil }
	zero := 0
	first := holdfast.Post(app.Group("/a b").Group("/{shop}"), "/items/{id}", holdfast.Public(), read)
	second := holdfast.Post(app.Group("/other/{shop}"), "/items/{id}/", holdfast.Public(), read)
	for name, test := range map[string]struct{ got, want string }{
		"the least":                  {first.URL(linked{Shop: "x", ID: 7}), "/a%20b/x/items/7?page=0"},
		"of another group":           {second.URL(linked{Shop: "x", ID: 7}), "/other/x/items/7/?page=0"},
		"a slash in a value":         {second.URL(linked{Shop: "a/b", ID: -7}), "/other/a%2Fb/items/-7/?page=0"},
		"a value of special letters": {second.URL(linked{Shop: "ü?#%;&", ID: 0}), "/other/%C3%BC%3F%23%25%3B&/items/0/?page=0"},
		"everything":                 {second.URL(linked{Shop: "x", Q: "a&b=c", Skip: 3, Page: 2, Tags: []string{"b", "", "a"}, Since: time.Unix(0, 0).UTC()}), "/other/x/items/0/?page=2&q=a%26b%3Dc&since=1970-01-01T00%3A00%3A00Z&skip=3&tag=b&tag=&tag=a"},
		"a pointer to zero":          {second.URL(linked{Shop: "x", Limit: &zero}), "/other/x/items/0/?limit=0&page=0"},
		"no header, cookie and body": {second.URL(linked{Shop: "x", Trace: "t", Theme: "dark", Body: struct {
			Name string `json:"name"`
		}{"n"}}), "/other/x/items/0/?page=0"},
		"three dots are a name": {second.URL(linked{Shop: "..."}), "/other/.../items/0/?page=0"},
	} {
		if test.got != test.want {
			t.Errorf("%s: URL = %s, want %s", name, test.got, test.want)
		}
	}
	type waiting struct {
		Wait time.Duration `path:"wait"`
	}
	wait := holdfast.Get(app, "/wait/{wait}", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in waiting) (time.Duration, error) { return in.Wait, nil })
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	link := wait.URL(waiting{90 * time.Minute})
	if w := try(app, "GET "+link, "", ""); link != "/wait/PT1H30M" || w.Body.String() != `"PT1H30M"` {
		t.Errorf("GET %s = %s, want a duration as answers write it, in both", link, w.Body)
	}
	if got := first.URL(linked{Shop: "x"}); got != "/a%20b/x/items/0?page=0" {
		t.Errorf("URL after the start = %s", got)
	}
}

// A path that would be read in another way is none: with a value that others
// chose, the link would lead elsewhere.
func TestThereIsNoURLForSomeValues(t *testing.T) {
	t.Parallel()
	app := quiet()
	type file struct {
		Name string `path:"name"`
		Rest string `path:"rest"`
	}
	type tenant struct {
		Tenant string `path:"tenant"`
	}
	type other struct {
		Name string `path:"name"`
	}
	route := holdfast.Get(app, "/{name}/files/{rest...}", holdfast.Public(), func(context.Context, holdfast.Anyone, file) (string, error) { return "", nil })
	policy := holdfast.Depends1(holdfast.Params[tenant](), func(_ context.Context, in tenant) (string, error) { return in.Tenant, nil })
	under := holdfast.Get(app.Group("/t/{tenant}", holdfast.Security(policy)), "/{name}", holdfast.Public(), func(context.Context, holdfast.Anyone, other) (string, error) { return "", nil })
	failed := holdfast.Get(app, "no-slash", holdfast.Public(), nothing)
	link := func(url string, err error) string { return url + fmt.Sprint(err) }
	for name, test := range map[string]struct{ got, want string }{
		"an empty segment":                  {link(route.TryURL(file{Rest: "x"})), `{name} is "", and an empty segment is none`},
		"the folder above":                  {link(route.TryURL(file{Name: "..", Rest: "x"})), `{name} is "..", which clients take for a folder`},
		"the folder itself":                 {link(route.TryURL(file{Name: ".", Rest: "x"})), `which clients take for a folder`},
		"a slash alone":                     {link(route.TryURL(file{Name: "/", Rest: "x"})), `which routers take for no segment`},
		"the folder above, in the rest":     {link(route.TryURL(file{Name: "a", Rest: "x/../y"})), `{rest} is "x/../y"`},
		"another host":                      {link(route.TryURL(file{Name: "a", Rest: "/evil.example"})), `an empty segment`},
		"an empty rest":                     {link(route.TryURL(file{Name: "a"})), "/a/files/<nil>"},
		"a rest of several":                 {link(route.TryURL(file{Name: "a", Rest: "b c/d/"})), "/a/files/b%20c/d/<nil>"},
		"a value that the policy reads":     {link(under.TryURL(other{"x"})), `nothing says what {tenant} is`},
		"a value of the policy, said":       {link(under.TryURL(other{"x"}, tenant{"acme"})), "/t/acme/x<nil>"},
		"a value of the policy, by address": {link(under.TryURL(other{"x"}, &tenant{"acme"})), "/t/acme/x<nil>"},
		"a value that no route has":         {link(route.TryURL(file{Name: "a"}, tenant{"acme"})), "has no {tenant}"},
		"a value twice, the same":           {link(under.TryURL(other{"x"}, tenant{"acme"}, other{"x"})), "/t/acme/x<nil>"},
		"a value twice, another":            {link(under.TryURL(other{"x"}, tenant{"acme"}, other{"y"})), `{name} is said to be "x" and "y"`},
		"no struct":                         {link(under.TryURL(other{"x"}, 7)), "int is no struct"},
		"a nil pointer":                     {link(under.TryURL(other{"x"}, (*tenant)(nil))), "is no struct"},
		"a route that could not be":         {link(failed.TryURL(holdfast.NoInput{})), "what App.Err says"},
	} {
		if !strings.Contains(test.got, test.want) {
			t.Errorf("%s: %s, want %s", name, test.got, test.want)
		}
	}
	defer func() {
		if cause := fmt.Sprint(recover()); !strings.Contains(cause, "GET /{name}/files/{rest...}") || !strings.Contains(cause, "link_test.go:") {
			t.Errorf("URL panics with %v, want the route and its place", cause)
		}
	}()
	route.URL(file{})
}

// mood writes and reads its text itself.
type mood int

func (m *mood) MarshalText() ([]byte, error) { return []byte(strings.Repeat("!", int(*m))), nil }
func (m *mood) UnmarshalText(text []byte) error {
	*m = mood(len(text))
	return nil
}

// What a URL was made of is what the handler reads from it.
func TestAURLIsReadBack(t *testing.T) {
	t.Parallel()
	type input struct {
		Name  string        `path:"name"`
		Addr  netip.Addr    `path:"addr"`
		Mood  mood          `query:"mood"`
		On    bool          `query:"on"`
		F     float64       `query:"f"`
		N     *uint16       `query:"n"`
		Tags  []string      `query:"tags"`
		Wait  time.Duration `query:"wait"`
		Since time.Time     `query:"since"`
	}
	var got input
	app := quiet()
	route := holdfast.Get(app, "/x/{name}/{addr}", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in input) (string, error) {
		got = in
		return "", nil
	})
	rapid.Check(t, func(r *rapid.T) {
		want := input{
			Name: rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("/.%2F\\ ;?#a")), 0, 4, -1)).Draw(r, "name"),
			Addr: netip.MustParseAddr(rapid.SampledFrom([]string{"192.0.2.1", "2001:db8::1", "fe80::1%eth0"}).Draw(r, "addr")),
			Mood: mood(rapid.IntRange(0, 3).Draw(r, "mood")), On: rapid.Bool().Draw(r, "on"), F: rapid.Float64().Draw(r, "f"),
			N: rapid.Ptr(rapid.Uint16(), true).Draw(r, "n"), Tags: rapid.SliceOfN(rapid.String(), 0, 3).Draw(r, "tags"),
			Wait: time.Duration(rapid.Int64().Draw(r, "wait")), Since: time.Unix(rapid.Int64Range(0, 4e9).Draw(r, "since"), 0).UTC(),
		}
		target, err := route.TryURL(want)
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != 200 {
			r.Fatalf("GET %s = %d %s", target, w.Code, w.Body)
		}
		same := got.Name == want.Name && got.Addr == want.Addr && got.Mood == want.Mood && got.On == want.On && got.F == want.F &&
			(got.N == nil) == (want.N == nil) && (got.N == nil || *got.N == *want.N) && slices.Equal(got.Tags, want.Tags) && got.Wait == want.Wait && got.Since.Equal(want.Since)
		if !same {
			r.Errorf("%s is read as %+v, want %+v", target, got, want)
		}
	})
}
