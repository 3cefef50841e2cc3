package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
)

// breachedOf knows one password, or cannot be asked.
type breachedOf struct {
	known string
	fails error
	asked int
}

func (b *breachedOf) Has(secret string) (bool, error) {
	b.asked++
	return secret == b.known, b.fails
}

// Wherever a password is set, one that is known from a breach is refused, and nothing
// is set while that cannot be asked. Hashes that are imported are nobody's passwords.
func TestBreachedPasswordsAreSetNowhere(t *testing.T) {
	t.Parallel()
	const known account.Secret = "known from a breach"
	w := newWorld(t)
	list := &breachedOf{known: string(known)}
	w.config.Policy = password.Policy{Breached: list}
	var err error
	if w.Service, err = account.NewService(t.Context(), w.config); err != nil {
		t.Fatal(err)
	}
	setup, err := w.NewSetup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ben := w.user("ben", "user")
	link, err := w.NewReset(t.Context(), ben.ID)
	if err != nil {
		t.Fatal(err)
	}
	visit, err := w.LoginSession(t.Context(), "ben", secret)
	if err != nil {
		t.Fatal(err)
	}
	caller, err := w.SessionCaller(t.Context(), visit.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateUser(t.Context(), account.NewUser{Name: "carl", Password: secret, Given: true}); err != nil {
		t.Fatal(err)
	}
	sets := map[string]func() error{
		"a new user": func() error {
			_, err := w.CreateUser(t.Context(), account.NewUser{Name: "x", Password: known})
			return err
		},
		"a sign-up": func() error {
			_, err := w.SignUp(t.Context(), account.NewUser{Name: "x", Password: known})
			return err
		},
		"the first administrator": func() error { _, err := w.Setup(t.Context(), setup, "root", known); return err },
		"a link":                  func() error { _, err := w.ResetPassword(t.Context(), link, known); return err },
		"a change":                func() error { return w.ChangePassword(t.Context(), caller, secret, known) },
		"in place of a given one": func() error { _, err := w.ReplaceGivenPassword(t.Context(), "carl", secret, known); return err },
	}
	for name, set := range sets {
		var invalid *account.InvalidError
		if err := set(); !errors.As(err, &invalid) || invalid.Field != "password" || !strings.Contains(invalid.Reason, "known from a breach") {
			t.Errorf("%s = %v, want an *InvalidError that says so", name, err)
		}
	}
	list.fails = errors.New("the disk is away")
	for name, set := range sets {
		if err := set(); !errors.Is(err, list.fails) {
			t.Errorf("%s while the list cannot be asked = %v, want its error", name, err)
		}
	}
	asked := list.asked
	why, err := w.Import(t.Context(), []account.ImportedUser{{Name: "dora", Hash: "$2b$04$1tKWjXXiogeqyfQWKqSs8euaKrfSmN6U1RE6t2J9u39w7iZVmp1z6"}})
	if err := errors.Join(append(why, err)...); err != nil || list.asked != asked {
		t.Errorf("Import = %v, and the list was asked %d times", err, list.asked-asked)
	}
}
