// Command apikeys measures what a request with an API key costs that stands
// among many, and among few, in SQLite: the processor's time for each request to a
// protected route, in process.
//
//	go run ./apikeys -few 100 -many 1000000 -rounds 300
//
// Two things are measured. "remembered" is the ordinary case, a key that was used
// before: 100 keys in turn. "asked" is a key that the store has to be asked about,
// as at its first use: texts that are written as keys are and were never given out,
// which are looked up like others and never remembered. The two stores are measured
// in turn, for short times, so that a busy machine is busy for both; the ratio is the
// median of the rounds, with its 95 % interval (of the order statistics).
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"flag"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/internal/keytext"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var (
	few    = flag.Int("few", 100, "keys in the small store")
	many   = flag.Int("many", 1_000_000, "keys in the large store")
	rounds = flag.Int("rounds", 300, "how often both are measured, in turn")
	each   = flag.Duration("for", 50*time.Millisecond, "how long each time")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if *few < used || *many < used || *rounds < 2 {
		return fmt.Errorf("few and many must be %d or more, and rounds 2 or more", used)
	}
	dir, err := os.MkdirTemp("", "apikeys")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	small, err := open(ctx, filepath.Join(dir, "few.db"), *few)
	if err != nil {
		return err
	}
	defer small.close()
	large, err := open(ctx, filepath.Join(dir, "many.db"), *many)
	if err != nil {
		return err
	}
	defer large.close()
	for _, kind := range []string{"remembered", "asked"} {
		if err := compare(kind, small, large); err != nil {
			return err
		}
	}
	return nil
}

// used is how many keys are presented.
const used = 100

// server is a program with a store of keys.
type server struct {
	store   *sqlite.Store
	handler http.Handler
	texts   []string
	keys    []*http.Request // with keys that are good
	unknown []*http.Request // with keys that were never given out
	next    int
}

func (s *server) close() { _ = s.store.Close() }

func open(ctx context.Context, path string, n int) (*server, error) {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	s := &server{store: store}
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		return nil, err
	}
	accounts, err := account.NewService(ctx, account.Config{Store: store, Passwords: passwords, Roles: []account.Role{{Name: "reader", Scopes: []string{"read"}}}})
	if err != nil {
		return nil, err
	}
	scheme := holdfast.HTTPBearer()
	read := scheme.Scope("read", "Read")
	who := holdfast.Verify(scheme, func(ctx context.Context, key string) (account.Caller, error) {
		return accounts.APIKeyCaller(ctx, account.Secret(key))
	})
	app := holdfast.New("Keys", "1.0.0")
	holdfast.Get(app, "/items", holdfast.Security(who, read), func(_ context.Context, c account.Caller, _ holdfast.NoInput) (string, error) {
		return c.User.Name, nil
	})
	s.handler = app
	begun := time.Now()
	if err := s.fill(ctx, n); err != nil {
		return nil, err
	}
	fmt.Printf("%d keys were made in %v\n", n, time.Since(begun).Round(time.Millisecond))
	return s, app.Err()
}

// fill makes keys, as many for each user as there may be; those that are presented
// are of as many users in both stores. Their requests are made at the end, so that
// they lie in memory alike.
func (s *server) fill(ctx context.Context, n int) error {
	now := time.Now()
	for made := 0; made < n; {
		err := s.store.Update(ctx, func(w account.Writer) error {
			for range 100 {
				user := account.User{ID: fmt.Sprintf("user-%09d", made), Name: fmt.Sprint("user-", made), Roles: []string{"reader"}, Created: now}
				if err := w.PutUser(user); err != nil {
					return err
				}
				for range min(account.MaxAPIKeys, n/used, n-made) {
					if err := s.put(w, user.ID, made, n/used, now); err != nil {
						return err
					}
					made++
				}
				if made == n {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, text := range s.texts {
		s.keys = append(s.keys, request(text))
	}
	for range 10 * used {
		text, err := keytext.New(rand.Reader, keytext.Person)
		if err != nil {
			return err
		}
		s.unknown = append(s.unknown, request(text))
	}
	return nil
}

// put keeps one key, of which one in so many is presented.
func (s *server) put(w account.Writer, userID string, number, spread int, now time.Time) error {
	text, err := keytext.New(rand.Reader, keytext.Person)
	if err != nil {
		return err
	}
	if number%spread == 0 && len(s.texts) < used {
		s.texts = append(s.texts, text)
	}
	return w.PutAPIKey(account.APIKey{
		ID: fmt.Sprintf("key-%09d", number), UserID: userID, Name: "bench", Scopes: []string{"read"},
		Hash: sha256.Sum256([]byte(text)), Created: now, Expires: now.Add(time.Hour),
	})
}

func request(key string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/items", nil)
	r.Header.Set("Authorization", "Bearer "+key)
	return r
}

// measure is the processor's time for each request, of one kind.
func (s *server) measure(kind string) (time.Duration, error) {
	requests, want := s.keys, http.StatusOK
	if kind == "asked" {
		requests, want = s.unknown, http.StatusUnauthorized
	}
	cpu, begun, n := cpuTime(), time.Now(), 0
	for time.Since(begun) < *each {
		for range 100 {
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, requests[s.next%len(requests)])
			if w.Code != want {
				return 0, fmt.Errorf("GET /items = %d %s, want %d", w.Code, w.Body, want)
			}
			s.next++
		}
		n += 100
	}
	return (cpuTime() - cpu) / time.Duration(n), nil
}

// compare prints what a request costs in both stores.
func compare(kind string, small, large *server) error {
	for _, s := range []*server{small, large} { // everything is remembered, and paged in
		if _, err := s.measure(kind); err != nil {
			return err
		}
	}
	var ratios []float64
	var sum [2]time.Duration
	for i := range *rounds {
		var took [2]time.Duration
		for j := range took {
			at := (i + j) % 2 // each is the first as often
			var err error
			if took[at], err = []*server{small, large}[at].measure(kind); err != nil {
				return err
			}
			sum[at] += took[at]
		}
		ratios = append(ratios, float64(took[1])/float64(took[0]))
	}
	middle, from, to := interval(ratios)
	fmt.Printf("%-12s %v a request among %d keys, %v among %d: ratio %.3f, 95 %% interval %.3f to %.3f\n",
		kind, sum[0]/time.Duration(*rounds), *few, sum[1]/time.Duration(*rounds), *many, middle, from, to)
	return nil
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
