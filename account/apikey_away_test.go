package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// keyOperations are all that the domain does with keys, on a store that can fail.
var keyOperations = map[string]struct {
	do   func(s *shaky, ctx context.Context, g account.APIKeyGrant) error
	want error
}{
	"a key": {func(s *shaky, ctx context.Context, _ account.APIKeyGrant) error {
		g, err := s.NewAPIKey(ctx, of(s.anna), account.APIKeyAsk{Name: "x", Scopes: []string{"me"}})
		if (g.Secret != "") != (err == nil) {
			return errors.New("a secret and an error, or neither")
		}
		return err
	}, nil},
	"an own key": {func(s *shaky, ctx context.Context, _ account.APIKeyGrant) error {
		return second(s.NewOwnAPIKey(ctx, s.caller, account.APIKeyAsk{Name: "x", Scopes: []string{"me"}}))
	}, nil},
	"a request with a key": {func(s *shaky, ctx context.Context, g account.APIKeyGrant) error {
		return second(s.APIKeyCaller(ctx, g.Secret))
	}, nil},
	"the keys": {func(s *shaky, ctx context.Context, _ account.APIKeyGrant) error {
		return second(s.APIKeys(ctx, of(s.anna)))
	}, nil},
	"revoking": {func(s *shaky, ctx context.Context, g account.APIKeyGrant) error {
		return s.RevokeAPIKey(ctx, of(s.anna), g.Key.ID)
	}, nil},
	"revoking what is not there": {func(s *shaky, ctx context.Context, _ account.APIKeyGrant) error {
		return s.RevokeAPIKey(ctx, of(s.anna), "x")
	}, account.ErrNoAPIKey},
	"a rotation": {func(s *shaky, ctx context.Context, g account.APIKeyGrant) error {
		return second(s.RotateAPIKey(ctx, of(s.anna), g.Key.ID, time.Hour))
	}, nil},
	"a rotation that ends the one before": {func(s *shaky, ctx context.Context, g account.APIKeyGrant) error {
		return second(s.RotateOwnAPIKey(ctx, s.caller, g.Key.ID, 0))
	}, nil},
}

func TestNoKeyPassesWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	for name, op := range keyOperations {
		for n := 1; ; n++ {
			s := newShaky(t)
			s.outages.begin(0)
			g := s.key(of(s.anna), "me")
			s.outages.begin(n)
			err := op.do(s, t.Context(), g)
			if s.outages.failed == "" {
				s.refused(name+" with a store that works", err, op.want)
				break
			}
			if s.outages.failed == "Changes" { // the store itself is asked
				s.refused(name+": Changes fails", err, op.want)
				continue
			}
			s.away(err)
			if s.outages.commits != 0 || errors.Is(err, account.ErrNoAPIKey) {
				t.Errorf("%s: call %d, %s, fails: %v, with %d commits", name, n, s.outages.failed, err, s.outages.commits)
			}
			s.refused(name+" again after "+s.outages.failed, op.do(s, t.Context(), g), op.want)
		}
	}
}

func BenchmarkAPIKeyCaller(b *testing.B) {
	w := benchWorld(b)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.service.APIKeyCaller(ctx, w.key); err != nil {
			b.Fatal(err)
		}
	}
}

type keyBench struct {
	service *account.Service
	key     account.Secret
}

func benchWorld(b *testing.B) keyBench {
	b.Helper()
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		b.Fatal(err)
	}
	s, err := account.NewService(b.Context(), account.Config{Store: memory.New(), Passwords: passwords})
	if err != nil {
		b.Fatal(err)
	}
	u, err := s.CreateUser(b.Context(), account.NewUser{Name: "ann", WithoutPassword: true, Roles: []string{"user"}})
	if err != nil {
		b.Fatal(err)
	}
	g, err := s.NewAPIKey(b.Context(), of(u), account.APIKeyAsk{Name: "x", Scopes: []string{"me"}})
	if err != nil {
		b.Fatal(err)
	}
	return keyBench{s, g.Secret}
}
