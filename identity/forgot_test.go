package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
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

// linksOf are a user's: handed out by an administrator, and asked for by strangers.
type linksOf struct {
	*shop
	sent chan string
}

func openLinksOf(t *testing.T) *linksOf {
	t.Helper()
	l := &linksOf{sent: make(chan string, 100)}
	began, asked := time.Now(), atomic.Int64{}
	now := func() time.Time { return began.Add(time.Duration(asked.Add(1)) * time.Millisecond) } // never the same twice
	l.shop = openShop(t, Config{InsecureNoThrottle: true, Now: now, SendLink: func(_ context.Context, _ account.User, link string) error {
		l.sent <- link
		return nil
	}})
	return l
}

// ask has a stranger ask for a user's link, which is sent to the user.
func (l *linksOf) ask(name string) string {
	l.t.Helper()
	if a := l.browser().do("POST", "/forgot", `{"name":"`+name+`"}`, "Content-Type: application/json"); a.status != http.StatusAccepted {
		l.t.Fatalf("POST /forgot = %d %s", a.status, a.body)
	}
	return <-l.sent
}

// hand has an administrator hand one out.
func (l *linksOf) hand(name string) string {
	l.t.Helper()
	link, err := l.ResetLink(l.t.Context(), l.userID(name))
	if err != nil {
		l.t.Fatal(err)
	}
	return link
}

// use sets a password with a link.
func (l *linksOf) use(link, next string) int {
	l.t.Helper()
	_, once, _ := strings.Cut(link, "?secret=")
	return l.browser().do("POST", "/reset", url.Values{"secret": {once}, "password": {next}, "again": {next}}.Encode()).status
}

// Strangers may ask for links as often as they like: what an administrator has handed
// out stays good, and so do the last eight that were asked for, of which the owner may
// have one in hand.
func TestWhoAsksForALinkEndsNoOther(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(l *linksOf) string // the link that the owner has
		after  func(l *linksOf)        // what others do then
		want   int
	}{
		"a link that was handed out, and three that strangers ask for":   {func(l *linksOf) string { return l.hand("ann") }, func(l *linksOf) { l.asks(3) }, http.StatusOK},
		"a link that was handed out, and a hundred":                      {func(l *linksOf) string { return l.hand("ann") }, func(l *linksOf) { l.asks(100) }, http.StatusOK},
		"a link that was handed out, and another for somebody else":      {func(l *linksOf) string { return l.hand("ann") }, func(l *linksOf) { l.hand("lib") }, http.StatusOK},
		"a link that was asked for, and seven more":                      {func(l *linksOf) string { return l.ask("ann") }, func(l *linksOf) { l.asks(7) }, http.StatusOK},
		"a link that was asked for, and eight more: they have a bound":   {func(l *linksOf) string { return l.ask("ann") }, func(l *linksOf) { l.asks(8) }, http.StatusForbidden},
		"a link that was asked for, and one that is handed out":          {func(l *linksOf) string { return l.ask("ann") }, func(l *linksOf) { l.hand("ann") }, http.StatusOK},
		"a link that was handed out, and another in its place":           {func(l *linksOf) string { return l.hand("ann") }, func(l *linksOf) { l.hand("ann") }, http.StatusForbidden},
		"a link that was handed out, and one that was asked for is used": {func(l *linksOf) string { return l.hand("ann") }, func(l *linksOf) { l.use(l.ask("ann"), "quiet lanterns drift") }, http.StatusForbidden},
		"a link that was asked for, and one that was handed out is used": {func(l *linksOf) string { return l.ask("ann") }, func(l *linksOf) { l.use(l.hand("ann"), "quiet lanterns drift") }, http.StatusForbidden},
		"a link that was asked for, and another one is used":             {func(l *linksOf) string { return l.ask("ann") }, func(l *linksOf) { l.use(l.ask("ann"), "quiet lanterns drift") }, http.StatusForbidden},
		"a link that was handed out, and the password is changed":        {func(l *linksOf) string { return l.hand("ann") }, (*linksOf).changes, http.StatusForbidden},
		"a link that was asked for, and the password is changed":         {func(l *linksOf) string { return l.ask("ann") }, (*linksOf).changes, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := openLinksOf(t)
			link := test.before(l)
			test.after(l)
			if got := l.use(link, "seven copper kettles"); got != test.want {
				t.Errorf("POST /reset with the link = %d, want %d", got, test.want)
			}
		})
	}
}

func (l *linksOf) asks(n int) {
	l.t.Helper()
	for range n {
		l.ask("ann")
	}
}

// changes has ann change the password that she knows.
func (l *linksOf) changes() {
	l.t.Helper()
	token := tokens(l.t, l.Identity, l.app, credentials("ann", secret)+"&scope=me").AccessToken
	a := l.browser().do("PUT", "/users/me/password", `{"current_password":"`+secret+`","new_password":"quiet lanterns drift"}`, "Content-Type: application/json", "Authorization: Bearer "+token)
	if a.status != http.StatusNoContent {
		l.t.Fatalf("PUT /users/me/password = %d %s", a.status, a.body)
	}
}

// The page that follows a password which was given goes on while strangers ask.
func TestAGivenPasswordWhileStrangersAsk(t *testing.T) {
	t.Parallel()
	l := openLinksOf(t)
	if _, err := l.Accounts().CreateUser(t.Context(), account.NewUser{Name: "zoe", Password: givenPassword, Given: true, Roles: []string{"user"}}); err != nil {
		t.Fatal(err)
	}
	handed := l.hand("zoe")
	page := l.browser().do("POST", "/signin", credentials("zoe", givenPassword))
	_, once, _ := strings.Cut(page.body, `name="secret" value="`)
	once, _, found := strings.Cut(once, `"`)
	if !found {
		t.Fatalf("POST /signin = %d %s, want the page to choose a password", page.status, page.body)
	}
	for range 3 {
		l.ask("zoe")
	}
	if got := l.use("?secret="+once, zoePassword); got != http.StatusOK {
		t.Errorf("the secret of the page = %d, want 200", got)
	}
	if got := l.use(handed, zoePassword+" again"); got != http.StatusForbidden {
		t.Errorf("a link after the password was chosen = %d, want 403", got)
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
