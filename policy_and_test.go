package holdfast_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// TestAndMeansAnd has policies in which Optional stands beside another policy.
// All and groups let in a caller if, and only if, each part does so by itself.
// That is why the table says what the parts answer, too.
func TestAndMeansAnd(t *testing.T) {
	t.Parallel()
	const (
		in        = http.StatusOK
		noSignIn  = http.StatusUnauthorized
		forbidden = http.StatusForbidden
	)
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	keyItems := key.Scope("items", "")
	user := text(holdfast.Security(s.user), "user")
	reader := text(holdfast.Security(s.user, s.items), "reader")
	admin := text(holdfast.AnyRole(s.user, s.admin), "admin")
	none := text(holdfast.Security(holdfast.Verify(s.oauth, refuseAll)), "none")
	machine := text(holdfast.Security(holdfast.Verify(key, verify)), "machine")
	readingMachine := text(holdfast.Security(holdfast.Verify(key, verify), keyItems), "reading machine")
	browser := text(holdfast.Security(holdfast.Verify(holdfast.APIKeyCookie("session"), verify)), "browser")
	public := text(holdfast.Public(), "anyone")

	tests := map[string]struct {
		a, b           holdfast.Policy[string]
		lines          string
		aAlone, bAlone int
		and            int
		principal      string // a's, where a lets in
	}{
		// What a refuses, Optional must not open because b asks for the same scheme.
		"a good token without the scope":         {optional(reader), user, "Authorization: Bearer amy::", forbidden, in, forbidden, ""},
		"a good token without the role":          {optional(admin), user, "Authorization: Bearer amy::", forbidden, in, forbidden, ""},
		"a token that one verifier refuses":      {optional(none), user, "Authorization: Bearer amy::", noSignIn, in, noSignIn, ""},
		"two optional policies":                  {optional(reader), optional(user), "Authorization: Bearer amy::", forbidden, in, forbidden, ""},
		"an alternative of another scheme":       {optional(holdfast.AnyOf(reader, machine)), user, "Authorization: Bearer amy::", forbidden, in, forbidden, ""},
		"a key that an alternative refuses":      {holdfast.AnyOf(optional(user), readingMachine), machine, "X-Key: m::", forbidden, in, forbidden, ""},
		"a key that a later Optional refuses":    {holdfast.AnyOf(user, optional(readingMachine)), machine, "X-Key: m::", forbidden, in, forbidden, ""},
		"a token that both parts of All ask for": {holdfast.All(optional(reader), public), user, "Authorization: Bearer amy::", forbidden, in, forbidden, ""},

		// What both let in passes, whatever else is presented.
		"a good token with the scope":                    {optional(reader), user, "Authorization: Bearer amy:items:", in, in, in, "reader"},
		"nothing, where all is optional":                 {optional(reader), optional(machine), "", in, in, in, "nobody"},
		"a key beside an optional token":                 {optional(reader), machine, "X-Key: m::", in, in, in, "nobody"},
		"a token that the part asking for it may ignore": {optional(machine), holdfast.AnyOf(reader, public), "Authorization: Bearer amy::", in, in, in, "nobody"},
		"the same, with the token asked for, too":        {holdfast.All(optional(machine), holdfast.AnyOf(reader, public)), user, "Authorization: Bearer amy::", in, in, in, "nobody"},
		"one good key of two":                            {optional(user), holdfast.AnyOf(machine, browser), "X-Key: m::", in, in, in, "nobody"},
		"two good keys":                                  {optional(user), holdfast.AnyOf(machine, browser), "X-Key: m::\nCookie: session=m::", in, in, in, "nobody"},
		"an AND in an alternative":                       {holdfast.AnyOf(holdfast.All(optional(user), machine), readingMachine), machine, "X-Key: m::", in, in, in, "nobody"},
		"a token and a key":                              {optional(user), machine, "Authorization: Bearer amy::\nX-Key: m::", in, in, in, "user"},

		// What one refuses is refused.
		"nothing, where one is needed":      {optional(reader), user, "", in, noSignIn, noSignIn, "nobody"},
		"a key, and a token that is bad":    {optional(user), machine, "Authorization: Bearer bad\nX-Key: m::", noSignIn, in, noSignIn, ""},
		"a key, and a token unlike a token": {optional(user), machine, "Authorization: Bearer\nX-Key: m::", noSignIn, in, noSignIn, ""},
		"a key, and a token sent twice":     {optional(user), machine, "Authorization: Bearer a::\nAuthorization: Bearer a::\nX-Key: m::", noSignIn, in, noSignIn, ""},
		"a key without its scope":           {optional(user), readingMachine, "X-Key: m::", in, forbidden, forbidden, "nobody"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			holdfast.Get(app, "/a", test.a, shown[string])
			holdfast.Get(app, "/b", test.b, shown[string])
			holdfast.Get(app, "/all", holdfast.All(test.a, test.b), shown[string])
			holdfast.Get(app, "/turned", holdfast.All(test.b, test.a), shown[string])
			holdfast.Get(app.Group("/group", test.b), "", test.a, shown[string])
			holdfast.Get(app.Group("/groups", test.b).Group("", test.a), "", public, shown[string])
			for path, want := range map[string]int{
				"/a": test.aAlone, "/b": test.bAlone,
				"/all": test.and, "/turned": test.and, "/group": test.and, "/groups": test.and,
			} {
				w := send(app, path, test.lines)
				if w.Code != want {
					t.Errorf("GET %s = %d %s, want %d", path, w.Code, w.Body, want)
				}
				givesA := path == "/a" || path == "/all" || path == "/group"
				if got := strings.Trim(w.Body.String(), `"`); givesA && want == in && w.Code == in && got != test.principal {
					t.Errorf("GET %s has the principal %q, want %q", path, got, test.principal)
				}
			}
		})
	}
}

// text is the policy with a principal that says which policy it was.
func text[P any](p holdfast.Policy[P], name string) holdfast.Policy[string] {
	return holdfast.As(p, func(P) string { return name })
}

// optional is Optional whose principal is "nobody" where it is absent.
func optional(p holdfast.Policy[string]) holdfast.Policy[string] {
	return holdfast.As(holdfast.Optional(p), func(m holdfast.Maybe[string]) string {
		if name, ok := m.Get(); ok {
			return name
		}
		return "nobody"
	})
}

func refuseAll(context.Context, string) (holder, error) { return holder{}, http.ErrNoCookie }
