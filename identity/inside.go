package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/work"
)

// Scheme is how callers present a token, with the scopes: that of the Config.
func (id *Identity) Scheme() *Scheme { return id.config.Scheme }

// RefusalStore is where the last refused requests are kept, for [FindRefusal] and
// [LastRefusals].
func (id *Identity) RefusalStore() RefusalStore { return id.refusals.store }

// SigningKeys lists the keys that sign tokens, as the store has them, without what
// is secret of them.
func (id *Identity) SigningKeys(ctx context.Context) ([]keyring.Record, error) {
	list, err := keyring.List(ctx, id.config.Store)
	for i := range list {
		list[i].Data = nil
	}
	return list, err
}

// HashLane is what the lane does in which passwords are hashed. It is not known,
// and false, where the configuration has a lane of its own.
func (id *Identity) HashLane() (work.Stats, bool) {
	if id.accounts.lane == nil {
		return work.Stats{}, false
	}
	return id.accounts.lane.Stats(), true
}

// Attempts are those to sign in with a name and a password, since the program
// began.
type Attempts struct {
	Succeeded uint64 // the password was right, also one that is good for setting another
	Refused   uint64 // the name or the password was wrong, or the user is disabled
	Throttled uint64 // there were too many before
	Failed    uint64 // too much was going on, or the store did not answer
}

// Attempts counts the attempts to sign in at this process.
func (id *Identity) Attempts() Attempts {
	t := id.tried
	return Attempts{t.succeeded.Load(), t.refused.Load(), t.throttled.Load(), t.failed.Load()}
}

// signInCount counts attempts to sign in, and tells the metrics.
type signInCount struct {
	succeeded, refused, throttled, failed atomic.Uint64
	tell                                  func(error)
}

func newSignInCount(m Metrics) *signInCount {
	t := &signInCount{tell: func(error) {}}
	if m != nil {
		t.tell = m.Login
	}
	return t
}

func (t *signInCount) count(err error) {
	t.tell(err)
	var throttled *account.ThrottledError
	_, given := errors.AsType[*account.GivenPasswordError](err)
	switch {
	case err == nil, given:
		t.succeeded.Add(1)
	case errors.As(err, &throttled):
		t.throttled.Add(1)
	case errors.Is(err, account.ErrBadLogin):
		t.refused.Add(1)
	default:
		t.failed.Add(1)
	}
}

// Health says whether the store answers within a second, and whether the process
// hears what others change; both are nil if all is well. GET /readyz says the same
// to everybody, in fewer words.
func (id *Identity) Health(ctx context.Context) (store, changes error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := id.config.Store.Ping(ctx); err != nil {
		return err, nil
	}
	return nil, id.accounts.CheckChanges(ctx)
}

// HasSessions reports whether people can sign in on a page: see [Config.Pages].
func (id *Identity) HasSessions() bool { return id.config.Pages != nil }

// SignInPath is the sign-in page's path from the origin, which leads to another
// path of the application afterwards, such as "/desk": for a link on a page of a
// program's own. It is "" if there are no sessions.
func (id *Identity) SignInPath(next string) string {
	page := id.signInPage(&pages{})
	if page == nil {
		return ""
	}
	if here, ok := LocalPath(page.base + next); ok {
		return page.path + "?next=" + url.QueryEscape(here)
	}
	return page.path
}

// AccountPath is the path, from the application's root, of the page where people
// see and end what they have.
func (id *Identity) AccountPath() string { return id.config.Scheme.prefix + "/account" }

// SignOutPath is the path, from the application's root, to which a form is posted
// that ends the session.
func (id *Identity) SignOutPath() string { return id.config.Scheme.prefix + "/signout" }

// Setting is a part of the configuration, for people to read. None is secret.
type Setting struct {
	Name  string // as the field of Config, "AccessTTL"
	Value string
	About string // what it means
}

// Settings lists what was configured, and what has a default, for people to read.
func (id *Identity) Settings() []Setting {
	c := &id.config
	idle := "no limit"
	if c.SessionIdle > 0 {
		idle = short(c.SessionIdle)
	}
	overlap := short(cmp.Or(c.RefreshOverlap, 30*time.Second))
	if c.RefreshOverlap < 0 {
		overlap = "none"
	}
	period := "for ever"
	if c.Keys.Period > 0 {
		period = short(c.Keys.Period)
	}
	return []Setting{
		{"URL", id.url, "Where people and services reach the program"},
		{"Issuer", id.issuer, "What tokens say in iss"},
		{"Audience", strings.Join(id.audience, ", "), "What tokens are for; the first is verified here"},
		{"AccessTTL", short(c.AccessTTL), "How long an access token lives"},
		{"RefreshTTL", short(c.RefreshTTL), "How long a session lives"},
		{"RefreshOverlap", overlap, "For how long a refresh token that was used gets the same answer"},
		{"SessionIdle", idle, "How long a session lives without being used"},
		{"MaxAPIKeyTTL", short(id.accounts.MaxAPIKeyTTL()), "How long an API key lives at most"},
		{"Keys.Period", period, "How long a key signs"},
		{"Keys.Announce", short(c.Keys.Announce), "How long a key is published before it signs"},
		{"Keys.Master", said(!c.Keys.Master.IsZero(), "set: private keys are encrypted in the store", "not set: private keys are not encrypted in the store"), "The master key"},
		{"Policy", fmt.Sprint("at least ", c.Policy.Least(), " characters"), "Which passwords may be set"},
		{"AllowPasswordGrant", said(c.AllowPasswordGrant || IsLocal(id.url), "yes", "no"), "Whether clients may send names and passwords to POST /token"},
		{"Throttle", said(!c.InsecureNoThrottle, "on", "OFF"), "Whether attempts to sign in are bounded"},
		{"TrustedProxies", orNone(c.TrustedProxies), "Whose X-Forwarded-For is believed"},
		{"CORSOrigins", orNone(c.CORSOrigins), "Whose pages may call the API with a token"},
		{"MaxConns", fmt.Sprint(c.MaxConns), "The most connections at once"},
		{"SignUp", said(c.SignUp != nil, "yes", "no"), "Whether everybody may make themselves a user"},
	}
}

// short is a duration without the zeros at its end: "15m", "720h".
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

func said(yes bool, text, other string) string {
	if yes {
		return text
	}
	return other
}

func orNone(list []string) string { return cmp.Or(strings.Join(list, ", "), "none") }
