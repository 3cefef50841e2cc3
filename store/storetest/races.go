package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
)

const secret = "correct horse battery"

// service is the domain on the store, with hashes that take no time.
func service(t *testing.T, store account.Store, options ...func(*account.Config)) *account.Service {
	t.Helper()
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
	if err != nil {
		t.Fatal(err)
	}
	config := account.Config{Store: store, Passwords: passwords}
	for _, option := range options {
		option(&config)
	}
	s, err := account.NewService(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t *testing.T, s *account.Service, name string, roles ...string) account.User {
	t.Helper()
	u, err := s.CreateUser(t.Context(), account.NewUser{Name: name, Password: secret, Roles: roles})
	if err != nil {
		t.Fatalf("CreateUser(%s) = %v", name, err)
	}
	return u
}

// patiently runs fn again as long as the store says that it is to be tried later, as
// one may that so many ask at once on a busy machine.
func patiently(fn func() error) error {
	for {
		err := fn()
		var busy interface{ RetryAfter() time.Duration }
		if !errors.As(err, &busy) {
			return err
		}
	}
}

// atOnce runs fn n times at once, and returns how many gave no error. All
// others must give the refusal.
func atOnce(t *testing.T, n int, refusal error, fn func(ctx context.Context, i int) error) (won int) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = patiently(func() error { return fn(t.Context(), i) })
		})
	}
	close(start)
	wg.Wait()
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, refusal):
			t.Errorf("got %v, want %v", err, refusal)
		}
	}
	return won
}

func testAdminRace(t *testing.T, store account.Store) {
	s := service(t, store)
	admins := []account.User{create(t, s, "anna", "admin"), create(t, s, "ben", "admin")}
	yes := true
	won := atOnce(t, 6, account.ErrLastAdmin, func(ctx context.Context, i int) error {
		who := admins[i%2].ID
		switch i / 2 {
		case 0:
			_, err := s.UpdateUser(ctx, who, account.UserChange{Disabled: &yes})
			return ignoreGone(err)
		case 1:
			_, err := s.SetRoles(ctx, who, []string{"user"})
			return ignoreGone(err)
		}
		return ignoreGone(s.RemoveUser(ctx, who))
	})
	if won == 0 {
		t.Error("no change succeeded, want those of one administrator")
	}
	view(t, store, func(r account.Reader) error {
		expect(t, "CountAble", 1)(r.CountAble(account.RoleAdmin))
		return nil
	})
}

// ignoreGone is for a user that another call has removed.
func ignoreGone(err error) error {
	if errors.Is(err, account.ErrNoUser) {
		return nil
	}
	return err
}

func testNameRace(t *testing.T, store account.Store) {
	s := service(t, store)
	won := atOnce(t, 8, account.ErrNameTaken, func(ctx context.Context, _ int) error {
		_, err := s.CreateUser(ctx, account.NewUser{Name: "anna", Password: secret})
		return err
	})
	if won != 1 {
		t.Errorf("%d users of one name were created, want 1", won)
	}
}

// Stores compare names as they are, and the service has one spelling of each.
func testNamesInCapitals(t *testing.T, store account.Store) {
	s := service(t, store)
	anna := create(t, s, "Anna", "user")
	if _, err := s.CreateUser(t.Context(), account.NewUser{Name: "aNNa", Password: secret}); !errors.Is(err, account.ErrNameTaken) {
		t.Errorf("CreateUser with a name that differs in case alone = %v, want ErrNameTaken", err)
	}
	expect(t, "UserByName", anna)(s.UserByName(t.Context(), "ANNA"))
}

func testSetupRace(t *testing.T, store account.Store) {
	s := service(t, store)
	link, err := s.NewSetup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	won := atOnce(t, 8, account.ErrBadSetup, func(ctx context.Context, i int) error {
		_, err := s.Setup(ctx, link, []string{"anna", "ben"}[i%2], secret)
		return err
	})
	if won != 1 {
		t.Errorf("%d administrators were made, want 1", won)
	}
	if _, err := s.NewSetup(t.Context()); !errors.Is(err, account.ErrSetupDone) {
		t.Errorf("NewSetup with an administrator = %v, want ErrSetupDone", err)
	}
}
