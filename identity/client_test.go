package identity

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

func TestTheBuiltInClientIsDeclared(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://shop.example/app":  "https://shop.example/app/docs/oauth2-redirect",
		"http://127.0.0.1:8000":     "http://127.0.0.1:8000/docs/oauth2-redirect",
		"http://intranet.test:8000": "", // a listener on the way would have the code
	} {
		id, _ := opened(t, Config{Scheme: NewSchemeUnder("/auth"), URL: url})
		c, err := id.Accounts().Client(t.Context(), "")
		if err != nil || c.ID != "holdfast" || !c.Public || !c.FirstParty || c.Scopes != nil {
			t.Fatalf("Client = %+v, %v", c, err)
		}
		if !c.AllowsRedirect("http://127.0.0.1:49152/callback") || c.AllowsRedirect("http://127.0.0.1:49152/other") {
			t.Errorf("%s: redirects are %q", url, c.Redirects)
		}
		if got := len(c.Redirects) == 2; got != (want != "") || got && !c.AllowsRedirect(want) {
			t.Errorf("%s: redirects are %q, want %q among them", url, c.Redirects, want)
		}
	}
}

func TestClientsOfAConfiguration(t *testing.T) {
	t.Parallel()
	front := account.Client{
		ID: "front", Name: "Front end", FirstParty: true, Public: true, Redirects: []string{"https://shop.example/cb"},
		Grants: []string{account.GrantCode, account.GrantRefresh},
	}
	id, _ := opened(t, Config{Clients: []account.Client{front}})
	if c, err := id.Accounts().Client(t.Context(), "front"); err != nil || c.Name != "Front end" {
		t.Errorf("Client = %+v, %v", c, err)
	}
	secret, built, http := front, front, front
	secret.Public = false
	built.ID = "holdfast"
	http.Redirects = []string{"http://shop.example/cb"}
	for want, clients := range map[string][]account.Client{
		"the client front is neither public nor has keys":                     {secret},
		"holdfast is the id of the built-in client":                           {built},
		`client "front": redirect_uris contains "http://shop.example/cb"`:     {http},
		`client "front": there are two of this id`:                            {front, front},
		`client "front": grant_types contains "implicit", which there is not`: {{ID: "front", Name: "x", FirstParty: true, Public: true, Grants: []string{"implicit"}}},
	} {
		_, err := Open(t.Context(), Config{Scheme: NewScheme(), Store: memory.New(), URL: "https://id.example", Clients: clients})
		var wrong *ConfigError
		if !errors.As(err, &wrong) || wrong.Field != "Clients" || !strings.Contains(wrong.Reason, want) {
			t.Errorf("Open = %v, want %s", err, want)
		}
	}
}

// A machine is named in what is said of a refusal, and what it lacks is said so
// that it can be had.
func TestWhyAMachineWasRefused(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "test.db")
	store, err := sqlite.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	id, app := opened(t, Config{Store: store})
	callers := everyCaller(t, id)
	for name, test := range map[string]struct {
		who            []holdfasttest.Option
		path           string
		status         int
		caller, change string
		detail         string
	}{
		"no role": {
			[]holdfasttest.Option{holdfasttest.Scopes(id.config.Scheme.ReadUsers)},
			"/users", http.StatusForbidden,
			"client hfc_", "the role admin or manager, which people have and clients that call for themselves have not", "the caller has none of them",
		},
		"no scope": {
			[]holdfasttest.Option{holdfasttest.Scopes()},
			"/users/me", http.StatusForbidden,
			"client hfc_", "a token that carries scope me", "the caller has none of them",
		},
		"no person": {
			[]holdfasttest.Option{holdfasttest.Scopes(id.config.Scheme.Me)},
			"/users/me", http.StatusForbidden,
			"client hfc_", "what dependency person (accountapi/", "",
		},
		"gone": {
			[]holdfasttest.Option{holdfasttest.Scopes(id.config.Scheme.Me), holdfasttest.Of(holdfasttest.Revoked)},
			"/users/me", http.StatusUnauthorized,
			"", "a good access token, from POST /token", "its client is gone or disabled, or has other credentials by now",
		},
	} {
		t.Run(name, func(t *testing.T) {
			who := append([]holdfasttest.Option{callers, holdfasttest.Machine(), holdfasttest.Served(id.Handler)}, test.who...)
			answer := holdfasttest.As(t, app, who...).Get(test.path)
			if answer.Status != test.status {
				t.Fatalf("GET %s = %d %s, want %d", test.path, answer.Status, answer.Body, test.status)
			}
			file, err := sqlite.ReadRefusals(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			got, err := FindRefusal(t.Context(), file, answer.Header.Get("X-Request-Id"))
			if err != nil {
				t.Fatal(err)
			}
			details := ""
			for _, s := range got.Steps {
				details += s.Detail + "\n"
			}
			if !strings.HasPrefix(got.Caller, test.caller) || test.caller == "" && got.Caller != "" || !strings.HasPrefix(got.Change, test.change) || !strings.Contains(details, test.detail) {
				t.Errorf("the refusal is %+v, want caller %s, change %q and %q", got, test.caller, test.change, test.detail)
			}
		})
	}
}

// A machine may do what its scopes are for, as any other caller.
func TestAMachineIsACallerLikeAnyOther(t *testing.T) {
	t.Parallel()
	auth := NewScheme()
	borrow := auth.Scope("books:borrow", "Borrow books")
	id, app := opened(t, Config{Scheme: auth, Roles: []holdfast.Role{holdfast.NewRole("member", "Borrows books").Grants(borrow)}})
	holdfast.Get(app, "/books", holdfast.Security(id.Caller(), borrow), func(_ context.Context, c Caller, _ holdfast.NoInput) (string, error) {
		return "for " + c.ClientID, nil
	})
	machine := holdfasttest.As(t, app, everyCaller(t, id), holdfasttest.Machine(), holdfasttest.Scopes(borrow))
	if a := machine.Get("/books"); a.Status != http.StatusOK || !strings.Contains(string(a.Body), "for hfc_") {
		t.Errorf("GET /books = %d %s", a.Status, a.Body)
	}
	type route struct {
		Path string `json:"path"`
	}
	mine := holdfasttest.JSON[[]route](t, machine.Get("/me/routes"))
	var paths []string
	for _, one := range mine {
		paths = append(paths, one.Path)
	}
	if text := strings.Join(paths, " "); !strings.Contains(text, "/books") || strings.Contains(text, "/clients") {
		t.Errorf("GET /me/routes = %s", text)
	}
}
