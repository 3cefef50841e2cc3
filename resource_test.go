package holdfast_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
)

const metadataPath = "/.well-known/oauth-protected-resource"

// known is an application that says where its tokens come from.
func known(r apidoc.Resource) *holdfast.App {
	return holdfast.NewApp(holdfast.Config{
		Title: "Notes", Version: "1", API: apidoc.API{Resource: r}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}

func notes() apidoc.Resource {
	return apidoc.Resource{URL: "https://notes.example.org", AuthorizationServers: []string{"https://auth.example.org"}}
}

// challenges are the values of WWW-Authenticate in the answer to a caller with a
// bearer token; "" is a caller without one.
func challenges(app http.Handler, path, token string) []string {
	r := httptest.NewRequest("GET", path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w.Result().Header["Www-Authenticate"]
}

func TestTheMetadataOfAResource(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	read, write := oauth.Scope("read", ""), oauth.Scope("write", "")
	oauth.Scope("unused", "")
	who := holdfast.Verify(oauth, spell)
	key := holdfast.Check(holdfast.APIKeyHeader("X-Key"), spellKey)
	oidc := holdfast.Verify(holdfast.OpenIDConnect("https://login.example.org/.well-known/openid-configuration"), spell)

	for name, test := range map[string]struct {
		resource apidoc.Resource
		policies []holdfast.AnyPolicy
		path     string
		want     string
	}{
		"scopes are those that routes want": {
			notes(),
			[]holdfast.AnyPolicy{holdfast.Public(), holdfast.Security(who, write), holdfast.Security(who, read, write)},
			metadataPath,
			`{"resource":"https://notes.example.org","authorization_servers":["https://auth.example.org"],"scopes_supported":["write","read"],"bearer_methods_supported":["header"],"resource_name":"Notes"}`,
		},
		"a resource with a path has its metadata behind it": {
			apidoc.Resource{URL: "https://example.org/v1/notes/", AuthorizationServers: []string{"https://a.org"}, Name: "My notes", Documentation: "https://example.org/help"},
			[]holdfast.AnyPolicy{holdfast.Security(who)},
			metadataPath + "/v1/notes",
			`{"resource":"https://example.org/v1/notes/","authorization_servers":["https://a.org"],"bearer_methods_supported":["header"],"resource_name":"My notes","resource_documentation":"https://example.org/help"}`,
		},
		"fewer scopes if it says so": {
			apidoc.Resource{URL: "https://n.org", AuthorizationServers: []string{"https://a.org"}, Scopes: []string{"read"}},
			[]holdfast.AnyPolicy{holdfast.Security(who, read, write)},
			metadataPath,
			`{"resource":"https://n.org","authorization_servers":["https://a.org"],"scopes_supported":["read"],"bearer_methods_supported":["header"],"resource_name":"Notes"}`,
		},
		"an OpenID provider issues the tokens": {
			apidoc.Resource{URL: "https://n.org"},
			[]holdfast.AnyPolicy{holdfast.Security(oidc)},
			metadataPath,
			`{"resource":"https://n.org","authorization_servers":["https://login.example.org"],"bearer_methods_supported":["header"],"resource_name":"Notes"}`,
		},
		"keys are no bearer tokens": {
			notes(),
			[]holdfast.AnyPolicy{holdfast.Security(key)},
			metadataPath,
			`{"resource":"https://notes.example.org","authorization_servers":["https://auth.example.org"],"bearer_methods_supported":[],"resource_name":"Notes"}`,
		},
	} {
		app := known(test.resource)
		for i, p := range test.policies {
			app.Protect("GET /"+string(rune('a'+i)), p, http.NotFoundHandler())
		}
		if err := app.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w := send(app, test.path, "")
		if got := w.Body.String(); w.Code != 200 || got != test.want || !json.Valid([]byte(got)) {
			t.Errorf("%s: GET %s = %d %s, want %s", name, test.path, w.Code, got, test.want)
		}
		for header, want := range map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s: %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestMetadataIsARouteWithAPolicy(t *testing.T) {
	t.Parallel()
	app := known(notes())
	list, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(list, func(a holdfast.Access) bool { return a.Path == metadataPath })
	if at < 0 || list[at].Policy != "anyone" || list[at].Declared != "built in" {
		t.Errorf("the table has %+v", list)
	}
	if w := send(quiet(), metadataPath, ""); w.Code != 404 {
		t.Errorf("without a resource there is metadata: %d %s", w.Code, w.Body)
	}
}

// With metadata, who is refused learns at once where to ask, and for what.
func TestBearerChallengesOfAResource(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	read, write := oauth.Scope("read", ""), oauth.Scope("write", "")
	who := holdfast.Verify(oauth, spell)
	key := holdfast.Check(holdfast.APIKeyHeader("X-Key"), spellKey)
	socket := holdfast.Verify(holdfast.WebSocketBearer(holdfast.ScopesOf(oauth)), spell)
	const where = `resource_metadata="https://notes.example.org/.well-known/oauth-protected-resource"`

	app := known(notes())
	inner := app.Group("/group", holdfast.Security(who, read))
	holdfast.Get(app, "/signed-in", holdfast.Security(who), done)
	holdfast.Get(app, "/read", holdfast.Security(who, read), done)
	holdfast.Get(inner, "/write", holdfast.Security(who, write), done)
	holdfast.Get(app, "/either", holdfast.AnyOf(holdfast.Security(who, write), holdfast.Security(key), holdfast.Security(socket, read)), done)
	holdfast.Get(app, "/maybe", holdfast.Optional(holdfast.Security(who, read)), doneFor)
	holdfast.Get(app, "/role", holdfast.AnyRole(who.Require(read), holdfast.NewRole("admin", "")), done)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path, token string
		want        []string
	}{
		"no token, and no scope is wanted":               {"/signed-in", "", []string{"Bearer " + where}},
		"no token":                                       {"/read", "", []string{`Bearer scope="read", ` + where}},
		"no token for a route of a group":                {"/group/write", "", []string{`Bearer scope="read write", ` + where}},
		"a bad token":                                    {"/read", "bad", []string{`Bearer error="invalid_token", scope="read", ` + where}},
		"a bad token where none is needed":               {"/maybe", "bad", []string{`Bearer error="invalid_token", scope="read", ` + where}},
		"a scope is missing: all are named, in one step": {"/group/write", "write/", []string{`Bearer error="insufficient_scope", scope="read write", ` + where}},
		"several ways in, one challenge for each kind":   {"/either", "", []string{`Bearer scope="write", ` + where, "APIKey"}},
		"no scope helps who lacks a role":                {"/role", "read/", nil},
	} {
		if got := challenges(app, test.path, test.token); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Without metadata challenges are as FastAPI writes them, with a realm.
func TestBearerChallengesWithoutMetadata(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	read, write := oauth.Scope("read", ""), oauth.Scope("write", "")
	who := holdfast.Verify(oauth, spell)
	app := quiet()
	holdfast.Get(app.Group("", holdfast.Security(who, read)), "/", holdfast.Security(who, write), done)
	for token, want := range map[string]string{
		"": `Bearer realm="OAuth2PasswordBearer"`, "bad": `Bearer error="invalid_token"`, "read/": `Bearer error="insufficient_scope", scope="read write"`,
	} {
		if got := challenges(app, "/", token); !slices.Equal(got, []string{want}) {
			t.Errorf("token %q: %q, want %q", token, got, want)
		}
	}
}

func TestMistakesOfAResource(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]apidoc.Resource{
		"Config.API: Resource: it has no URL":                               {Name: "x"},
		`Config.API: Resource.URL: "notes.example.org" is no address`:       {URL: "notes.example.org", AuthorizationServers: []string{"https://a.org"}},
		`Resource.URL: "https://a.org/?x": it has no query`:                 {URL: "https://a.org/?x", AuthorizationServers: []string{"https://a.org"}},
		`Resource.URL: "https://a.org/{x}": it has no query`:                {URL: "https://a.org/{x}", AuthorizationServers: []string{"https://a.org"}},
		"Config.API.Resource: it has no AuthorizationServers":               {URL: "https://a.org"},
		`Resource.AuthorizationServers: "auth" is no address`:               {URL: "https://a.org", AuthorizationServers: []string{"auth"}},
		"Resource.AuthorizationServers: one of them is empty":               {URL: "https://a.org", AuthorizationServers: []string{""}},
		`Resource.Documentation: "help" is no address`:                      {URL: "https://a.org", AuthorizationServers: []string{"https://a.org"}, Documentation: "help"},
		"Config.API.Resource.Scopes: no route wants raed of a bearer token": {URL: "https://a.org", AuthorizationServers: []string{"https://a.org"}, Scopes: []string{"raed"}},
	} {
		if err := known(r).Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Err() = %v, want %q", err, want)
		}
	}
	app := known(notes())
	holdfast.Get(app, metadataPath, holdfast.Public(), doneFor)
	if err := app.Err(); err == nil || !strings.Contains(err.Error(), "is registered already") {
		t.Errorf("a second route for the metadata: %v", err)
	}
}
