package issuer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

const endpoint = home + "/introspect"

// desk answers questions about tokens, in this process.
type desk struct {
	mu     sync.Mutex
	active map[string]string // the answers for tokens; others are not active
	takes  time.Duration     // for an answer
	down   error
	asked  int
	atOnce int
	most   int // that were asked at once
}

func (d *desk) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	d.mu.Lock()
	d.asked++
	d.atOnce++
	d.most = max(d.most, d.atOnce)
	answer, ok := d.active[form.Get("token")]
	takes, down := d.takes, d.down
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.atOnce--
		d.mu.Unlock()
	}()
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if down != nil {
		return nil, down
	}
	if !ok {
		answer = `{"active":false}`
	}
	return reply(answer), nil
}

func (d *desk) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *desk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

// good is the answer for a token that is good for so long.
func good(d time.Duration) string {
	return fmt.Sprintf(`{"active":true,"sub":"ann","client_id":"web","aud":"shop","scope":"books:read","exp":%d,"token_type":"Bearer"}`, time.Now().Add(d).Unix())
}

func newDesk(active map[string]string) *desk { return &desk{active: active} }

func (d *desk) config() issuer.IntrospectionConfig {
	return issuer.IntrospectionConfig{ClientID: "shop", ClientSecret: "s", Audience: audience, HTTP: issuer.HTTP{Transport: d}}
}

func introspect(t testing.TB, config issuer.IntrospectionConfig) *issuer.Introspector {
	t.Helper()
	i, err := issuer.Introspect(endpoint, config)
	if err != nil {
		t.Fatalf("Introspect = %v, want nil", err)
	}
	return i
}

// The question is that of RFC 7662, and the secret is in no place where it could
// be printed.
func TestTheQuestion(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if r.Method != http.MethodPost || id+" "+secret != "sh%3Ap s%26cr%25t+" || r.FormValue("token") != "a.b+c" ||
			r.FormValue("token_type_hint") != "access_token" || r.URL.RawQuery != "" || r.Header.Get("Accept") != "application/json" {
			t.Errorf("asked %s %s by %q %q with %v", r.Method, r.URL, id, secret, r.Form)
		}
		_, _ = io.WriteString(w, `{"active":true,"aud":["x","shop"],"sub":"ann","iss":"https://id.example","exp":4102444800,"iat":1.5,"jti":"1","sid":"s","scope":"a b","roles":["admin"],"client_id":"web","extra":{"x":1}}`)
	}))
	t.Cleanup(srv.Close)
	i := must(issuer.Introspect(srv.URL, issuer.IntrospectionConfig{ClientID: "sh:p", ClientSecret: "s&cr%t ", Audience: audience, RolesClaim: []string{"roles"}}))
	c, err := verify(t, i, "a.b+c")
	want := issuer.Claims{
		Issuer: home, Subject: "ann", ClientID: "web", Audience: []string{"x", "shop"}, Expiry: time.Unix(4102444800, 0).UTC(), IssuedAt: time.Unix(1, 0).UTC(),
		ID: "1", SessionID: "s", Scopes: []string{"a", "b"}, Roles: []string{"admin"},
	}
	if extra, ok := c.Claim("extra", "x"); err != nil || !reflect.DeepEqual(issuer.Bare(c), want) || string(extra) != "1" || !ok {
		t.Errorf("Verify = %+v, %v, want %+v", issuer.Bare(c), err, want)
	}
	if text := fmt.Sprintf("%+v %#v", i, i); strings.Contains(text, "cr%t") || strings.Contains(text, "s%26") {
		t.Errorf("the introspector prints its secret: %s", text)
	}
}

// What an answer must say, and what it must not.
func TestAnswers(t *testing.T) {
	t.Parallel()
	now := time.Now()
	at := func(d time.Duration) string { return fmt.Sprint(now.Add(d).Unix()) }
	for name, test := range map[string]struct {
		answer string
		want   string // "good", "refused: why" or "nothing: why"
	}{
		"active":                           {`{"active":true,"aud":"shop"}`, "good"},
		"for several":                      {`{"active":true,"aud":["bar","shop"]}`, "good"},
		"not active":                       {`{"active":false}`, "refused: not active"},
		"not active, with more":            {`{"active":false,"sub":"ann","aud":"shop"}`, "refused: not active"},
		"active in quotes":                 {`{"active":"true","aud":"shop"}`, "nothing: active is not true or false"},
		"active as a number":               {`{"active":1,"aud":"shop"}`, "nothing: active is not"},
		"active in another case":           {`{"Active":true,"aud":"shop"}`, "nothing: active is not"},
		"active of null":                   {`{"active":null}`, "nothing: active is not"},
		"active twice":                     {`{"active":false,"active":true,"aud":"shop"}`, "nothing: duplicate member"},
		"nothing":                          {`{}`, "nothing: active is not"},
		"no JSON":                          {`active`, "nothing: not an object"},
		"a list":                           {`[{"active":true}]`, "nothing: not an object"},
		"for somebody else":                {`{"active":true,"aud":"bar"}`, "refused: wrong audience"},
		"for nobody":                       {`{"active":true}`, "refused: wrong audience"},
		"for a number":                     {`{"active":true,"aud":7}`, "nothing: aud is neither"},
		"of the issuer":                    {`{"active":true,"aud":"shop","iss":"https://id.example"}`, "good"},
		"of another issuer":                {`{"active":true,"aud":"shop","iss":"https://id.example/"}`, "refused: wrong issuer"},
		"of an issuer that is no string":   {`{"active":true,"aud":"shop","iss":[]}`, "nothing: iss is not a string"},
		"expired within the leeway":        {`{"active":true,"aud":"shop","exp":` + at(-20*time.Second) + `}`, "good"},
		"expired":                          {`{"active":true,"aud":"shop","exp":` + at(-5*time.Minute) + `}`, "refused: expired 5m"},
		"expiring on a date in words":      {`{"active":true,"aud":"shop","exp":"tomorrow"}`, "nothing: exp is not a date"},
		"expiring before 1970":             {`{"active":true,"aud":"shop","exp":-1}`, "nothing: exp is not a date"},
		"beginning within the leeway":      {`{"active":true,"aud":"shop","nbf":` + at(20*time.Second) + `}`, "good"},
		"beginning later":                  {`{"active":true,"aud":"shop","nbf":` + at(5*time.Minute) + `}`, "refused: not yet valid"},
		"an ID token":                      {`{"active":true,"aud":"shop","nonce":"n"}`, "refused: as ID tokens do"},
		"a refresh token, by Keycloak":     {`{"active":true,"aud":"shop","typ":"Refresh"}`, "refused: typ is"},
		"a refresh token, by Hydra":        {`{"active":true,"aud":"shop","token_use":"refresh_token"}`, "refused: token_use is"},
		"an access token, by Hydra":        {`{"active":true,"aud":"shop","token_use":"access_token","token_type":"Bearer"}`, "good"},
		"a token that is bound by DPoP":    {`{"active":true,"aud":"shop","token_type":"DPoP"}`, "refused: token_type is"},
		"a scope that is a list":           {`{"active":true,"aud":"shop","scope":["a"]}`, "nothing: scope is not a string"},
		"a list of scopes where one may":   {`{"active":true,"aud":"shop","scp":["a"]}`, "good"},
		"a subject that is a number":       {`{"active":true,"aud":"shop","sub":7}`, "nothing: sub is not a string"},
		"members that nobody reads":        {`{"active":true,"aud":"shop","x":[{"y":1}]}`, "good"},
		"members that nest for ever":       {`{"active":true,"aud":"shop","x":` + strings.Repeat("[", 99), "nothing: nested too deep"},
		"an answer that is longer than it": {`{"active":true,"aud":"shop","x":"` + strings.Repeat("x", 64<<10) + `"}`, "nothing: longer than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(map[string]string{"t": test.answer})
			config := d.config()
			config.Issuer, config.Now = home, func() time.Time { return now }
			_, err := verify(t, introspect(t, config), "t")
			word, why, _ := strings.Cut(test.want, ": ")
			got := map[string]string{"good": "good", "refused": "refused", "unavailable": "nothing"}[outcome(err)]
			if got != word || !contains(err, why) && err != nil {
				t.Errorf("Verify = %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

func TestAudienceAndIssuerThatAreNotWanted(t *testing.T) {
	t.Parallel()
	config := newDesk(map[string]string{"t": `{"active":true,"iss":"https://other.example"}`}).config()
	config.Audience, config.InsecureNoAudience = "", true
	if _, err := verify(t, introspect(t, config), "t"); err != nil {
		t.Errorf("Verify = %v, want nil", err)
	}
}

// What is no token is not asked about.
func TestNoQuestionAboutWhatIsNoToken(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	i := introspect(t, d.config())
	for name, text := range map[string]string{
		"nothing": "", "a space": "a b", "a newline": "a\nb", "another alphabet": "tökén", "a control character": "a\x7f", "too long": strings.Repeat("a", jwt.MaxSize+1),
	} {
		if _, err := verify(t, i, text); !errors.Is(err, jwt.ErrMalformed) {
			t.Errorf("Verify of %s = %v, want %v", name, err, jwt.ErrMalformed)
		}
	}
	if _, err := verify(t, i, strings.Repeat("a", jwt.MaxSize)); !errors.Is(err, issuer.ErrInactive) || d.count() != 1 {
		t.Errorf("Verify of the longest token = %v after %d questions, want %v after one", err, d.count(), issuer.ErrInactive)
	}
}

// A log-out is noticed within MaxAge, counted from the question.
func TestALogOutIsNoticedInTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		maxAge time.Duration
		takes  time.Duration
		knows  time.Duration // how long the old answer is used after it was asked for
	}{
		"by default":                  {0, 0, 10 * time.Second},
		"as configured":               {time.Minute, 0, time.Minute},
		"with an answer that is slow": {0, 3 * time.Second, 10 * time.Second},
		"at once":                     {-1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(map[string]string{"t": good(time.Hour)})
				d.takes = test.takes
				config := d.config()
				config.MaxAge = test.maxAge
				i := introspect(t, config)
				asked := time.Now()
				if _, err := verify(t, i, "t"); err != nil {
					t.Fatalf("Verify = %v, want nil", err)
				}
				d.set(func() { d.active, d.takes = nil, 0 })
				if test.knows > 0 {
					sleep(test.knows - time.Since(asked) - time.Millisecond)
					if _, err := verify(t, i, "t"); err != nil || d.count() != 1 {
						t.Errorf("Verify just within %v = %v after %d questions, want nil after one", test.knows, err, d.count())
					}
					sleep(time.Millisecond)
				}
				if _, err := verify(t, i, "t"); !errors.Is(err, issuer.ErrInactive) {
					t.Errorf("Verify %v after the question = %v, want %v", test.knows, err, issuer.ErrInactive)
				}
			})
		})
	}
}

// No answer is used beyond the token's exp, and a bad one not longer than a good
// one.
func TestHowLongAnswersAreUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string]string{"short": good(4 * time.Second), "long": good(time.Hour)})
		i := introspect(t, d.config())
		questions := func(token string, after time.Duration, want int) {
			t.Helper()
			before := d.count()
			_, _ = verify(t, i, token)
			sleep(after)
			_, _ = verify(t, i, token)
			if got := d.count() - before; got != want {
				t.Errorf("%d questions about %s in %v, want %d", got, token, after, want)
			}
		}
		questions("short", 3*time.Second, 1)
		sleep(30 * time.Second)
		d.set(func() { d.active["short"] = good(4 * time.Second) })
		questions("short", 4*time.Second, 2)
		d.set(func() { d.active["late"] = good(-4 * time.Second) })
		questions("late", 0, 2) // within the leeway, so that it is good, and never remembered
		questions("long", 9*time.Second, 1)
		questions("unknown", 9*time.Second, 1)
		sleep(time.Minute)
		questions("unknown", 10*time.Second, 2)
	})
}

// However many callers come with one token, it is asked about once; one that
// hangs up takes the answer from no other.
func TestOneQuestionAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string]string{"t": good(time.Hour)})
		d.takes = 2 * time.Second
		i := introspect(t, d.config())
		ctx, hangUp := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := i.Verify(ctx, "t"); outcome(err) != "stopped" {
				t.Errorf("Verify of who hangs up = %v, want that it is stopped", err)
			}
		})
		synctest.Wait()
		for range 1000 {
			all.Go(func() {
				if _, err := verify(t, i, "t"); err != nil {
					t.Errorf("Verify = %v, want nil", err)
				}
			})
		}
		sleep(time.Second)
		hangUp()
		all.Wait()
		if d.count() != 1 {
			t.Errorf("%d questions, want one", d.count())
		}
	})
}

// Without MaxAge no caller is given the answer to a question of before: the user may
// have logged out since.
func TestNoAnswerOfBeforeWithoutMaxAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string]string{"t": good(time.Hour)})
		d.takes = 2 * time.Second
		config := d.config()
		config.MaxAge = -1
		i := introspect(t, config)
		go func() { _, _ = i.Verify(t.Context(), "t") }()
		sleep(time.Second)
		d.set(func() { d.active = nil })
		if _, err := verify(t, i, "t"); !errors.Is(err, issuer.ErrInactive) {
			t.Errorf("Verify after the log-out = %v, want %v", err, issuer.ErrInactive)
		}
	})
}

// A flood of bad tokens is bounded at the issuer, and pushes no good token out.
func TestAFloodOfBadTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string]string{"t": good(time.Hour)})
		d.takes = time.Second
		config := d.config()
		config.CacheSize = 100
		i := introspect(t, config)
		if _, err := verify(t, i, "t"); err != nil {
			t.Fatalf("Verify = %v, want nil", err)
		}
		var all sync.WaitGroup
		var refused, busy atomic.Int64
		for n := range 5000 {
			all.Go(func() {
				switch _, err := i.Verify(t.Context(), fmt.Sprint("bad", n)); outcome(err) {
				case "refused":
					refused.Add(1)
				case "unavailable":
					busy.Add(1)
				default:
					t.Errorf("Verify of a bad token = %v", err)
				}
			})
		}
		sleep(5 * time.Second)
		before := d.count()
		if _, err := verify(t, i, "t"); err != nil || d.count() != before {
			t.Errorf("Verify of a good token in the flood = %v, want nil from what is remembered", err)
		}
		all.Wait()
		if r, b := refused.Load(), busy.Load(); r != 32+8*32 || b != 5000-r || d.most != 32 {
			t.Errorf("%d refused, %d told to come again, %d asked at once; want 288, the others, and 32", r, b, d.most)
		}
	})
}

// What cannot be asked fails closed, is never remembered, and is in the log once.
func TestAnEndpointThatIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string]string{"t": good(time.Hour)})
		d.down = errDown
		log := &lines{}
		config := d.config()
		config.Log = log.logger()
		i := introspect(t, config)
		for range 3 {
			if _, err := verify(t, i, "t"); outcome(err) != "unavailable" || !errors.Is(err, errDown) {
				t.Errorf("Verify while the endpoint is down = %v, want that it is unavailable", err)
			}
		}
		d.set(func() { d.down = nil })
		if _, err := verify(t, i, "t"); err != nil {
			t.Errorf("Verify when the endpoint is up = %v, want nil", err)
		}
		if got := strings.Count(log.String(), "\n"); got != 2 || !log.has("does not answer", "refused") || !log.has("again") {
			t.Errorf("the log has %d lines, want that it went down and came back:\n%s", got, log)
		}
		d.set(func() { d.takes = time.Hour })
		began := time.Now()
		if _, err := verify(t, i, "u"); outcome(err) != "unavailable" || time.Since(began) != 10*time.Second {
			t.Errorf("Verify at an endpoint that hangs = %v after %v, want that it is unavailable after the timeout", err, time.Since(began))
		}
	})
}

// The secret goes to the endpoint and nowhere else, whatever is answered.
func TestEndpointsThatAreWrong(t *testing.T) {
	t.Parallel()
	var leaked atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		leaked.Store(true)
		_, _ = io.WriteString(w, `{"active":true,"aud":"shop"}`)
	}))
	t.Cleanup(thief.Close)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
		}, "not followed"},
		"credentials that it has not": {text(401, "application/json", `{"error":"invalid_client"}`), "401"},
		"active with another status":  {text(202, "application/json", `{"active":true,"aud":"shop"}`), "202"},
		"a page":                      {text(200, "text/html", "<html>"), "text/html"},
		"a bomb":                      {gzipped([]byte(`{"active":true,"aud":"shop","x":"` + strings.Repeat("x", 1<<20) + `"}`)), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(test.answer)
			t.Cleanup(srv.Close)
			config := issuer.IntrospectionConfig{ClientID: "shop", ClientSecret: "s", Audience: audience}
			config.HTTP.FollowRedirects, config.HTTP.AllowPrivateAddresses = true, true
			i := must(issuer.Introspect(srv.URL, config))
			if _, err := verify(t, i, "t"); outcome(err) != "unavailable" || !contains(err, test.want) {
				t.Errorf("Verify = %v, want that it is unavailable, with %q", err, test.want)
			}
		})
	}
	if leaked.Load() {
		t.Error("the question was sent to another server")
	}
}

func TestIntrospectionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		endpoint string
		change   func(*issuer.IntrospectionConfig)
		want     string
	}{
		"no client":           {endpoint, func(c *issuer.IntrospectionConfig) { c.ClientID = "" }, "ClientID"},
		"no audience":         {endpoint, func(c *issuer.IntrospectionConfig) { c.Audience = "" }, "InsecureNoAudience"},
		"an old answer":       {endpoint, func(c *issuer.IntrospectionConfig) { c.MaxAge = time.Hour }, "MaxAge"},
		"a small memory":      {endpoint, func(c *issuer.IntrospectionConfig) { c.CacheSize = -1 }, "CacheSize"},
		"a large memory":      {endpoint, func(c *issuer.IntrospectionConfig) { c.CacheSize = 1 << 30 }, "CacheSize"},
		"no question at once": {endpoint, func(c *issuer.IntrospectionConfig) { c.AtOnce = -1 }, "AtOnce"},
		"too much leeway":     {endpoint, func(c *issuer.IntrospectionConfig) { c.Leeway = time.Hour }, "Leeway"},
		"too long a timeout":  {endpoint, func(c *issuer.IntrospectionConfig) { c.HTTP.Timeout = time.Hour }, "Timeout"},
		"plain HTTP":          {"http://id.example/introspect", func(*issuer.IntrospectionConfig) {}, "InsecurePlainHTTP"},
		"a private address":   {"https://10.0.0.1/introspect", func(*issuer.IntrospectionConfig) {}, "AllowPrivateAddresses"},
		"no URL":              {"introspect", func(*issuer.IntrospectionConfig) {}, "a scheme and a host"},
	} {
		config := newDesk(nil).config()
		test.change(&config)
		if i, err := issuer.Introspect(test.endpoint, config); i != nil || !contains(err, "issuer: ", test.want) {
			t.Errorf("Introspect with %s = %v, %v, want an error with %q", name, i, err, test.want)
		}
	}
}

// What a caller does with remembered claims does not change those of the next.
func TestRememberedClaimsStay(t *testing.T) {
	t.Parallel()
	i := introspect(t, newDesk(map[string]string{"t": good(time.Hour)}).config())
	for range 3 {
		c, err := verify(t, i, "t")
		if err != nil || !c.HasScope("books:read") {
			t.Fatalf("Verify = %+v, %v, want the scope books:read", c, err)
		}
		c.Scopes[0], c.Audience[0] = "admin", "mine"
	}
}
