package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
)

// Attempts are counted whichever way they come.
func TestAttemptsAreCounted(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	l.signedIn("ann")
	tokens(t, l.Identity, l.app, credentials("ann", secret)+"&scope=me")
	for range 2 {
		l.browser().do("POST", "/signin", credentials("ann", "wrong"))
	}
	l.browser().do("POST", "/token", credentials("nobody", "wrong"))
	if got, want := l.Attempts(), (Attempts{Succeeded: 2, Refused: 3}); got != want {
		t.Errorf("Attempts = %+v, want %+v", got, want)
	}
	for n := 0; l.Attempts().Throttled == 0; n++ {
		if l.browser().do("POST", "/signin", credentials("lib", "wrong")); n > 200 {
			t.Fatal("no attempt is throttled, or none is counted")
		}
	}
	c := newSignInCount(nil)
	c.count(errors.New("the store is away"))
	if c.failed.Load() != 1 {
		t.Error("a failure is not counted")
	}
}

// No setting is secret, and none is missing its value.
func TestSettingsAreForPeople(t *testing.T) {
	t.Parallel()
	master, err := keyring.ParseMasterKey("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eab")
	if err != nil {
		t.Fatal(err)
	}
	service := strings.Repeat("s", 32)
	l := openShop(t, Config{Keys: Keys{Master: master}, Services: map[string]account.Secret{"till": account.Secret(service)}})
	text := ""
	for _, one := range l.Settings() {
		if text += fmt.Sprintln(one); one.Name == "" || one.Value == "" || one.About == "" {
			t.Errorf("the setting %+v has a gap", one)
		}
	}
	for _, want := range []string{shopURL, "15m", "720h", "encrypted in the store", "at least 15 characters", "30s"} {
		if !strings.Contains(text, want) {
			t.Errorf("the settings have no %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "1c1d1eab") || strings.Contains(text, service) {
		t.Errorf("the settings have a secret:\n%s", text)
	}
	keys, err := l.SigningKeys(t.Context())
	if err != nil || len(keys) != 1 || keys[0].Data != nil || keys[0].ID == "" {
		t.Errorf("SigningKeys = %+v, %v, want one without what is secret", keys, err)
	}
}

func TestWhereALinkToTheSignInLeads(t *testing.T) {
	t.Parallel()
	at := func(config Config) *Identity {
		t.Helper()
		config.Store = memory.New()
		id, _ := opened(t, config)
		return id
	}
	for name, test := range map[string]struct {
		config     Config
		next, want string
	}{
		"a page":              {Config{URL: shopURL}, "/desk?x=1", "/signin?next=%2Fdesk%3Fx%3D1"},
		"behind a proxy":      {Config{URL: shopURL + "/app"}, "/desk", "/app/signin?next=%2Fapp%2Fdesk"},
		"under a prefix":      {Config{URL: shopURL, Scheme: NewSchemeUnder("/auth")}, "/desk", "/auth/signin?next=%2Fdesk"},
		"a page of one's own": {Config{URL: shopURL, Pages: &Pages{SignIn: "/enter"}}, "/desk", "/enter?next=%2Fdesk"},
		"another host":        {Config{URL: shopURL}, "//evil.example", "/signin"},
		"no pages at all":     {Config{URL: "http://shop.example.com"}, "/desk", ""},
	} {
		id := at(test.config)
		if got := id.SignInPath(test.next); got != test.want || id.HasSessions() != (test.want != "") {
			t.Errorf("%s: SignInPath(%q) = %q, with sessions: %v; want %q", name, test.next, got, id.HasSessions(), test.want)
		}
	}
}

// away is a store that does not answer.
type away struct{ *memory.Store }

func (away) Ping(context.Context) error { return errors.New("away") }

func TestHealthIsKnown(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	if store, changes := l.Health(t.Context()); store != nil || changes != nil {
		t.Errorf("Health = %v, %v", store, changes)
	}
	if lane, known := l.HashLane(); !known || lane.Workers < 1 {
		t.Errorf("HashLane = %+v, %v", lane, known)
	}
	id, _ := opened(t, Config{Store: away{memory.New()}})
	if store, _ := id.Health(t.Context()); store == nil {
		t.Error("a store that is away is healthy")
	}
	if a := l.browser().do("GET", strings.TrimSuffix(l.AccountPath(), "/"), ""); a.status != http.StatusSeeOther {
		t.Errorf("the account page is not at AccountPath: %d", a.status)
	}
}
