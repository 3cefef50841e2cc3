package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/holdfast-go/holdfast/account"
)

// What happens to one session at the same time, at one store or at two that are
// open on one file, must be what could have happened one after the other: the
// history of a random run is compared with this model.
type (
	call struct {
		do    string // refresh, end, look
		token account.Secret
	}
	outcome struct {
		token account.Secret // of a refresh that was not refused
		ok    bool           // it was not refused; the session was there
	}
	life struct {
		over      bool
		now, last account.Secret // the token that is good, and the one before
	}
)

func model(first account.Secret) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return life{now: first} },
		Step: func(state, input, output any) (bool, any) {
			s, in, out := state.(life), input.(call), output.(outcome)
			switch {
			case in.do == "look":
				return out.ok == !s.over, s
			case in.do == "end":
				return out.ok == !s.over, life{over: true}
			case s.over:
				return !out.ok, s
			case in.token == s.now: // rotates
				return out.ok && out.token != s.now && out.token != s.last, life{now: out.token, last: s.now}
			case in.token == s.last: // repeats
				return out.ok && out.token == s.now, s
			}
			return !out.ok, life{over: true} // theft
		},
	}
}

// run is one session, and what several callers do to it at once.
type run struct {
	t        *testing.T
	services []*account.Service
	begun    time.Time
	grant    account.Grant

	mu      sync.Mutex
	tokens  []account.Secret // all that were given
	history []porcupine.Operation
}

// act does something by chance, and notes it.
func (r *run) act(ctx context.Context, client int, chance *rand.Rand) {
	s := r.services[client%len(r.services)]
	in, out := call{do: "refresh"}, outcome{}
	r.mu.Lock()
	in.token = r.tokens[len(r.tokens)-1]
	if chance.IntN(4) == 0 { // an old one
		in.token = r.tokens[chance.IntN(len(r.tokens))]
	}
	r.mu.Unlock()
	switch chance.IntN(20) {
	case 0:
		in = call{do: "end"}
	case 1, 2, 3:
		in = call{do: "look"}
	}
	from := time.Since(r.begun)
	var err error
	switch in.do {
	case "refresh":
		var grant account.Grant
		grant, err = s.Refresh(ctx, string(in.token), account.Ask{})
		out.token = grant.RefreshToken
	case "end":
		err = s.EndSession(ctx, r.grant.User.ID, r.grant.SessionID)
	case "look":
		var list []account.SessionInfo
		if list, err = s.Sessions(ctx, r.grant.User.ID); err == nil && len(list) == 0 {
			err = account.ErrNoSession
		}
	}
	to := time.Since(r.begun)
	out.ok = err == nil
	if err != nil && !errors.Is(err, account.ErrBadGrant) && !errors.Is(err, account.ErrNoSession) {
		r.t.Errorf("%s = %v", in.do, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if out.token != "" {
		r.tokens = append(r.tokens, out.token)
	}
	r.history = append(r.history, porcupine.Operation{ClientId: client, Input: in, Output: out, Call: int64(from), Return: int64(to)})
}

// Linear is the test that what several callers do to a session at the same time, at
// one store or at several that are open on one database, is what could have happened
// one after the other. RunSessions does it for one store.
func Linear(t *testing.T, stores ...account.Store) {
	t.Helper()
	runs := often(20, 40, 100)
	services := make([]*account.Service, len(stores))
	for i, store := range stores {
		services[i] = service(t, store)
	}
	rotated, ended := 0, 0
	for n := range runs {
		name := fmt.Sprint("user-", n)
		create(t, services[0], name)
		r := &run{t: t, services: services, begun: time.Now()}
		var err error
		if r.grant, err = services[0].Login(t.Context(), name, secret, account.Ask{}); err != nil {
			t.Fatal(err)
		}
		r.tokens = []account.Secret{r.grant.RefreshToken}
		var all sync.WaitGroup
		for client := range 4 {
			all.Go(func() {
				chance := rand.New(rand.NewPCG(uint64(n), uint64(client))) //nolint:gosec // the same in each run
				for range 10 {
					r.act(t.Context(), client, chance)
				}
			})
		}
		all.Wait()
		if got := porcupine.CheckOperationsTimeout(model(r.grant.RefreshToken), r.history, time.Minute); got != porcupine.Ok {
			t.Fatalf("run %d: %v: nothing that happened one after the other explains this:\n%+v", n, got, r.history)
		}
		last := r.history[len(r.history)-1]
		if !last.Output.(outcome).ok {
			ended++
		}
		rotated += len(r.tokens) - 1
	}
	if rotated == 0 || ended == 0 {
		t.Errorf("there were %d refreshes and %d sessions that ended: nothing was tried", rotated, ended)
	}
	t.Logf("%d runs of 40 operations: %d refreshes had success, %d sessions ended", runs, rotated, ended)
}
