package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// trailOf is what was recorded, in the order of ids.
func trailOf(t *testing.T, store account.Store) (out []account.AuditRecord) {
	t.Helper()
	err := store.View(t.Context(), func(r account.Reader) (err error) {
		out, err = r.UnsealedAudit(0, account.MaxAuditEvents)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What a flood leaves has a bound for each minute, whoever it says it is and from
// wherever it comes, and nothing of it is forgotten.
func TestAFloodLeavesFewRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.InsecureNoThrottle = true
	anna := w.user("anna", "user")
	for i := range 3000 {
		ctx := account.WithOrigin(t.Context(), account.Origin{Source: fmt.Sprintf("10.%d.%d.1", i/250, i%250)})
		w.CountRefused(ctx, 401, "GET /users")
	}
	known := account.WithOrigin(t.Context(), account.Origin{Source: "192.0.2.1"})
	_, err := w.Login(known, "anna", "wrong", account.Ask{})
	w.refused("Login", err, account.ErrBadLogin)

	before := len(trailOf(t, w.store))
	if err := w.FlushAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(trailOf(t, w.store)) - before; got != 0 {
		t.Errorf("%d records were written before the minute was over", got)
	}
	w.now = w.now.Add(time.Minute)
	if err := w.FlushAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	sum, rows, ofAnna := int64(0), 0, 0
	for _, r := range trailOf(t, w.store)[before:] {
		sum, rows = sum+r.Count, rows+1
		if r.On.ID == anna.ID && r.Kind == account.AuditSignInRefused && r.Source == "192.0.2.1" {
			ofAnna++
		}
	}
	if sum != 3001 || rows > 27 || ofAnna != 1 {
		t.Errorf("3001 refusals were counted as %d in %d records, of which %d are anna's; want all, 27 at most, and hers apart", sum, rows, ofAnna)
	}
}

// While the store cannot be written, counts are kept, of a few minutes apart and
// with the older ones together, and records up to a bound; then nothing is done that
// would have to be recorded later.
func TestRecordsWaitForTheStore(t *testing.T) {
	t.Parallel()
	s := newShaky(t)
	s.outages.begin(0)
	away := func() {
		s.outages.begin(1)
		if err := s.FlushAudit(t.Context()); !errors.Is(err, errOutage) {
			t.Fatalf("FlushAudit = %v", err)
		}
	}
	for range 20 {
		s.CountRefused(t.Context(), 401, "GET /")
		s.now = s.now.Add(time.Minute)
		away()
	}
	for i := range 1000 {
		if err := s.RecordRead(t.Context(), account.AuditSubject{Kind: "users"}, fmt.Sprint(i)); err != nil {
			t.Fatalf("RecordRead no. %d = %v", i, err)
		}
	}
	s.outages.begin(1)
	if err := s.RecordRead(t.Context(), account.AuditSubject{Kind: "users"}, "too much"); !errors.Is(err, errOutage) {
		t.Errorf("RecordRead while too many wait = %v, want the store's error", err)
	}
	before := len(trailOf(t, s.store))
	s.outages.begin(0)
	if err := s.RecordRead(t.Context(), account.AuditSubject{Kind: "users"}, "the last"); err != nil {
		t.Errorf("RecordRead where the store is back = %v", err)
	}
	if err := s.FlushAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	reads, counts := 0, int64(0)
	minutes := map[time.Time]bool{}
	for _, r := range trailOf(t, s.store)[before:] {
		if r.Kind == account.AuditRead {
			reads++
		}
		if r.Kind == account.AuditRequestRefused {
			counts += r.Count
			minutes[r.At] = true
		}
	}
	if reads != 1001 || counts != 20 || len(minutes) > 5 {
		t.Errorf("there are %d reads and %d refusals in %d minutes, want 1001, 20 and few", reads, counts, len(minutes))
	}
}

// Run writes within a second or two what waits, and all of it when it ends.
func TestRunWritesWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
		if err != nil {
			t.Fatal(err)
		}
		store := memory.New()
		s, err := account.NewService(t.Context(), account.Config{Store: witness{store}, Passwords: passwords, Key: account.Key{1}})
		if err != nil {
			t.Fatal(err)
		}
		before := len(trailOf(t, store))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		if err := s.RecordRead(t.Context(), account.AuditSubject{Kind: "users"}, "users"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond) //nolint:forbidigo // of the bubble's clock
		if got := len(trailOf(t, store)) - before; got != 1 {
			t.Errorf("%d records were written within a second and a half, want 1", got)
		}
		s.CountRefused(t.Context(), 401, "GET /")
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got := len(trailOf(t, store)) - before; got != 2 {
			t.Errorf("%d records were written at the end, want 2", got)
		}
	})
}

// Records that are old enough leave a checkpoint, and a verification begins there.
func TestRecordsAreKeptForATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trail := account.NewAuditTrail(w.store, account.AuditKey{3}, func() time.Time { return w.now })
	for i := range 1200 { // more than a piece
		if _, err := w.CreateUser(t.Context(), account.NewUser{Name: fmt.Sprint("u", i), WithoutPassword: true}); err != nil {
			t.Fatal(err)
		}
	}
	seal := func() {
		if _, err := trail.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	seal()
	old, err := trail.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(48 * time.Hour)
	w.user("young", "user")
	seal()
	head, err := trail.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	removed, err := trail.Trim(t.Context(), w.now.Add(-24*time.Hour))
	if err != nil || removed < 1200 {
		t.Fatalf("Trim = %d, %v", removed, err)
	}
	if again, err := trail.Trim(t.Context(), w.now.Add(-24*time.Hour)); err != nil || again != 0 {
		t.Errorf("Trim once more = %d, %v", again, err)
	}
	seal()
	if report, err := trail.Verify(t.Context(), head); err != nil || report.Fault != "" || report.Records != 2 || report.From != removed+1 {
		t.Errorf("Verify = %+v, %v, want the young one and the record of the trim", report, err)
	}
	if report, err := trail.Verify(t.Context(), old); err != nil || report.Fault != "" {
		t.Errorf("Verify with the head at the checkpoint = %+v, %v", report, err)
	}
	list, err := w.Audit(t.Context(), account.AuditQuery{Newest: true, Limit: 1})
	if err != nil || len(list) != 1 || list[0].Kind != account.AuditTrimmed {
		t.Errorf("the last record is %+v, %v", list, err)
	}
}

// Nothing is sealed behind a state that was not written with the key: what was cut
// off must not be covered up.
func TestNothingIsSealedBehindAForgery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trail := account.NewAuditTrail(w.store, account.AuditKey{3}, nil)
	if _, err := trail.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := w.store.Update(t.Context(), func(w account.Writer) error {
		state, err := w.AuditState()
		if err != nil {
			return err
		}
		forged := account.AuditState{Seq: 1, MAC: [32]byte{1}}
		_, err = w.SealAudit(state, forged, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.user("anna", "user")
	_, err = trail.Seal(t.Context())
	w.refused("Seal", err, account.ErrAuditState)
	_, err = trail.Head(t.Context())
	w.refused("Head", err, account.ErrAuditState)
	report, err := trail.Verify(t.Context(), "")
	if err != nil || !strings.Contains(report.Fault, "not written with this key") {
		t.Errorf("Verify = %+v, %v", report, err)
	}
}

// Who acts is who has shown that they are somebody, and nobody before.
func TestWhoActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna", "manager")
	grant := w.login("anna", "me")
	for name, test := range map[string]struct {
		ctx  func() context.Context
		want string
	}{
		"a program": {t.Context, "program "},
		"a request": {func() context.Context { return account.WithOrigin(t.Context(), account.Origin{Source: "192.0.2.1"}) }, " "},
		"somebody with a token": {func() context.Context {
			ctx := account.WithOrigin(t.Context(), account.Origin{Source: "192.0.2.1"})
			if _, err := w.Caller(ctx, grant.User.ID, grant.SessionID, nil); err != nil {
				t.Error(err)
			}
			return ctx
		}, "user anna"},
		"a command": {func() context.Context {
			return account.WithSource(account.WithActor(t.Context(), account.AuditActor{Kind: "cli", Name: "root"}), "192.0.2.1")
		}, "cli root"},
	} {
		actor := account.ActorOf(test.ctx())
		if got := actor.Kind + " " + actor.Name; got != test.want {
			t.Errorf("%s acts as %q, want %q", name, got, test.want)
		}
	}
}

// A flood leaves those room who have shown who they are: that an auditor has read the
// trail is recorded whatever strangers do, by name and by the key that was shown.
func TestAFloodHidesNoReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.InsecureNoThrottle = true
	for i := range 60 {
		name := fmt.Sprint("known", i)
		w.user(name, "user")
		_, err := w.Login(account.WithSource(t.Context(), fmt.Sprintf("10.0.%d.1", i)), name, "wrong", account.Ask{})
		w.refused("Login", err, account.ErrBadLogin)
	}
	for i := range 60 {
		c := account.Caller{User: account.User{ID: "AUDITOR", Name: "lea"}, KeyID: "key"}
		w.CountAuditRead(account.WithSource(t.Context(), fmt.Sprintf("192.0.%d.1", i)), c)
	}
	w.CountAuditRead(t.Context(), account.Caller{User: account.User{ID: "LATE", Name: "max"}})
	before := len(trailOf(t, w.store))
	w.now = w.now.Add(time.Minute)
	if err := w.FlushAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	reads := map[string]int64{}
	for _, r := range trailOf(t, w.store)[before:] {
		if r.Kind == account.AuditRead {
			reads[r.Actor.ID+r.Actor.Key+r.Actor.Name+r.On.Kind] += r.Count
		}
	}
	if reads["AUDITORkeyleaaudit"] != 60 || reads["LATEmaxaudit"] != 1 || len(reads) != 2 {
		t.Errorf("the readings are %v, want 60 by lea with her key and one by max", reads)
	}
}

// What was counted while a clock was ahead does not wait for that time to come.
func TestCountsOfAClockThatWasPutBackAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.now = w.now.AddDate(1, 0, 0)
	w.CountRefused(t.Context(), 403, "GET /users")
	w.now = w.now.AddDate(-1, 0, 0)
	if err := w.FlushAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := trailOf(t, w.store)
	if last := list[len(list)-1]; last.Kind != account.AuditRequestRefused || last.Count != 1 {
		t.Errorf("the last record is %+v, want what was counted", last)
	}
}

// That a password is right is not found out without a record, whatever a caller makes
// of it.
func TestARightPasswordLeavesARecord(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(w *world) error{
		"at a sign-in for tokens with a given one": func(w *world) error {
			_, err := w.Login(t.Context(), "bob", secret, account.Ask{})
			return err
		},
		"as a given one, which it is not": func(w *world) error {
			_, err := w.ReplaceGivenPassword(t.Context(), "root", secret, another)
			return err
		},
		"as a given one, with another that is too short": func(w *world) error {
			_, err := w.ReplaceGivenPassword(t.Context(), "bob", secret, "short")
			return err
		},
		"as a given one, with the same": func(w *world) error {
			_, err := w.ReplaceGivenPassword(t.Context(), "bob", secret, secret)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.given()
			before := len(trailOf(t, w.store))
			if err := try(w); err == nil {
				t.Fatal("it was taken")
			}
			w.now = w.now.Add(time.Minute)
			if err := w.FlushAudit(t.Context()); err != nil {
				t.Fatal(err)
			}
			list := trailOf(t, w.store)[before:]
			if len(list) != 1 || list[0].Kind != account.AuditSignInRefused || !strings.Contains(list[0].Details.Get("what"), "with the right password") || list[0].On.Name == "" {
				t.Errorf("the records are %+v, want one that says that the password was right", list)
			}
		})
	}
}

// Of callers who are not known nothing is counted for an address, and all the
// same it stands in the records from where it was.
func TestASharedAddressIsRecordedAndNotCounted(t *testing.T) {
	t.Parallel()
	w, _ := watched(t)
	w.user("anna", "user")
	shared := account.WithOrigin(t.Context(), account.Origin{Source: "10.1.2.3", Shared: true})
	for i := range 110 {
		_, err := w.Login(shared, fmt.Sprint("nobody", i), "wrong", account.Ask{})
		w.refused("a guess", err, account.ErrBadLogin)
	}
	if _, err := w.Login(shared, "anna", secret, account.Ask{}); err != nil {
		t.Errorf("Login = %v", err)
	}
	list := trailOf(t, w.store)
	if last := list[len(list)-1]; last.Kind != account.AuditSignedIn || last.Source != "10.1.2.3" {
		t.Errorf("the last record is %+v, want the sign-in and from where it was", last)
	}
	w.now = w.now.Add(time.Minute)
	if err := w.FlushAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	list = trailOf(t, w.store)
	if last := list[len(list)-1]; last.Count != 110 || last.Source != "10.1.2.3" {
		t.Errorf("the last record is %+v, want 110 guesses and from where they were", last)
	}
}

// What a role grants and where a client sends codes stands whole in the records, so
// that a scope or an address cannot be hidden behind many others.
func TestNoChangeHidesBehindOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var scopes, redirects []string
	for i := range 199 {
		scopes = append(scopes, fmt.Sprintf("a%0127d", i))
	}
	for i := range 19 {
		redirects = append(redirects, fmt.Sprintf("https://a.example/%0200d", i))
	}
	_, err := w.PutRole(t.Context(), account.Role{Name: "large", Scopes: append(scopes, "users:write")})
	w.refused("PutRole", err, nil)
	_, _, err = w.CreateClient(t.Context(), account.Client{Name: "App", Public: true, FirstParty: true, Redirects: append(redirects, "https://z.example/cb")})
	w.refused("CreateClient", err, nil)
	list := trailOf(t, w.store)
	list = list[len(list)-2:]
	if got := list[0].Details.Get("scopes"); !strings.HasSuffix(got, " users:write") {
		t.Errorf("the scopes of the role are recorded as %.100q…", got)
	}
	if got := list[1].Details.Get("redirects"); !strings.HasSuffix(got, " https://z.example/cb") {
		t.Errorf("the redirect URIs of the client are recorded as %.100q…", got)
	}
}
