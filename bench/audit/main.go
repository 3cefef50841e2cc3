// Command audit measures what the records of the audit trail cost a request, in
// SQLite: a server that keeps them beside one that throws them away, in process.
//
//	go run ./audit -rounds 100
//
// The two are measured in turn, for short times, so that a busy machine is busy for
// both. What counts is how long a request takes, and the processor's time; what the
// sealer does for the records of a round is part of it. The ratio is the median of
// the rounds, with its 95 % interval (of the order statistics).
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var (
	rounds = flag.Int("rounds", 100, "how often both are measured, in turn")
	dir    = flag.String("dir", "", "where the databases are; the system's folder for what is temporary if empty")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if *rounds < 2 {
		return fmt.Errorf("rounds must be 2 or more")
	}
	folder, err := os.MkdirTemp(*dir, "audit")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	var both [2]*server
	for i, name := range []string{"without.db", "with.db"} {
		if both[i], err = open(ctx, filepath.Join(folder, name), i == 0); err != nil {
			return err
		}
		defer both[i].close()
	}
	for _, one := range []struct {
		what string
		n    int // in each round
		do   func(*server) error
	}{
		{"token check", 2000, (*server).check},
		{"refresh", 50, (*server).refresh},
		{"sign-in", 3, (*server).signIn},
		{"change of a role", 50, (*server).role},
	} {
		if err := compare(ctx, one.what, one.n, both, one.do); err != nil {
			return err
		}
	}
	return nil
}

// forgetful is a store that throws records away.
type forgetful struct{ *sqlite.Store }

func (s forgetful) Update(ctx context.Context, fn func(account.Writer) error) error {
	return s.Store.Update(ctx, func(w account.Writer) error { return fn(forgetfulWriter{w}) })
}

type forgetfulWriter struct{ account.Writer }

func (forgetfulWriter) AppendAudit(...account.AuditEvent) error { return nil }

// server is a program with one administrator.
type server struct {
	store   *sqlite.Store
	id      *identity.Identity
	handler http.Handler

	access, next string // tokens
	n            int
}

const password = "correct horse battery"

func open(ctx context.Context, path string, forgets bool) (*server, error) {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	config := identity.Config{Scheme: identity.NewScheme(), Store: store, URL: "http://127.0.0.1", Logger: slog.New(slog.DiscardHandler)}
	if forgets {
		config.Store = forgetful{store}
	}
	s := &server{store: store}
	if s.id, err = identity.Open(ctx, config); err != nil {
		return nil, err
	}
	if _, err := s.id.Accounts().CreateUser(ctx, account.NewUser{Name: "root", Password: password, Roles: []string{"admin"}}); err != nil {
		return nil, err
	}
	app := s.id.NewApp(holdfast.Config{Title: "Audit"})
	s.handler = s.id.Handler(app)
	return s, s.signIn()
}

func (s *server) close() { _, _ = s.id.Close(), s.store.Close() }

// send sends a request, whose answer must be a success.
func (s *server) send(method, path, kind, body string) ([]byte, error) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+s.access)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s = %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.Bytes(), nil
}

func (s *server) token(form url.Values) error {
	s.access = ""
	body, err := s.send(http.MethodPost, "/token", "application/x-www-form-urlencoded", form.Encode())
	if err != nil {
		return err
	}
	var got struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	err = json.Unmarshal(body, &got)
	s.access, s.next = got.Access, got.Refresh
	return err
}

func (s *server) signIn() error {
	return s.token(url.Values{"username": {"root"}, "password": {password}, "scope": {"me roles:write"}})
}

func (s *server) refresh() error {
	return s.token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {s.next}})
}

func (s *server) check() error {
	_, err := s.send(http.MethodGet, "/users/me", "", "")
	return err
}

func (s *server) role() error {
	s.n++
	_, err := s.send(http.MethodPut, "/roles/clerk", "application/json", fmt.Sprintf(`{"description":"%d","scopes":["me"]}`, s.n))
	return err
}

// took is what requests have taken, each.
type took struct{ wall, cpu time.Duration }

// measure does something n times, and has what it has left sealed.
func (s *server) measure(ctx context.Context, n int, do func(*server) error) (took, error) {
	cpu, begun := cpuTime(), time.Now()
	for range n {
		if err := do(s); err != nil {
			return took{}, err
		}
	}
	wall := time.Since(begun)
	if _, err := s.id.AuditTrail().Seal(ctx); err != nil {
		return took{}, err
	}
	return took{wall / time.Duration(n), (cpuTime() - cpu) / time.Duration(n)}, nil
}

func compare(ctx context.Context, what string, n int, both [2]*server, do func(*server) error) error {
	var walls, cpus []float64
	var of [2][]float64
	for i := range *rounds + 1 {
		var got [2]took
		for j := range got {
			at := (i + j) % 2 // each is the first as often
			var err error
			if got[at], err = both[at].measure(ctx, n, do); err != nil {
				return err
			}
		}
		if i == 0 {
			continue // everything is remembered, and paged in
		}
		walls = append(walls, float64(got[1].wall)/float64(got[0].wall))
		cpus = append(cpus, float64(got[1].cpu)/float64(got[0].cpu))
		for j := range of {
			of[j] = append(of[j], float64(got[j].wall))
		}
	}
	without, _, _ := interval(of[0])
	with, _, _ := interval(of[1])
	fmt.Printf("%-17s %v without records, %v with: %s in time, %s of the processor's with sealing\n", what, time.Duration(without).Round(10*time.Nanosecond), time.Duration(with).Round(10*time.Nanosecond), ratio(walls), ratio(cpus))
	return nil
}

func ratio(list []float64) string {
	middle, from, to := interval(list)
	return fmt.Sprintf("%.3f (%.3f to %.3f)", middle, from, to)
}

// interval is the median of numbers and its 95 % interval: the numbers whose places
// in their order are 0.98 roots of n away from the middle.
func interval(list []float64) (middle, from, to float64) {
	slices.Sort(list)
	n := float64(len(list))
	at := func(place float64) float64 { return list[max(0, min(len(list)-1, int(math.Round(place))))] }
	return at((n - 1) / 2), at((n-1)/2 - 0.98*math.Sqrt(n)), at((n-1)/2 + 0.98*math.Sqrt(n))
}

// cpuTime is the processor time that this process has had.
func cpuTime() time.Duration {
	used, err := proc.CPU(os.Getpid())
	if err != nil {
		panic(err)
	}
	return used
}
