package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// Bucket holds attempts: a full one has Burst of them, and each that was taken
// comes back after Every. Stores keep for a bucket nothing but the time at
// which it is full again.
type Bucket struct {
	Key   [32]byte
	Burst int
	Every time.Duration
}

// Take returns when the bucket will be full again after one attempt was taken,
// or how long to wait if there is none to take. fullAt is what the store keeps;
// any time that is not after now stands for a full bucket, and one that is
// later than an empty bucket's, as after a clock that was put back, for an
// empty one.
func (b Bucket) Take(fullAt, now time.Time) (next time.Time, wait time.Duration) {
	all := time.Duration(b.Burst) * b.Every
	missing := min(max(0, fullAt.Sub(now)), all) + b.Every
	return now.Add(missing), max(0, missing-all)
}

// How many wrong passwords there may be. Right ones do not count, nor what
// never came to be verified. NIST SP 800-63B-4 section 3.2.2 wants at most 100
// failures; an account sees at most 90 in an hour.
const (
	accountBurst = 10
	accountEvery = 45 * time.Second

	// A whole office may sit behind one address.
	addressBurst = 100
	addressEvery = 10 * time.Second
)

// WithSource returns a context that says from which address a request comes:
// the one that wrong passwords are counted for, and that is remembered when
// the password is right. Without one, only accounts are counted for.
func WithSource(ctx context.Context, address string) context.Context {
	return withOrigin(ctx, func(o *audit.Origin) { o.Source = address })
}

// sourceText is what WithSource or WithOrigin has said, or "".
func sourceText(ctx context.Context) string {
	if o := audit.From(ctx); o != nil {
		return o.Source
	}
	return ""
}

// sourceOf returns the network that stands for the address of a request: a
// person has all of a /64 in IPv6.
func sourceOf(ctx context.Context) string {
	text := sourceText(ctx)
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return text
	}
	addr = addr.Unmap()
	if addr.Is4() {
		return addr.String()
	}
	return netip.PrefixFrom(addr, 64).Masked().String() // without a zone
}

// addressOf is the address of a request for people to read, "" if it is none.
func addressOf(ctx context.Context) string {
	addr, err := netip.ParseAddr(sourceText(ctx))
	if err != nil {
		return ""
	}
	return addr.Unmap().WithZone("").String()
}

// keyed is a keyed hash of what must not be readable in the store.
func (s *Service) keyed(purpose string, parts ...string) (sum [32]byte) {
	mac := hmac.New(sha256.New, s.config.Key[:])
	mac.Write([]byte(purpose))
	for _, part := range parts {
		inner := sha256.Sum256([]byte(part)) // so that parts cannot run into each other
		mac.Write(inner[:])
	}
	return [32]byte(mac.Sum(nil))
}

// addressBucket returns the bucket of the request's address, if that is known.
func (s *Service) addressBucket(ctx context.Context) []Bucket {
	from := sourceOf(ctx)
	if from == "" {
		return nil
	}
	return []Bucket{{Key: s.keyed("attempts of address", from), Burst: addressBurst, Every: addressEvery}}
}

// buckets returns where an attempt at an account is counted. All names of an
// account, however written, are one account; names without an account are
// counted as well. Who has signed in from this address before has a bucket
// of their own there: others can then neither keep them out, nor use it.
func (s *Service) buckets(ctx context.Context, l login) []Bucket {
	account := l.user.ID
	if account == "" {
		account = "nobody " + l.name
	}
	if l.known {
		return []Bucket{{Key: s.keyed("attempts at account from", account, sourceOf(ctx)), Burst: accountBurst, Every: accountEvery}}
	}
	one := Bucket{Key: s.keyed("attempts at account", account), Burst: accountBurst, Every: accountEvery}
	return append(s.addressBucket(ctx), one)
}

// attempt is one that was taken before anything was verified.
type attempt struct {
	service *Service
	taken   []Bucket
	leave   func() // the turn
}

// take reserves an attempt. Error: *ThrottledError.
func (s *Service) take(ctx context.Context, buckets []Bucket) (*attempt, error) {
	a := &attempt{service: s, leave: func() {}}
	if s.config.InsecureNoThrottle || len(buckets) == 0 {
		return a, nil
	}
	wait, err := s.config.Store.TakeAttempts(ctx, s.now(), buckets)
	switch {
	case err != nil:
		return nil, err
	case wait > 0:
		return nil, &ThrottledError{wait}
	}
	a.taken = buckets
	return a, nil
}

// takeInTurn is take for a sign-in, after waiting until few others at the same
// account are under way: those with a right password give their attempts back,
// and should not be taken for too many while they do not yet.
func (s *Service) takeInTurn(ctx context.Context, l login) (*attempt, error) {
	buckets := s.buckets(ctx, l)
	if s.config.InsecureNoThrottle {
		return s.take(ctx, nil)
	}
	leave, err := s.turns.wait(ctx, buckets[len(buckets)-1].Key)
	if err != nil {
		return nil, err
	}
	a, err := s.take(ctx, buckets)
	if err != nil {
		leave()
		return nil, err
	}
	a.leave = leave
	return a, nil
}

// end gives the attempt back unless it failed. The caller may have left: the
// attempt is theirs all the same.
func (a *attempt) end(ctx context.Context, failed bool) {
	if !failed && len(a.taken) > 0 {
		// An error costs an attempt for a while.
		_ = a.service.config.Store.ReturnAttempts(context.WithoutCancel(ctx), a.service.now(), a.taken)
	}
	a.leave()
}

// atOnce is how many sign-ins at one account are under way at once in this
// process. It is less than accountBurst, for two processes.
const atOnce = accountBurst / 2

// turns lets atOnce callers of a key in and has the others wait. The zero value
// is ready.
type turns struct {
	mu   sync.Mutex
	keys map[[32]byte]*turn // of those who are in or wait
}

type turn struct {
	in      chan struct{}
	callers int
}

// wait returns when it is the caller's turn, with the function that ends it.
func (t *turns) wait(ctx context.Context, key [32]byte) (leave func(), err error) {
	t.mu.Lock()
	one := t.keys[key]
	if one == nil {
		if t.keys == nil {
			t.keys = map[[32]byte]*turn{}
		}
		one = &turn{in: make(chan struct{}, atOnce)}
		t.keys[key] = one
	}
	one.callers++
	t.mu.Unlock()
	select {
	case one.in <- struct{}{}:
		return func() { <-one.in; t.leave(key, one) }, nil
	case <-ctx.Done():
		t.leave(key, one)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(key [32]byte, one *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one.callers--; one.callers == 0 {
		delete(t.keys, key)
	}
}
