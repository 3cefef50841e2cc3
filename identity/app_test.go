package identity

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// everything has all endpoints, under a prefix. Attempts are not limited: each
// caller of the matrix asks for a link.
func everything(t *testing.T) (*Identity, *holdfast.App) {
	t.Helper()
	return opened(t, Config{
		Scheme: NewSchemeUnder("/auth"), SignUp: &SignUp{}, Pages: &Pages{}, InsecureNoThrottle: true,
		SendLink: func(context.Context, account.User, string) error { return nil },
	})
}

func TestGolden(t *testing.T) {
	t.Parallel()
	_, app := everything(t)
	holdfasttest.Golden(t, app)
}

// aMachine is a client that calls for itself, with every scope.
func aMachine() holdfasttest.Option { return holdfasttest.Also("a machine", holdfasttest.Machine()) }

func TestMatrix(t *testing.T) {
	t.Parallel()
	id, app := everything(t)
	holdfasttest.Matrix(t, app, "testdata/matrix.txt", everyCaller(t, id), aMachine(), holdfasttest.Served(id.Handler))
}

func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends tens of thousands of requests")
	}
	t.Parallel()
	id, app := everything(t)
	holdfasttest.Attack(t, app, "testdata/matrix.txt", everyCaller(t, id), aMachine(), holdfasttest.Served(id.Handler))
}

func TestProofs(t *testing.T) {
	t.Parallel()
	_, app := everything(t)
	holdfasttest.Prove(t, app,
		"nothing under /auth/refusals/{id} without role admin",
		"only signed in may call PUT /auth/*, PATCH /auth/*, DELETE /auth/*")
}

// paths are what an application serves, without its docs.
func paths(t *testing.T, app *holdfast.App) (out []string) {
	t.Helper()
	rows, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Declared != "built in" {
			out = append(out, row.Method+" "+row.Path)
		}
	}
	return out
}

// Which endpoints there are is the application's choice, and each choice is an
// application without a mistake.
func TestTheChoiceOfEndpoints(t *testing.T) {
	t.Parallel()
	send := func(context.Context, account.User, string) error { return nil }
	for name, test := range map[string]struct {
		which Endpoints
		given Config
		want  []string
	}{
		"tokens":                       {Tokens, Config{}, []string{"POST /token", "POST /logout", "GET /.well-known/jwks.json", "GET /.well-known/oauth-authorization-server"}},
		"health":                       {Health, Config{}, []string{"GET /healthz", "GET /readyz"}},
		"setup":                        {Setup, Config{}, []string{"GET /setup", "GET /pages.css", "POST /setup"}},
		"reset":                        {Reset, Config{}, []string{"GET /reset", "GET /pages.css", "POST /reset"}},
		"both, with one style":         {Setup | Reset, Config{}, []string{"GET /setup", "GET /pages.css", "POST /setup", "GET /reset", "POST /reset"}},
		"refusals":                     {Refusals, Config{}, []string{"GET /refusals/{id}"}},
		"one's own":                    {MyRoutes, Config{}, []string{"GET /me/routes", "GET /me/routes/as"}},
		"sign-up":                      {SignUps, Config{SignUp: &SignUp{}}, []string{"POST /signup"}},
		"sign-up that nobody may":      {SignUps, Config{}, nil},
		"sign-in":                      {SignIns, Config{Pages: &Pages{}}, []string{"GET /signin", "GET /pages.css", "POST /signin", "POST /signout"}},
		"sign-in on a page of its own": {SignIns, Config{Pages: &Pages{SignIn: "/welcome"}}, []string{"POST /signout"}},
		"sign-in without pages":        {SignIns, Config{}, nil},
		"codes, with the pages": {Authorize, Config{}, []string{
			"GET /signin", "GET /pages.css", "POST /signin", "POST /signout",
			"GET /authorize", "POST /authorize", "GET /users/me/consents", "DELETE /users/me/consents/{client_id}", "GET /me/scopes",
		}},
		"one's account, with the pages": {Account, Config{}, []string{"GET /signin", "GET /pages.css", "POST /signin", "POST /signout", "GET /account", "POST /account"}},
		"codes where no cookie is kept": {Authorize | Account, Config{URL: "http://library.example"}, nil},
		"links, with where they lead":   {Forgot, Config{SendLink: send}, []string{"GET /reset", "GET /pages.css", "POST /reset", "POST /forgot"}},
		"links that nobody sends":       {Forgot, Config{}, nil},
		"under a prefix":                {Health, Config{Scheme: NewSchemeUnder("/auth")}, []string{"GET /auth/healthz", "GET /auth/readyz"}},
	} {
		id, _ := opened(t, test.given)
		own := holdfast.New("Own", "1")
		id.Register(own, test.which)
		for how, app := range map[string]*holdfast.App{"NewAppWith": id.NewAppWith(test.which, holdfast.Config{Title: "T"}), "Register": own} {
			if got := paths(t, app); !slices.Equal(got, test.want) {
				t.Errorf("%s: %s has %q, want %q", name, how, got, test.want)
			}
		}
	}
}

// A link is to where the pages are, and from there to the docs.
func TestPagesUnderAPrefix(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{Scheme: NewSchemeUnder("/auth"), URL: "https://library.example"})
	if id.Issuer() != "https://library.example/auth" {
		t.Errorf("the issuer is %s, want it under the prefix", id.Issuer())
	}
	link, err := id.SetupLink(t.Context())
	path, secret, ok := strings.Cut(strings.TrimPrefix(link, "https://library.example"), "?secret=")
	if err != nil || !ok || path != "/auth/setup" {
		t.Fatalf("SetupLink = %q, %v", link, err)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path+"?secret="+secret, nil))
	for _, want := range []string{"<title>First administrator - Test</title>", `value="` + secret + `"`, `action="setup"`, `href="pages.css"`, "At least 15 characters"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page has no %s:\n%s", want, w.Body)
		}
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("secret="+secret+"&name=Eve&password=correct+horse+battery"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w = httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `eve is the administrator. <a href="../docs">`) {
		t.Errorf("POST %s = %d\n%s", path, w.Code, w.Body)
	}
	if link, err := id.SetupLink(t.Context()); err != nil || link != "" {
		t.Errorf("SetupLink with an administrator = %q, %v, want none", link, err)
	}
}

// The document says where tokens are to be had under the prefix.
func TestTheTokenURL(t *testing.T) {
	t.Parallel()
	_, app := opened(t, Config{Scheme: NewSchemeUnder("/auth")})
	document, err := app.OpenAPI()
	if err != nil || !strings.Contains(string(document), `"tokenUrl":"auth/token"`) {
		t.Errorf("the document has no token URL under the prefix (%v)", err)
	}
}

// The reset page wants the password twice, and takes it once.
func TestTheResetPage(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{})
	user, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: "ann", Roles: []string{"user"}, WithoutPassword: true})
	if err != nil {
		t.Fatal(err)
	}
	link, err := id.ResetLink(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, once, _ := strings.Cut(link, "?secret=")
	for _, step := range []struct {
		name, first, second string
		want                int
		says                string
	}{
		{"two passwords", secret, secret + "!", http.StatusUnprocessableEntity, "The two passwords differ."},
		{"a short one", "short", "short", http.StatusUnprocessableEntity, "fewer than 15 characters"},
		{"all is well", secret, secret, http.StatusOK, "ann has a new password"},
		{"the second time", secret, secret, http.StatusForbidden, "used already"},
	} {
		form := fmt.Sprintf("secret=%s&password=%s&again=%s", once, strings.ReplaceAll(step.first, " ", "+"), strings.ReplaceAll(step.second, " ", "+"))
		r := httptest.NewRequest(http.MethodPost, "/reset", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		id.Handler(app).ServeHTTP(w, r)
		if w.Code != step.want || !strings.Contains(w.Body.String(), step.says) {
			t.Errorf("%s: POST /reset = %d, want %d with %q\n%s", step.name, w.Code, step.want, step.says, w.Body)
		}
	}
	tokens(t, id, app, "username=ann&password="+strings.ReplaceAll(secret, " ", "+"))
}

// What the application says of its configuration is not overwritten.
func TestTheApplicationsOwnConfiguration(t *testing.T) {
	t.Parallel()
	id, _ := opened(t, Config{})
	decisions := 0
	app := id.NewApp(holdfast.Config{
		Title: "T", Version: "7", OnDecision: func(holdfast.Decision) string { decisions++; return "mine" },
		Docs: holdfast.Docs{NoPage: true},
	})
	w := httptest.NewRecorder()
	id.Handler(app).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/users/me", nil))
	if decisions != 1 || !strings.Contains(w.Body.String(), `"request":"mine"`) {
		t.Errorf("the application's OnDecision was called %d times; the answer is %s", decisions, w.Body)
	}
	document, err := app.OpenAPI()
	if err != nil || !strings.Contains(string(document), `"version":"7"`) {
		t.Errorf("the document has another version (%v)", err)
	}
}
