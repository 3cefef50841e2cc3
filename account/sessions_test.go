package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

func (w *world) browse(ctx context.Context, name string) account.SessionGrant {
	w.t.Helper()
	g, err := w.LoginSession(ctx, name, secret)
	if err != nil {
		w.t.Fatalf("LoginSession = %v", err)
	}
	return g
}

func (w *world) sessions(userID string) []account.SessionInfo {
	w.t.Helper()
	list, err := w.Sessions(w.t.Context(), userID)
	if err != nil {
		w.t.Fatalf("Sessions = %v", err)
	}
	return list
}

func TestSessionsAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna", "user")
	ben := w.user("ben", "user")
	ctx := account.WithDevice(account.WithSource(t.Context(), "::ffff:192.0.2.7"), firefox)
	began := w.now
	first := w.browse(ctx, "anna")
	w.browse(ctx, "ben")
	w.now = w.now.Add(10 * time.Minute)
	second := w.login("anna", "me")
	w.now = w.now.Add(10*time.Minute + time.Second)
	if _, err := w.SessionCaller(t.Context(), first.Secret); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Refresh(t.Context(), string(second.RefreshToken), account.Ask{}); err != nil {
		t.Fatal(err)
	}
	want := []account.SessionInfo{
		{
			ID: first.SessionID, Device: "Firefox on Linux", UserAgent: firefox, Address: "192.0.2.7",
			Created: began, LastUsed: w.now.Truncate(time.Minute), Expires: began.Add(time.Hour),
		},
		{
			ID: second.SessionID, ClientID: "holdfast", Client: "holdfast",
			Created: began.Add(10 * time.Minute), LastUsed: w.now, Expires: began.Add(70 * time.Minute),
		},
	}
	if got := w.sessions(anna.ID); !slices.Equal(got, want) {
		t.Errorf("Sessions = %+v\nwant %+v", got, want)
	}
	w.now = began.Add(time.Hour) // the first is over by itself
	if got := w.sessions(anna.ID); !slices.Equal(got, want[1:]) {
		t.Errorf("Sessions an hour later = %+v\nwant %+v", got, want[1:])
	}
	if got := w.sessions(ben.ID); len(got) != 0 {
		t.Errorf("Sessions of another = %+v, want none", got)
	}
	if _, err := w.Sessions(t.Context(), "x"); !errors.Is(err, account.ErrNoUser) {
		t.Errorf("Sessions of nobody = %v, want ErrNoUser", err)
	}
}

func TestSessionsComeInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna", "user")
	var want, got []string
	for range 5 {
		want = append(want, w.browse(t.Context(), "anna").SessionID)
		w.now = w.now.Add(time.Millisecond)
	}
	for after, pages := "", 0; ; pages++ {
		list, next, err := w.SessionsAfter(t.Context(), anna.ID, after, 2)
		if err != nil || len(list) > 2 || pages > 3 {
			t.Fatalf("SessionsAfter(%q, 2) = %v, %v", after, list, err)
		}
		for _, one := range list {
			got = append(got, one.ID)
		}
		if after = next; next == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages have %v, want %v", got, want)
	}
}

func TestSessionsEndOneByOneAndTogether(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(w *world, userID string, ids []string) error
		left []int
		want error
	}{
		"one":                 {func(w *world, u string, ids []string) error { return w.EndSession(w.t.Context(), u, ids[1]) }, []int{0, 2}, nil},
		"all":                 {func(w *world, u string, _ []string) error { return w.EndSessions(w.t.Context(), u, "") }, nil, nil},
		"all others":          {func(w *world, u string, ids []string) error { return w.EndSessions(w.t.Context(), u, ids[2]) }, []int{2}, nil},
		"none of that id":     {func(w *world, u string, _ []string) error { return w.EndSession(w.t.Context(), u, "x") }, []int{0, 1, 2}, account.ErrNoSession},
		"but one of no id":    {func(w *world, u string, _ []string) error { return w.EndSessions(w.t.Context(), u, "x") }, []int{0, 1, 2}, account.ErrNoSession},
		"another's":           {func(w *world, _ string, ids []string) error { return w.EndSession(w.t.Context(), "x", ids[0]) }, []int{0, 1, 2}, account.ErrNoSession},
		"all of one who left": {func(w *world, _ string, _ []string) error { return w.EndSessions(w.t.Context(), "x", "") }, []int{0, 1, 2}, account.ErrNoUser},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			anna := w.user("anna", "user")
			w.user("ben", "user")
			var ids []string
			var visits []account.SessionGrant
			for range 3 {
				visits = append(visits, w.browse(t.Context(), "anna"))
				ids = append(ids, visits[len(visits)-1].SessionID)
				w.now = w.now.Add(time.Millisecond)
			}
			other := w.browse(t.Context(), "ben")
			for _, visit := range append(visits, other) { // so that they are remembered
				if _, err := w.SessionCaller(t.Context(), visit.Secret); err != nil {
					t.Fatal(err)
				}
			}
			w.refused(name, test.end(w, anna.ID, ids), test.want)
			for i, visit := range visits {
				_, err := w.SessionCaller(t.Context(), visit.Secret)
				if lives := err == nil; lives != slices.Contains(test.left, i) {
					t.Errorf("%s: session %d lives: %v", name, i, lives)
				}
			}
			if _, err := w.SessionCaller(t.Context(), other.Secret); err != nil {
				t.Errorf("%s: another's session = %v", name, err)
			}
			if got := w.sessions(anna.ID); len(got) != len(test.left) {
				t.Errorf("%s: there are %d sessions, want %d", name, len(got), len(test.left))
			}
		})
	}
}

func TestTheLeastUsedOfTooManySessionsEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.MaxSessions = 2
	w.serve()
	anna := w.user("anna", "user")
	first := w.login("anna", "me")
	second := w.browse(t.Context(), "anna")
	w.now = w.now.Add(time.Minute)
	first, err := w.Refresh(t.Context(), string(first.RefreshToken), account.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	third := w.browse(t.Context(), "anna")
	if _, err := w.SessionCaller(t.Context(), second.Secret); !errors.Is(err, account.ErrNoSession) {
		t.Errorf("the session that was used least lately = %v, want ErrNoSession", err)
	}
	if _, err := w.caller(first); err != nil {
		t.Errorf("the session that was refreshed = %v", err)
	}
	if _, err := w.SessionCaller(t.Context(), third.Secret); err != nil {
		t.Errorf("the new session = %v", err)
	}
	if got := w.sessions(anna.ID); len(got) != 2 {
		t.Errorf("there are %d sessions, want 2", len(got))
	}
}

// Two services, as two processes, and a session that is used at the other one.
func TestIdleSessionsEnd(t *testing.T) {
	t.Parallel()
	const idle = 20 * time.Minute
	use := func(w *world, visit account.SessionGrant) error {
		_, err := w.SessionCaller(w.t.Context(), visit.Secret)
		return err
	}
	for name, test := range map[string]struct {
		wait []time.Duration // between uses
		ends bool
	}{
		"used in time":            {[]time.Duration{idle}, false},
		"used again and again":    {[]time.Duration{19 * time.Minute, 19 * time.Minute, 19 * time.Minute}, false},
		"not used for longer":     {[]time.Duration{idle + 2*time.Minute}, true},
		"not used after all uses": {[]time.Duration{10 * time.Minute, idle + 3*time.Minute}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.config.IdleTTL, w.config.RefreshTTL = idle, 24*time.Hour
			w.serve()
			anna := w.user("anna", "user")
			visit := w.browse(t.Context(), "anna")
			for i, wait := range test.wait {
				w.now = w.now.Add(wait)
				err := use(w, visit)
				if last := i == len(test.wait)-1; last && test.ends {
					w.refused(name, err, account.ErrNoSession)
				} else if err != nil {
					t.Errorf("use %d = %v", i, err)
				}
			}
			if got := len(w.sessions(anna.ID)); (got == 0) != test.ends {
				t.Errorf("there are %d sessions", got)
			}
		})
	}
	t.Run("a refresh is a use", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.config.IdleTTL, w.config.RefreshTTL = idle, 24*time.Hour
		w.serve()
		w.user("anna", "user")
		g := w.login("anna", "me")
		for range 4 {
			if _, err := w.caller(g); err != nil { // what it remembers is not what counts
				t.Errorf("Caller = %v", err)
			}
			w.now = w.now.Add(idle)
			var err error
			if g, err = w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{}); err != nil {
				t.Fatalf("Refresh = %v", err)
			}
			if _, err := w.caller(g); err != nil {
				t.Errorf("Caller after a refresh = %v", err)
			}
		}
		w.now = w.now.Add(idle + 2*time.Minute)
		_, err := w.caller(g)
		w.refused("Caller", err, account.ErrNoSession)
		_, err = w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{})
		w.refused("Refresh", err, account.ErrBadGrant)
	})
}

// live is a service whose clock is that of a synctest bubble, with Run under way.
func live(t *testing.T, store account.Store, change func(*account.Config)) (s *account.Service, stop func() error) {
	t.Helper()
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
	if err != nil {
		t.Fatal(err)
	}
	config := account.Config{Store: store, Passwords: passwords, RefreshTTL: 24 * time.Hour}
	if change != nil {
		change(&config)
	}
	if s, err = account.NewService(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	return s, func() error { cancel(); return <-done }
}

// touches is a store that counts the last uses that are written down.
type touches struct {
	account.Store
	count atomic.Int64
	fails atomic.Bool
}

func (s *touches) Update(ctx context.Context, fn func(account.Writer) error) error {
	return s.Store.Update(ctx, func(w account.Writer) error { return fn(touching{w, s}) })
}

type touching struct {
	account.Writer
	of *touches
}

func (w touching) TouchSession(id string, used time.Time) error {
	w.of.count.Add(1)
	if w.of.fails.Load() {
		return errOutage
	}
	return w.Writer.TouchSession(id, used)
}

// What one process has seen used, another knows of within two minutes, and a
// restart does not lose it.
func TestLastUsesAreWrittenDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &touches{Store: memory.New()}
		idle := func(c *account.Config) { c.IdleTTL = 20 * time.Minute }
		a, stopA := live(t, o, idle)
		b, stopB := live(t, o.Store, idle)
		anna, err := a.CreateUser(t.Context(), account.NewUser{Name: "anna", Password: secret})
		if err != nil {
			t.Fatal(err)
		}
		visit, err := a.LoginSession(t.Context(), "anna", secret)
		if err != nil {
			t.Fatal(err)
		}
		present := func(s *account.Service) {
			t.Helper()
			if _, err := s.SessionCaller(t.Context(), visit.Secret); err != nil {
				t.Fatalf("SessionCaller = %v", err)
			}
		}
		present(b) // so that it remembers the last use as it is now
		for range 25 * 6 {
			present(a)
			time.Sleep(10 * time.Second) //nolint:forbidigo // the clock of synctest
		}
		if n := o.count.Load(); n < 1 || n > 26 {
			t.Errorf("25 minutes of use were %d writes, want at most one a minute", n)
		}
		present(b)
		time.Sleep(5*time.Minute + 30*time.Second) //nolint:forbidigo // the clock of synctest
		present(a)
		used := time.Now().Truncate(time.Minute)
		if err := errors.Join(stopA(), stopB()); err != nil {
			t.Errorf("Run = %v", err)
		}
		c, stopC := live(t, o.Store, idle)
		list, err := c.Sessions(t.Context(), anna.ID)
		if err != nil || len(list) != 1 || !list[0].LastUsed.Equal(used) {
			t.Errorf("after a restart the sessions are %+v, %v, want the last use at %v", list, err, used)
		}
		if err := stopC(); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

func TestRunTellsThatTheLastWritingFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &touches{Store: memory.New()}
		s, stop := live(t, o, nil)
		if _, err := s.CreateUser(t.Context(), account.NewUser{Name: "anna", Password: secret}); err != nil {
			t.Fatal(err)
		}
		visit, err := s.LoginSession(t.Context(), "anna", secret)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Second) //nolint:forbidigo // the clock of synctest: beyond the minute of the sign-in
		if _, err := s.SessionCaller(t.Context(), visit.Secret); err != nil {
			t.Fatal(err)
		}
		o.fails.Store(true)
		if err := stop(); !errors.Is(err, errOutage) {
			t.Errorf("Run = %v, want the store's error", err)
		}
	})
}

func TestWhatHasEndedIsSweptUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		s, stop := live(t, store, func(c *account.Config) { c.RefreshTTL, c.MaxSessions = time.Hour, 1000 })
		anna, err := s.CreateUser(t.Context(), account.NewUser{Name: "anna", Password: secret})
		if err != nil {
			t.Fatal(err)
		}
		err = store.Update(t.Context(), func(w account.Writer) error {
			for n := range 1000 {
				id := fmt.Sprint("old-", n)
				if err := w.PutSession(account.Session{ID: id, Handle: id, UserID: anna.ID, Expires: time.Now().Add(30 * time.Second)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(26 * time.Hour) //nolint:forbidigo // the clock of synctest: a day, and an hour in which that is seen
		err = store.View(t.Context(), func(r account.Reader) error {
			if list, err := r.SessionsOf(anna.ID, "", 2000); err != nil || len(list) != 0 {
				t.Errorf("a day later there are %d sessions, %v", len(list), err)
			}
			return nil
		})
		if err := errors.Join(err, stop()); err != nil {
			t.Error(err)
		}
	})
}

// What is over only while a clock is ahead is there when it is right again, however
// far that was and whatever it was that looked at it.
func TestNothingIsSweptUpForAClockThatIsAhead(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{25 * time.Hour, 8 * 24 * time.Hour, 100 * 365 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var off atomic.Int64
			s, stop := live(t, memory.New(), func(c *account.Config) {
				c.RefreshTTL, c.Now = 28*time.Hour, func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
			})
			anna, err := s.CreateUser(t.Context(), account.NewUser{Name: "anna", Password: secret})
			if err != nil {
				t.Fatal(err)
			}
			visit, err := s.LoginSession(t.Context(), "anna", secret)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Minute) //nolint:forbidigo // the clock of synctest
			off.Store(int64(by))
			time.Sleep(55 * time.Minute) //nolint:forbidigo // as above
			off.Store(0)
			time.Sleep(2 * time.Hour) //nolint:forbidigo // as above
			if _, err := s.SessionCaller(t.Context(), visit.Secret); err != nil {
				t.Errorf("after a clock was ahead by %v = %v", by, err)
			}
			time.Sleep(56 * time.Hour) //nolint:forbidigo // as above, which comes to each second of it
			if list, err := s.Sessions(t.Context(), anna.ID); err != nil || len(list) != 0 {
				t.Errorf("when it is over there are %d sessions, %v", len(list), err)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDeviceNames(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		firefox: "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0":              "Edge on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36":                            "Chrome on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1":    "Safari on iPhone",
		"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1":              "Chrome on iPad",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":                      "Chrome on Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":                         "Safari on macOS",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 OPR/111.0":                   "Opera on ChromeOS",
		"Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36": "Samsung Internet on Android",
		"curl/8.5.0":            "curl",
		"Go-http-client/1.1":    "Go-http-client",
		"My App (Linux) 2":      "My on Linux",
		"":                      "",
		"<script>alert(1)":      "<script>alert(1)", // pages escape it
		"python-requests/2.32 ": "python-requests",
	} {
		if got := account.DeviceName(agent); got != want {
			t.Errorf("DeviceName(%q) = %q, want %q", agent, got, want)
		}
	}
}

// What a caller says of itself is kept as far as it can be shown.
func TestUserAgentsAreCleaned(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ agent, want string }{
		"a long one is cut":              {strings.Repeat("x", 100_000), strings.Repeat("x", 256)},
		"a rune is not cut in two":       {strings.Repeat("x", 255) + "é", strings.Repeat("x", 255)},
		"what steers a terminal is gone": {"a\x1b[31mb\r\n\u202ec\x00\u2028", "a[31mbc"},
		"what is no UTF-8 is gone":       {"a\xffb", "ab"},
		"blanks around it are gone":      {" \t a b ", "a b"},
	} {
		w := newWorld(t)
		anna := w.user("anna", "user")
		w.browse(account.WithDevice(account.WithSource(t.Context(), "nonsense\n"), test.agent), "anna")
		if got := w.sessions(anna.ID)[0]; got.UserAgent != test.want || got.Address != "" {
			t.Errorf("%s: %q from %q, want %q from nowhere", name, got.UserAgent, got.Address, test.want)
		}
	}
}
