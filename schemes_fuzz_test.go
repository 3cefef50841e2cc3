package holdfast_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/holdfast-go/holdfast"
)

// seen are routes with a scheme, and the credential that the last request
// presented.
func seen[K any](f *testing.F, scheme *holdfast.Scheme[K], last *K) http.Handler {
	f.Helper()
	app := quiet()
	keep := holdfast.Depends1(scheme.Credential(), func(_ context.Context, k K) (K, error) {
		*last = k
		return k, nil
	})
	holdfast.Get(app, "/", holdfast.Security(keep), func(context.Context, K, holdfast.NoInput) (string, error) { return "", nil })
	holdfast.Get(app, "/maybe", holdfast.Optional(holdfast.Security(keep)), func(_ context.Context, m holdfast.Maybe[K], _ holdfast.NoInput) (bool, error) {
		_, ok := m.Get()
		return ok, nil
	})
	if err := app.Err(); err != nil {
		f.Fatal(err)
	}
	return app
}

// found asks both routes and says what became of a credential: "present",
// "absent" or "unreadable".
func found(h http.Handler, header http.Header) string {
	codes := ""
	for _, path := range []string{"/", "/maybe"} {
		r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
		r.Header = header
		h.ServeHTTP(w, r)
		codes += http.StatusText(w.Code) + " " + strings.TrimSpace(w.Body.String()) + ";"
	}
	switch codes {
	case `OK "";OK true;`:
		return "present"
	case `Unauthorized {"detail":"Not authenticated"};OK false;`:
		return "absent"
	case `Unauthorized {"detail":"Not authenticated"};Unauthorized {"detail":"Not authenticated"};`:
		return "unreadable"
	}
	return codes
}

// credentials splits an Authorization header as RFC 9110 section 11.4 and
// RFC 6750 section 2.1 write it: a word, spaces, and something.
var credentials = regexp.MustCompile(`(?s)^([^ \t]+)(?: +([^ ](?:.*[^ ])?) *)?(.*)$`)

// expected is what should become of a header for a scheme.
func expected(header, scheme string) (rest, is string) {
	parts := credentials.FindStringSubmatch(header)
	switch {
	case parts == nil || !strings.EqualFold(parts[1], scheme):
		return "", "absent"
	case parts[2] == "" || parts[3] != "":
		return "", "unreadable"
	}
	return parts[2], "present"
}

func FuzzAuthorization(f *testing.F) {
	for _, header := range []string{
		"", " ", "Bearer", "Bearer ", "Bearer t", "bearer  a b ", "Bearer\tt", "Bearer \tt", "Basic am9objpzZWNyZXQ=", "Basic", "basic Og==", "Basic /zo=",
		"Basic am9obg==", "Basic am9o\nbjpzZWNyZXQ=", "Bearert", " Bearer t", "Bearer,t", "Digest x", "\x00", "Bearer \xff",
	} {
		f.Add(header)
	}
	var token string
	var basic holdfast.BasicCredentials
	bearer, named := seen(f, holdfast.HTTPBearer(), &token), seen(f, holdfast.HTTPBasic(""), &basic)
	f.Fuzz(func(t *testing.T, header string) {
		sent := http.Header{"Authorization": {header}}
		rest, want := expected(header, "Bearer")
		if got := found(bearer, sent); got != want || got == "present" && token != rest {
			t.Errorf("Authorization: %q is %s with %q, want %s with %q", header, got, token, want, rest)
		}
		rest, want = expected(header, "Basic")
		data, err := base64.StdEncoding.DecodeString(rest)
		name, password, ok := strings.Cut(string(data), ":")
		if want == "present" && (err != nil || !ok || !utf8.Valid(data)) {
			want = "unreadable"
		}
		if got := found(named, sent); got != want || got == "present" && (basic.Username != name || basic.Password != password) {
			t.Errorf("Authorization: %q is %s, want %s", header, got, want)
		}
		twice := http.Header{"Authorization": {header, "Bearer t"}}
		if got := found(bearer, twice); got != "unreadable" {
			t.Errorf("Authorization: %q beside another is %s, want unreadable", header, got)
		}
	})
}
