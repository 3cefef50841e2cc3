package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/store/memory"
)

// post sends a JSON body without a credential.
func post(t testing.TB, id *Identity, app *holdfast.App, path string, body map[string]string) holdfasttest.Response {
	t.Helper()
	return holdfasttest.As(t, app, holdfasttest.Served(id.Handler)).Post(path, body)
}

// outbox is what was sent.
type outbox struct {
	mu   sync.Mutex
	sent []string
}

func (o *outbox) send(_ context.Context, user account.User, link string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, user.Name+" "+link)
	return nil
}

// Whether or not there is such a user, the answer is the same; a link goes to those who are
// there and may sign in, and it works.
func TestForgottenPasswords(t *testing.T) {
	t.Parallel()
	var out outbox
	store := memory.New()
	id, app := opened(t, Config{Store: store, SendLink: out.send, URL: "https://library.example"})
	signIn(t, id, app, "ann", "")
	signIn(t, id, app, "bob", "")
	bob, err := id.Accounts().UserByName(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	disabled := true
	if _, err := id.Accounts().UpdateUser(t.Context(), bob.ID, account.UserChange{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	answers := map[string]bool{}
	for _, name := range []string{" Ann", "bob", "nobody"} {
		got := post(t, id, app, "/forgot", map[string]string{"name": name})
		answers[fmt.Sprint(got.Status, " ", string(got.Body))] = true
	}
	if len(answers) != 1 || !answers[`202 {"status":"If there is such a user, a link is on its way"}`] {
		t.Errorf("POST /forgot = %v, want one answer", answers)
	}
	if err := id.Close(); err != nil { // waits for the links
		t.Fatal(err)
	}
	if len(out.sent) != 1 || !strings.HasPrefix(out.sent[0], "ann https://library.example/reset?secret=") {
		t.Fatalf("sent = %q, want a link for ann alone", out.sent)
	}
	_, once, _ := strings.Cut(out.sent[0], "?secret=")
	next, _ := opened(t, Config{Store: store, URL: "https://library.example"})
	if user, err := next.Accounts().ResetPassword(t.Context(), account.Secret(once), "battery horse correct"); err != nil || user.Name != "ann" {
		t.Errorf("ResetPassword with the link = %v, %v", user, err)
	}
}

// How often one may ask is bounded, for names that are there and others alike.
func TestLinksAreThrottled(t *testing.T) {
	t.Parallel()
	var out outbox
	id, app := opened(t, Config{SendLink: out.send})
	signIn(t, id, app, "ann", "")
	for _, name := range []string{"ann", "nobody"} {
		for i, want := range []int{202, 202, 202, 429} {
			if got := post(t, id, app, "/forgot", map[string]string{"name": name}); got.Status != want {
				t.Errorf("POST /forgot for %s, %d times before = %v, want %d", name, i, got, want)
			}
		}
	}
}

// Close waits for links that are being sent, but not for ever; an error and a
// panic are logged, and end nothing else.
func TestLinksThatAreSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		began := time.Now()
		send := func(ctx context.Context, user account.User, _ string) error {
			switch user.Name {
			case "ann":
				panic("no such mail server")
			case "bob":
				return errors.New("mailbox full")
			}
			<-ctx.Done()
			return ctx.Err()
		}
		id, err := Open(t.Context(), quick(t, Config{SendLink: send, Logger: slog.New(slog.NewTextHandler(&log, nil))}))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"ann", "bob", "eve"} {
			_, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: name, Roles: []string{"user"}, WithoutPassword: true})
			if err != nil || !id.links.ask(name) {
				t.Fatalf("%s is not asked for (%v)", name, err)
			}
		}
		if err := id.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != linkTime {
			t.Errorf("Close took %v, want %v", took, linkTime)
		}
		for _, want := range []string{"no such mail server", "mailbox full", `error="context `} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log has no %q:\n%s", want, log.String())
			}
		}
	})
}

// When the queue is full, callers are told to come again, whichever user they ask
// about.
func TestTooManyLinks(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	id, app := opened(t, Config{InsecureNoThrottle: true, SendLink: func(context.Context, account.User, string) error {
		<-stuck
		return nil
	}})
	signIn(t, id, app, "ann", "")
	accepted := 0
	for range linkSenders + linkQueue + 1 {
		if got := post(t, id, app, "/forgot", map[string]string{"name": "ann"}); got.Status == http.StatusAccepted {
			accepted++
		}
	}
	if accepted < linkQueue || accepted > linkQueue+linkSenders {
		t.Errorf("%d of too many were accepted, want %d and those being sent", accepted, linkQueue)
	}
	if got := post(t, id, app, "/forgot", map[string]string{"name": "nobody"}); got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("POST /forgot with a full queue = %v, want 503 with Retry-After", got)
	}
	close(stuck)
}
