package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
)

// long is a password of more than bcrypt reads, and cut is what systems leave of it
// that cut there.
const long = "a sentence that is longer than the seventy-two bytes which bcrypt looks at, and goes on"

var cut = long[:72]

// cutting is a world with a user who was imported from a system that cut passwords.
type cutting struct {
	*world
	noted []string // whom OnCut was called for
}

func newCutting(t *testing.T, prefix string, until time.Duration) *cutting {
	t.Helper()
	c := &cutting{world: newWorld(t)}
	passwords, err := password.NewContext(password.Config{Schemes: append([]password.Scheme{password.PBKDF2SHA256(1), password.Bcrypt(4)}, password.Foreign()...)})
	if err != nil {
		t.Fatal(err)
	}
	c.config.Passwords = passwords
	c.config.OnCut = func(_ context.Context, user account.User) { c.noted = append(c.noted, user.Name) }
	if c.Service, err = account.NewService(t.Context(), c.config); err != nil {
		t.Fatal(err)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(cut), 4)
	if err != nil {
		t.Fatal(err)
	}
	one := account.ImportedUser{Name: "anna", Hash: prefix + string(hash)[3:]}
	if until != 0 {
		one.CutUntil = c.now.Add(until)
	}
	why, err := c.Import(t.Context(), []account.ImportedUser{one})
	if err := errors.Join(append(why, err)...); err != nil {
		t.Fatal(err)
	}
	return c
}

// tries signs in, and says whether that is refused as a wrong password is.
func (c *cutting) tries(secret string) bool {
	c.t.Helper()
	_, err := c.Login(c.t.Context(), "anna", secret, account.Ask{})
	if err != nil && !errors.Is(err, account.ErrBadLogin) {
		c.t.Fatalf("Login = %v", err)
	}
	return err == nil
}

// The owner gets in once with what another system has kept, and from then on with
// all of the password alone.
func TestAPasswordThatWasCut(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"$2a", "$2b", "$2y", "bcrypt$$2b"} {
		c := newCutting(t, prefix, time.Hour)
		if c.tries(cut[:71]) || c.tries(long[1:]) || c.tries("x"+long) || c.tries(cut+"\x00"+long) || c.tries(strings.Repeat("x", 4096)) {
			t.Errorf("%s: a wrong password is right", prefix)
		}
		if len(c.noted) != 0 || !c.tries(long) || len(c.noted) != 1 || c.noted[0] != "anna" {
			t.Errorf("%s: the owner does not get in, or it is not told: %v", prefix, c.noted)
		}
		if c.tries(cut) || c.tries(cut+"another end") {
			t.Errorf("%s: after that, what the system kept is enough", prefix)
		}
		if !c.tries(long) || len(c.noted) != 1 {
			t.Errorf("%s: the whole password is not right, or is told as cut: %v", prefix, c.noted)
		}
	}
}

// The mark is for one sign-in, whatever it was with, and goes with the hash.
func TestWhatEndsTheMarkOfACutPassword(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		until time.Duration
		do    func(c *cutting)
		want  bool
	}{
		"nothing":                        {time.Hour, func(*cutting) {}, true},
		"a wrong password":               {time.Hour, func(c *cutting) { c.tries("wrong") }, true},
		"no mark at all":                 {0, func(*cutting) {}, false},
		"its date":                       {time.Hour, func(c *cutting) { c.now = c.now.Add(time.Hour) }, false},
		"a clock that was put back":      {time.Hour, func(c *cutting) { c.now = c.now.Add(-time.Hour) }, true},
		"a sign-in that needed no mark":  {time.Hour, func(c *cutting) { c.tries(cut) }, false},
		"a link that set another":        {time.Hour, func(c *cutting) { c.reset(another) }, false},
		"removal after its date":         {time.Hour, func(c *cutting) { c.remove(c.now.Add(time.Hour)); c.now = c.now.Add(-time.Hour) }, false},
		"removal of those of the past":   {time.Hour, func(c *cutting) { c.remove(c.now) }, true},
		"a second import, without a cut": {time.Hour, func(c *cutting) { _, _ = c.Import(c.t.Context(), []account.ImportedUser{{Name: "anna"}}) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCutting(t, "$2b", test.until)
			test.do(c)
			if got := c.tries(long); got != test.want {
				t.Errorf("the owner gets in: %v, want %v", got, test.want)
			}
		})
	}
}

func (c *cutting) reset(next account.Secret) {
	c.t.Helper()
	anna, err := c.UserByName(c.t.Context(), "anna")
	if err != nil {
		c.t.Fatal(err)
	}
	link, err := c.NewReset(c.t.Context(), anna.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.ResetPassword(c.t.Context(), link, next); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cutting) remove(until time.Time) {
	c.t.Helper()
	if err := c.store.Update(c.t.Context(), func(w account.Writer) error { return w.RemoveCutMarks(until) }); err != nil {
		c.t.Fatal(err)
	}
}

// Hashes of other kinds have no mark: nothing of a password is left out there.
func TestOtherHashesAreNotCut(t *testing.T) {
	t.Parallel()
	c := newCutting(t, "$2b", time.Hour)
	hash, err := c.config.Passwords.Hash(t.Context(), cut)
	if err != nil {
		t.Fatal(err)
	}
	why, err := c.Import(t.Context(), []account.ImportedUser{{Name: "ben", Hash: hash, CutUntil: c.now.Add(time.Hour)}})
	if err := errors.Join(append(why, err)...); err != nil {
		t.Fatal(err)
	}
	_, err = c.Login(t.Context(), "ben", long, account.Ask{})
	c.refused("a longer password than the one of another kind of hash", err, account.ErrBadLogin)
}
