package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

// hasher is a password context that says what was asked of it, and fails when
// told to.
type hasher struct {
	*password.Context
	verified []string // the hashes, also those verified without a user
	fail     error
	hold     chan struct{} // verifications wait for it if there is one
	during   func()        // what happens during the next verification
}

func (h *hasher) VerifyAndUpdate(ctx context.Context, secret, hash string) (bool, string, error) {
	if h.fail != nil {
		return false, "", h.fail
	}
	if h.hold != nil {
		<-h.hold
		return h.Context.VerifyAndUpdate(ctx, secret, hash)
	}
	h.verified = append(h.verified, hash)
	if during := h.during; during != nil {
		h.during = nil
		during()
	}
	return h.Context.VerifyAndUpdate(ctx, secret, hash)
}

func (h *hasher) DummyVerifyLike(ctx context.Context, secret, like string) error {
	if h.fail != nil {
		return h.fail
	}
	h.verified = append(h.verified, like)
	return h.Context.DummyVerifyLike(ctx, secret, like)
}

// watched is a world whose hasher is watched.
func watched(t *testing.T) (*world, *hasher) {
	t.Helper()
	w := newWorld(t)
	passwords, err := password.NewContext(password.Config{
		Schemes: []password.Scheme{password.PBKDF2SHA256(1), password.PBKDF2SHA512(1)}, // which take no time
	})
	if err != nil {
		t.Fatal(err)
	}
	h := &hasher{Context: passwords}
	w.config.Passwords, w.config.Key = h, account.Key{1}
	w.config.Lane = work.NewLane(work.Config{Workers: 100}) // wide, so that only attempts are limited
	w.Service, err = account.NewService(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	return w, h
}

// try signs in from an address.
func (w *world) try(name, secret, from string) error {
	_, err := w.Login(account.WithSource(w.t.Context(), from), name, secret, account.Ask{})
	return err
}

func (w *world) throttled(what string, err error, want time.Duration) {
	w.t.Helper()
	var throttled *account.ThrottledError
	if !errors.As(err, &throttled) || throttled.RetryAfter != want {
		w.t.Errorf("%s = %v, want a ThrottledError of %v", what, err, want)
	}
}

// Whether or not there is such a user, the answers are the same ones in the same order, and
// each of them costs a verification until there are too many.
func TestNobodyStandsOut(t *testing.T) {
	t.Parallel()
	w, h := watched(t)
	w.user("anna", "user")
	off := w.user("off", "user")
	yes := true
	if _, err := w.UpdateUser(t.Context(), off.ID, account.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateUser(t.Context(), account.NewUser{Name: "without", WithoutPassword: true}); err != nil {
		t.Fatal(err)
	}
	damaged := w.user("damaged", "user")
	if err := w.store.Update(t.Context(), func(wr account.Writer) error { return wr.PutPasswordHash(damaged.ID, "$2b$99$x", "") }); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"anna", "off", "without", "damaged", "nobody", "", "nobody\x00"} {
		h.verified = nil
		from := fmt.Sprintf("192.0.2.%d", i)
		for n := range 10 {
			secret := "wrong"
			if name != "anna" {
				secret = []string{secret, strings.Repeat("x", 10_000)}[n%2]
			}
			w.refused(fmt.Sprintf("Login(%q) %d", name, n), w.try(name, secret, from), account.ErrBadLogin)
		}
		w.throttled("one more", w.try(name, secret, from), 90*time.Second)
		if len(h.verified) != 10 || slices.Contains(h.verified, "") {
			t.Errorf("%q: verifications of %q, want 10 of some hash: none for the attempt too many", name, h.verified)
		}
	}
}

// All spellings of a name are one account, and all addresses together have no
// more attempts at it than one.
func TestAliasesShareACount(t *testing.T) {
	t.Parallel()
	w, h := watched(t)
	w.user("kate", "user")
	for i := range 1000 {
		name := []string{"kate", "KATE", " kate\t", "\u212Aate"}[i%4] // the last with a Kelvin sign
		_ = w.try(name, "wrong", fmt.Sprintf("198.51.100.%d", i%200))
	}
	if len(h.verified) != 10 {
		t.Errorf("%d of 1,000 guesses were verified, want 10", len(h.verified))
	}
	h.verified = nil
	for i := range 40 {
		_ = w.try([]string{"nobody", "NOBODY", " nobody"}[i%3], "wrong", fmt.Sprintf("203.0.113.%d", i))
	}
	if len(h.verified) != 10 {
		t.Errorf("%d of 40 guesses at a name that nobody has were verified, want 10", len(h.verified))
	}
}

// What a name's other spelling has used up is used up for the name, whether or
// not somebody has it: otherwise the difference would tell.
func TestSpellingsDoNotTellWhoExists(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"kate", "nobody"} {
		w, _ := watched(t)
		w.user("kate", "user")
		for range 10 {
			w.refused("Login", w.try(name+" ", "wrong", "198.51.100.1"), account.ErrBadLogin)
		}
		w.throttled(name, w.try(name, "wrong", "198.51.100.1"), 90*time.Second)
	}
}

// Somebody guesses 10,000 times in an hour from as many addresses, whatever the case
// of the name's letters: no more than a hundred are verified, and the owner gets in
// all the while from where they were before.
func TestTheOwnerGetsIn(t *testing.T) {
	t.Parallel()
	w, h := watched(t)
	w.user("anna", "user")
	if err := w.try("anna", secret, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	h.verified = nil
	for minute := range 60 {
		for n := range 167 {
			_ = w.try([]string{"anna", "Anna", "ANNA"}[n%3], "wrong", fmt.Sprintf("198.51.%d.%d", minute, n))
		}
		if minute%10 == 0 {
			before := len(h.verified)
			if err := w.try("anna", secret, "192.0.2.1"); err != nil {
				t.Errorf("minute %d: the owner's sign-in = %v", minute, err)
			}
			h.verified = h.verified[:before]
		}
		w.now = w.now.Add(time.Minute)
	}
	if len(h.verified) > 100 || len(h.verified) < 50 {
		t.Errorf("%d guesses in an hour were verified, want at most 100", len(h.verified))
	}
	var throttled *account.ThrottledError
	for errors.Is(w.try("anna", "wrong", "198.51.100.77"), account.ErrBadLogin) { // those that came back
	}
	if err := w.try("anna", secret, "198.51.100.77"); !errors.As(err, &throttled) {
		t.Errorf("the right password from elsewhere = %v, want a ThrottledError", err)
	}

	// The owner's address is no way around the bound.
	for range 10 {
		w.refused("a guess from there", w.try("anna", "wrong", "192.0.2.1"), account.ErrBadLogin)
	}
	w.throttled("one more", w.try("anna", secret, "192.0.2.1"), 45*time.Second)
}

func TestAnAddressThatTriesManyNames(t *testing.T) {
	t.Parallel()
	w, h := watched(t)
	for i := range 300 {
		_ = w.try(fmt.Sprintf("name%d", i), "wrong", fmt.Sprintf("2001:db8::%x", i)) // all of one /64
	}
	if len(h.verified) != 100 {
		t.Errorf("%d of 300 were verified, want 100", len(h.verified))
	}
	w.throttled("one more", w.try("another", "wrong", "2001:db8::ffff"), 10*time.Second)
	w.refused("from another network", w.try("another", "wrong", "2001:db8:0:1::1"), account.ErrBadLogin)
}

// What was not verified was no failure, nor is a right password one.
func TestAttemptsThatAreGivenBack(t *testing.T) {
	t.Parallel()
	w, h := watched(t)
	w.user("anna", "user")
	for range 30 {
		w.login("anna")
	}
	h.fail = errors.New("the lane is full")
	for _, name := range []string{"anna", "nobody"} {
		for range 30 {
			w.refused("Login", w.try(name, secret, "192.0.2.1"), h.fail)
		}
	}
	h.fail = nil
	for _, name := range []string{"anna", "nobody"} {
		for range 10 {
			w.refused("Login", w.try(name, "wrong", "192.0.2.1"), account.ErrBadLogin)
		}
	}
}

// Many right passwords at once are not too many: they wait for their turn.
func TestSignInsTakeTurns(t *testing.T) {
	t.Parallel()
	w, h := watched(t)
	w.user("anna", "user")
	synctest.Test(t, func(t *testing.T) {
		h.hold = make(chan struct{})
		results := make(chan error, 30)
		for range 30 {
			go func() { _, err := w.Login(t.Context(), "anna", secret, account.Ask{}); results <- err }()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.Login(ctx, "anna", secret, account.Ask{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Login of a caller who leaves = %v, want DeadlineExceeded", err)
		}
		if _, err := w.Login(t.Context(), "nobody", secret, account.Ask{}); !errors.Is(err, account.ErrBadLogin) {
			t.Errorf("Login at another account = %v, want ErrBadLogin at once", err)
		}
		close(h.hold)
		for range 30 {
			if err := <-results; err != nil {
				t.Errorf("Login = %v, want nil", err)
			}
		}
	})
}

// A name without a user gets the kind of hash that others have, in their
// proportions, and always the same.
func TestNobodyLooksLikeEverybody(t *testing.T) {
	t.Parallel()
	w, h := watched(t)
	var list []account.ImportedUser
	for n := range 100 {
		hash := "$pbkdf2-sha256$1$c29tZXNhbHRzb21lc2FsdA$" + strings.Repeat("A", 43)
		if n < 30 {
			hash = "$pbkdf2-sha512$1$c29tZXNhbHRzb21lc2FsdA$" + strings.Repeat("A", 86)
		}
		list = append(list, account.ImportedUser{Name: fmt.Sprintf("user%d", n), Hash: hash})
	}
	why, err := w.Import(t.Context(), list)
	if err := errors.Join(append(why, err)...); err != nil {
		t.Fatal(err)
	}
	looks := func(name string) string {
		h.verified = nil
		w.now = w.now.Add(time.Second) // of all strangers together there may not be many
		w.refused("Login", w.try(name, "wrong", ""), account.ErrBadLogin)
		return h.verified[0]
	}
	longer, moved := 0, 0
	like := map[string]string{}
	for i := range 1000 {
		name := fmt.Sprintf("nobody%d", i)
		like[name] = looks(name)
		if strings.HasPrefix(like[name], "$pbkdf2-sha512$") {
			longer++
		}
	}
	if longer < 250 || longer > 350 {
		t.Errorf("%d of 1,000 names look like the kind that 30 of 100 have, want about 300", longer)
	}
	w.user("another", "user") // one more of the other kind
	for name, before := range like {
		if looks(strings.ToUpper(name)) != before {
			moved++
		}
	}
	if moved > 20 {
		t.Errorf("%d of 1,000 names look different after one user more, want about 7", moved)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna", "user")
	mine, other := w.login("anna", "me"), w.login("anna", "me")
	c, err := w.caller(mine)
	if err != nil {
		t.Fatal(err)
	}
	const next = "a new horse battery"
	var invalid *account.InvalidError
	w.refused("with a wrong password", w.ChangePassword(t.Context(), c, "wrong", next), account.ErrBadLogin)
	if err := w.ChangePassword(t.Context(), c, secret, "short"); !errors.As(err, &invalid) {
		t.Errorf("ChangePassword to a short one = %v, want an InvalidError", err)
	}
	if err := w.ChangePassword(t.Context(), c, secret, "the cats of anna"); !errors.As(err, &invalid) {
		t.Errorf("ChangePassword to one with the name = %v, want an InvalidError", err)
	}
	if err := w.ChangePassword(t.Context(), c, secret, next); err != nil {
		t.Fatal(err)
	}
	if _, err := w.caller(mine); err != nil {
		t.Errorf("the caller's own session = %v, want that it goes on", err)
	}
	_, err = w.caller(other)
	w.refused("the other session", err, account.ErrNoCaller)
	w.refused("Login with the old password", w.try("anna", secret, ""), account.ErrBadLogin)
	if err := w.try("anna", next, ""); err != nil {
		t.Errorf("Login with the new password = %v", err)
	}
	if err := w.Logout(t.Context(), mine.SessionID); err != nil {
		t.Fatal(err)
	}
	w.refused("after logout", w.ChangePassword(t.Context(), c, next, secret), account.ErrNoCaller)
}

// Guesses at the present password and at the sign-in are one count.
func TestChangePasswordIsNoWayAround(t *testing.T) {
	t.Parallel()
	w, h := watched(t)
	w.user("anna", "user")
	c, err := w.caller(w.login("anna", "me"))
	if err != nil {
		t.Fatal(err)
	}
	h.verified = nil
	for range 20 {
		_ = w.ChangePassword(t.Context(), c, "wrong", "a new horse battery")
		_ = w.try("anna", "wrong", "")
	}
	if len(h.verified) != 10 {
		t.Errorf("%d of 40 guesses were verified, want 10", len(h.verified))
	}
	w.throttled("ChangePassword", w.ChangePassword(t.Context(), c, secret, "a new horse battery"), 90*time.Second)
}

func TestResetPassword(t *testing.T) {
	t.Parallel()
	const next = "a new horse battery"
	reset := func(w *world, link account.Secret) error {
		_, err := w.ResetPassword(w.t.Context(), link, next)
		return err
	}
	for name, test := range map[string]struct {
		meanwhile func(w *world, u account.User) error
		want      error
	}{
		"it works": {func(*world, account.User) error { return nil }, nil},
		"it works after 59 minutes": {func(w *world, _ account.User) error {
			w.now = w.now.Add(59 * time.Minute)
			return nil
		}, nil},
		"it is too old after an hour": {func(w *world, _ account.User) error {
			w.now = w.now.Add(time.Hour)
			return nil
		}, account.ErrBadReset},
		"another link came after it": {func(w *world, u account.User) error {
			_, err := w.NewReset(w.t.Context(), u.ID)
			return err
		}, account.ErrBadReset},
		"the password was changed": {func(w *world, _ account.User) error {
			c, err := w.caller(w.login("anna", "me"))
			return errors.Join(err, w.ChangePassword(w.t.Context(), c, secret, "another horse battery"))
		}, account.ErrBadReset},
		"another hash was stored": {func(w *world, u account.User) error {
			return w.store.Update(w.t.Context(), func(wr account.Writer) error { return wr.PutPasswordHash(u.ID, "another", "") })
		}, account.ErrBadReset},
		"the user is gone": {func(w *world, u account.User) error { return w.RemoveUser(w.t.Context(), u.ID) }, account.ErrBadReset},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			u := w.user("anna", "user")
			link, err := w.NewReset(t.Context(), u.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := test.meanwhile(w, u); err != nil {
				t.Fatal(err)
			}
			w.refused("ResetPassword", reset(w, link), test.want)
			w.refused("the second time", reset(w, link), account.ErrBadReset)
			if test.want == nil {
				w.refused("Login with the old password", w.try("anna", secret, ""), account.ErrBadLogin)
				w.refused("Login with the new password", w.try("anna", next, ""), nil)
			}
		})
	}
}

// Somebody guesses, the owner resets, and gets in from where that was done.
func TestAResetMakesItsAddressKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user("anna", "user")
	w.refused("Login from the address of old", w.try("anna", secret, "192.0.2.9"), nil)
	for n := range 20 {
		w.refused("a guess", w.try("anna", "wrong", fmt.Sprintf("198.51.%d.1", n)), account.ErrBadLogin)
	}
	link, err := w.NewReset(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	const next = "a new horse battery"
	if _, err := w.ResetPassword(account.WithSource(t.Context(), "192.0.2.1"), link, next); err != nil {
		t.Fatal(err)
	}
	w.refused("Login from the address of the reset", w.try("anna", next, "192.0.2.1"), nil)
	w.throttled("Login from the address of old", w.try("anna", next, "192.0.2.9"), 5*time.Second)
}

func TestAResetLinkIsForWhoHasNoPasswordYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, err := w.CreateUser(t.Context(), account.NewUser{Name: "anna", WithoutPassword: true})
	if err != nil {
		t.Fatal(err)
	}
	link, err := w.NewReset(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	var invalid *account.InvalidError
	if _, err := w.ResetPassword(t.Context(), link, "short"); !errors.As(err, &invalid) {
		t.Errorf("ResetPassword(short) = %v, want an InvalidError", err)
	}
	if _, err := w.ResetPassword(t.Context(), link, "the cats of anna"); !errors.As(err, &invalid) {
		t.Errorf("ResetPassword to one with the name = %v, want an InvalidError", err)
	}
	if _, err := w.ResetPassword(t.Context(), link, secret); err != nil {
		t.Errorf("ResetPassword after a refused one = %v", err)
	}
	w.login("anna")
	_, err = w.NewReset(t.Context(), "nobody")
	w.refused("NewReset", err, account.ErrNoUser)
	if _, err := w.CreateUser(t.Context(), account.NewUser{Name: "ben", Password: secret, WithoutPassword: true}); !errors.As(err, &invalid) {
		t.Errorf("CreateUser with a password and without = %v, want an InvalidError", err)
	}
	if _, err := w.CreateUser(t.Context(), account.NewUser{Name: "ben"}); !errors.As(err, &invalid) {
		t.Errorf("CreateUser without a password and without saying so = %v, want an InvalidError", err)
	}
}

// Guesses at links are counted for the address, as those at passwords are.
func TestGuessesAtLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := account.WithSource(t.Context(), "192.0.2.1")
	for range 25 {
		_, err := w.ResetPassword(ctx, "x", secret)
		w.refused("ResetPassword", err, account.ErrBadReset)
		_, err = w.Setup(ctx, "x", "anna", secret)
		w.refused("Setup", err, account.ErrBadSetup)
		w.refused("CheckReset", w.CheckReset(ctx, "x"), account.ErrBadReset)
		w.refused("CheckSetup", w.CheckSetup(ctx, "x"), account.ErrBadSetup)
	}
	w.throttled("CheckReset", w.CheckReset(ctx, "x"), 10*time.Second)
	w.throttled("CheckSetup", w.CheckSetup(ctx, "x"), 10*time.Second)
	_, err := w.ResetPassword(ctx, "x", secret)
	w.throttled("ResetPassword", err, 10*time.Second)
	_, err = w.Setup(ctx, "x", "anna", secret)
	w.throttled("Setup", err, 10*time.Second)
	w.throttled("Login", w.try("anna", secret, "192.0.2.1"), 10*time.Second)
}

func TestImport(t *testing.T) {
	t.Parallel()
	w, hasher := watched(t)
	w.user("taken", "user")
	hash, err := hasher.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	list := []account.ImportedUser{
		{Name: "Anna", Email: "anna@example.org", Hash: hash, Roles: []string{"user"}},
		{Name: "off", Hash: hash, Disabled: true},
		{Name: "without"},
		{Name: "taken", Hash: hash},
		{Name: "ANNA", Hash: hash},
		{Name: "a b", Hash: hash},
		{Name: "md5", Hash: "5f4dcc3b5aa765d61d8327deb882cf99"},
		{Name: "hostile", Hash: "$pbkdf2-sha256$999999999$c29tZXNhbHRzb21lc2FsdA$" + strings.Repeat("A", 43)},
		{Name: "ghost", Hash: hash, Roles: []string{"ghost"}},
	}
	want := []string{"", "", "", "taken", "taken", "name may contain only", "MD5", "more work", "unknown role"}
	check := func(what string, why []error, err error, want []string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s = %v", what, err)
		}
		for i, err := range why {
			if (err == nil) != (want[i] == "") || err != nil && !strings.Contains(err.Error(), want[i]) {
				t.Errorf("%s of %s = %v, want %q", what, list[i].Name, err, want[i])
			}
		}
	}
	why, err := w.CheckImport(t.Context(), list)
	check("CheckImport", why, err, want)
	w.refused("Login after CheckImport", w.try("anna", secret, ""), account.ErrBadLogin)
	why, err = w.Import(t.Context(), list)
	check("Import", why, err, want)
	before := everybody(t, w)
	why, err = w.Import(t.Context(), list)
	check("Import again", why, err, []string{"taken", "taken", "taken", "taken", "taken", "name may contain only", "MD5", "more work", "unknown role"})
	if after := everybody(t, w); !reflect.DeepEqual(after, before) {
		t.Errorf("a second import changed the store to %v from %v", after, before)
	}
	w.login("anna")
	w.refused("Login of a disabled one", w.try("off", secret, ""), account.ErrBadLogin)
	w.refused("Login of one without a password", w.try("without", "", ""), account.ErrBadLogin)
}

// everybody is all users with their password hashes.
func everybody(t *testing.T, w *world) (list []account.ImportedUser) {
	t.Helper()
	err := w.store.View(t.Context(), func(r account.Reader) error {
		users, err := r.Users("", 1000)
		for _, user := range users {
			hash, err := r.PasswordHash(user.ID)
			if err != nil {
				return err
			}
			list = append(list, account.ImportedUser{Name: user.Name, Email: user.Email, Roles: user.Roles, Disabled: user.Disabled, Hash: hash})
		}
		return err
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("there are users %v, %v", list, err)
	}
	return list
}

func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	key := account.Key{1, 2, 3}
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	config := account.Config{Key: key}
	for _, got := range []string{fmt.Sprint(key), fmt.Sprintf("%v %+v %#v %x %d %s", key, key, key, key, key, key), string(text), fmt.Sprintf("%+v", config.Key)} {
		if !strings.Contains(got, "[secret]") || strings.ContainsAny(got, "123") {
			t.Errorf("a key prints as %s", got)
		}
	}
}

// fmt does not ask the methods of what an unexported field holds.
func TestAServiceDoesNotPrintItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range w.config.Key {
		w.config.Key[i] = 0xAB
	}
	s, err := account.NewService(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d"} {
		text := strings.ToLower(fmt.Sprintf(verb, s))
		for _, key := range []string{"171 171", "0xab, 0xab", "abab"} {
			if strings.Contains(text, key) {
				t.Errorf("a service prints its key with %s: %s", verb, text)
			}
		}
	}
}

// What the caller does with its Config after NewService changes nothing.
func TestTheConfigurationOfAServiceStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.Policy.Forbidden = []string{"battery"}
	s, err := account.NewService(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	w.config.Policy.Forbidden[0] = "another"
	var invalid *account.InvalidError
	if _, err := s.CreateUser(t.Context(), account.NewUser{Name: "anna", Password: secret}); !errors.As(err, &invalid) {
		t.Errorf("CreateUser with a forbidden password = %v, want an InvalidError", err)
	}
}
