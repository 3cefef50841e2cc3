package identity

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
)

// The issuer is chosen once; one for trying gives way to a public one.
func TestTheIssuer(t *testing.T) {
	t.Parallel()
	const trial, public = "http://127.0.0.1:8000", "https://auth.example.org"
	for name, test := range map[string]struct {
		stored, given, issuer, url string
		logs                       string
	}{
		"the first":                        {"", public, public, public, ""},
		"with a slash":                     {"", public + "/", public, public, ""},
		"the same again":                   {public, public, public, public, ""},
		"not said again":                   {public, "", public, public, ""},
		"a trial that goes on":             {trial, "", trial, trial, ""},
		"a trial on another port":          {trial, "http://localhost:9000", trial, "http://localhost:9000", ""},
		"a trial on IPv6":                  {trial, "http://[::1]:9000", trial, "http://[::1]:9000", ""},
		"a trial that has ended":           {trial, public, public, public, "the issuer was that of a trial run"},
		"a trial that ended where it was":  {"http://localhost:8000", "http://10.0.0.1:8000", "http://10.0.0.1:8000", "http://10.0.0.1:8000", "trial run"},
		"another public one":               {public, "https://other.example.org", "", "", ""},
		"a trial on the public one's data": {public, trial, "", "", ""},
	} {
		store := memory.New()
		if test.stored != "" {
			if _, err := SetIssuer(t.Context(), store, test.stored); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		config := quick(t, Config{Store: store, Logger: slog.New(slog.NewTextHandler(&out, nil))})
		config.URL = test.given
		id, err := Open(t.Context(), config)
		var wrong *ConfigError
		if test.issuer == "" {
			if !errors.As(err, &wrong) || !strings.Contains(wrong.Reason, "this database belongs to "+public) || !strings.Contains(wrong.Reason, "holdfast issuer set") {
				t.Errorf("%s: Open = %v, want a sentence about whose it is", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: Open = %v", name, err)
			continue
		}
		if id.Issuer() != test.issuer || id.URL() != test.url {
			t.Errorf("%s: the issuer is %s and the URL %s, want %s and %s", name, id.Issuer(), id.URL(), test.issuer, test.url)
		}
		if stored, err := Issuer(t.Context(), store); err != nil || stored != test.issuer {
			t.Errorf("%s: stored is %s, %v, want %s", name, stored, err, test.issuer)
		}
		if said := strings.Contains(out.String(), "trial run"); said != (test.logs != "") {
			t.Errorf("%s: the log is %s", name, &out)
		}
		if err := id.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A database whose tokens have always said "holdfast" keeps that. A new one
// says the issuer, also after that has changed.
func TestTheAudience(t *testing.T) {
	t.Parallel()
	old := memory.New()
	if _, err := old.SetOnce(t.Context(), "issuer", "https://auth.example.org"); err != nil {
		t.Fatal(err)
	}
	moved := memory.New()
	if _, err := SetIssuer(t.Context(), moved, "http://127.0.0.1:8000"); err != nil {
		t.Fatal(err)
	}
	const url = "https://auth.example.org"
	for name, test := range map[string]struct {
		store *memory.Store
		given []string
		want  []string
	}{
		"of an old database":          {old, nil, []string{"holdfast"}},
		"of an old database, again":   {old, nil, []string{"holdfast"}},
		"of a new database":           {memory.New(), nil, []string{url}},
		"of one that has moved":       {moved, nil, []string{url}},
		"as the configuration says":   {memory.New(), []string{"shop", "stock"}, []string{"shop", "stock"}},
		"for once, of a new database": {memory.New(), []string{"shop"}, []string{"shop"}},
	} {
		before, err := Audience(t.Context(), test.store)
		if err != nil || test.store == old && !slices.Equal(before, []string{"holdfast"}) {
			t.Errorf("%s: Audience before Open = %q, %v", name, before, err)
		}
		id, _ := opened(t, Config{Store: test.store, URL: url, Audience: test.given})
		if got := id.Audience(); !slices.Equal(got, test.want) {
			t.Errorf("%s: the audience is %q, want %q", name, got, test.want)
		}
		if after, err := Audience(t.Context(), test.store); err != nil || !slices.Equal(after, test.want) {
			t.Errorf("%s: Audience after Open = %q, %v, want %q", name, after, err, test.want)
		}
	}
}

// Those who look at a store know what its program was last started with.
func TestTheAudienceOfTheLastStart(t *testing.T) {
	t.Parallel()
	store := memory.New()
	if got, err := Audience(t.Context(), store); err != nil || len(got) > 0 {
		t.Errorf("Audience before the first start = %q, %v", got, err)
	}
	for _, given := range [][]string{{"shop", "stock"}, {"shop, stock"}, nil, {"stock"}} {
		opened(t, Config{Store: store, Audience: given})
		want := given
		if given == nil {
			want = []string{"http://127.0.0.1"}
		}
		if got, err := Audience(t.Context(), store); err != nil || !slices.Equal(got, want) {
			t.Errorf("Audience after a start with %q = %q, %v, want %q", given, got, err, want)
		}
	}
	if _, err := store.ReplaceSetting(t.Context(), "audience-served", `["stock"]`, "stock"); err != nil {
		t.Fatal(err)
	}
	if got, err := Audience(t.Context(), store); err == nil || got != nil {
		t.Errorf("Audience of a damaged store = %q, %v", got, err)
	}
}

// Tokens name all audiences, and a token that does not name this program's own
// is refused.
func TestTheAudienceIsVerified(t *testing.T) {
	t.Parallel()
	store := memory.New()
	shop, app := opened(t, Config{Store: store, Audience: []string{"shop", "stock"}})
	stock, stockApp := opened(t, Config{Store: store, Audience: []string{"stock"}})
	other, otherApp := opened(t, Config{Store: store, Audience: []string{"other"}})
	token := signIn(t, shop, app, "ann", "me")
	if claims := payload(t, token.AccessToken); !strings.Contains(claims, `"aud":["shop","stock"]`) {
		t.Errorf("the token says %s", claims)
	}
	for name, test := range map[string]struct {
		status int
		got    *holdfasttest.Client
	}{
		"its own":     {http.StatusOK, bearer(t, shop, app, token.AccessToken)},
		"the second":  {http.StatusOK, bearer(t, stock, stockApp, token.AccessToken)},
		"a stranger":  {http.StatusUnauthorized, bearer(t, other, otherApp, token.AccessToken)},
		"by the same": {http.StatusOK, bearer(t, shop, app, token.AccessToken)},
	} {
		if got := test.got.Get("/users/me"); got.Status != test.status {
			t.Errorf("%s: GET /users/me = %v, want %d", name, got, test.status)
		}
	}
}

// Another issuer ends the access tokens, and refreshing gives new ones.
func TestSetIssuer(t *testing.T) {
	t.Parallel()
	store := memory.New()
	first, app := opened(t, Config{Store: store, URL: "https://old.example.org"})
	token := signIn(t, first, app, "ann", "me")
	before, err := SetIssuer(t.Context(), store, "https://new.example.org/")
	if err != nil || before != "https://old.example.org" {
		t.Fatalf("SetIssuer = %q, %v, want the one before", before, err)
	}
	next, app := opened(t, Config{Store: store, URL: "https://new.example.org"})
	if got := bearer(t, next, app, token.AccessToken).Get("/users/me"); got.Status != http.StatusUnauthorized {
		t.Errorf("GET /users/me with a token of the issuer before = %v, want 401", got)
	}
	fresh := tokens(t, next, app, "grant_type=refresh_token&refresh_token="+token.RefreshToken)
	if got := bearer(t, next, app, fresh.AccessToken).Get("/users/me"); got.Status != http.StatusOK {
		t.Errorf("GET /users/me after refreshing = %v, want 200", got)
	}
	if _, err := SetIssuer(t.Context(), store, "nonsense"); err == nil {
		t.Error("SetIssuer(nonsense) = nil")
	}
	if before, err := SetIssuer(t.Context(), store, "https://new.example.org"); err != nil || before != "https://new.example.org" {
		t.Errorf("SetIssuer with the same = %q, %v", before, err)
	}
}

// What has to survive a restart is in the store.
func TestARestartKeepsEverything(t *testing.T) {
	t.Parallel()
	store := memory.New()
	first, app := opened(t, Config{Store: store})
	token := signIn(t, first, app, "ann", "me")
	key, err := loginKey(t.Context(), store, Keys{})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, app := opened(t, Config{Store: store})
	if got := bearer(t, second, app, token.AccessToken).Get("/users/me"); got.Status != http.StatusOK {
		t.Errorf("GET /users/me after a restart = %v, want 200", got)
	}
	if again, err := loginKey(t.Context(), store, Keys{}); err != nil || again != key {
		t.Errorf("the login key after a restart is another one (%v)", err)
	}
	records, err := keyring.List(t.Context(), store)
	if err != nil || len(records) != 1 {
		t.Errorf("there are %d keys, %v, want the first", len(records), err)
	}
	if _, err := store.ReplaceSetting(t.Context(), "login-key", must(store.Setting(t.Context(), "login-key")), "nonsense"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), quick(t, Config{Store: store})); err == nil || !strings.Contains(err.Error(), "the login key in the store is damaged") {
		t.Errorf("Open with a damaged login key = %v", err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// slow stores do what another process does meanwhile.
type meanwhile struct {
	*memory.Store
	replace func()
}

func (m *meanwhile) ReplaceSetting(ctx context.Context, name, old, value string) (string, error) {
	m.replace()
	return m.Store.ReplaceSetting(ctx, name, old, value)
}

func TestTwoProgramsChangeTheIssuer(t *testing.T) {
	t.Parallel()
	store := memory.New()
	if _, err := SetIssuer(t.Context(), store, "http://localhost:8000"); err != nil {
		t.Fatal(err)
	}
	slow := &meanwhile{store, func() {
		if _, err := SetIssuer(context.Background(), store, "https://one.example.org"); err != nil {
			t.Error(err)
		}
	}}
	if _, err := SetIssuer(t.Context(), slow, "https://two.example.org"); err == nil || !strings.Contains(err.Error(), "another program has changed the issuer to https://one.example.org") {
		t.Errorf("SetIssuer at once = %v, want to hear of the other", err)
	}
}
