package account_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// Others have used up what there is for strangers at an account. A stranger is told
// when to come again, and gets in then, once, if it is the same one.
func TestWhoComesAgainGetsIn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after time.Duration
		name  string
		from  string
		want  time.Duration // 0 if they get in
	}{
		"as told":                  {5 * time.Second, "anna", "203.0.113.1", 0},
		"two minutes later":        {125 * time.Second, "anna", "203.0.113.1", 0},
		"too early":                {2 * time.Second, "anna", "203.0.113.1", 3 * time.Second},
		"somebody else":            {5 * time.Second, "anna", "203.0.114.1", 5 * time.Second},
		"at another account":       {5 * time.Second, "ben", "203.0.113.1", 5 * time.Second},
		"of another address there": {5 * time.Second, "anna", "203.0.113.2", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := watched(t)
			w.user("anna", "user")
			w.user("ben", "user")
			w.exhaust("anna")
			w.exhaust("ben")
			w.throttled("the first time", w.try("anna", secret, "203.0.113.1"), 5*time.Second)
			for range 3 { // others come again and again, without waiting
				_ = w.try("anna", "wrong", "198.51.1.1")
			}
			w.now = w.now.Add(test.after)
			if test.after > time.Minute { // what came back meanwhile is used up again
				for n := range 3 {
					_ = w.try("anna", "wrong", fmt.Sprintf("198.52.%d.1", n))
				}
			}
			if test.want == 0 {
				w.refused("Login", w.try(test.name, secret, test.from), nil)
			} else {
				w.throttled("Login", w.try(test.name, secret, test.from), test.want)
			}
		})
	}
}

// What is kept for those who come again has an end as well, and is not theirs whose
// own network has used up its part.
func TestComingAgainIsNoWayAround(t *testing.T) {
	t.Parallel()
	w, h := watched(t)
	w.user("anna", "user")
	h.verified = nil
	for range 60 * 12 { // every five seconds for an hour
		for n := range 20 {
			_ = w.try("anna", "wrong", fmt.Sprintf("198.51.%d.1", n))
		}
		w.now = w.now.Add(5 * time.Second)
	}
	if len(h.verified) > 100 {
		t.Errorf("%d guesses in an hour were looked at, want at most 100", len(h.verified))
	}
	v, _ := watched(t)
	v.user("anna", "user")
	for range 10 {
		v.refused("a guess", v.try("anna", "wrong", "203.0.113.1"), account.ErrBadLogin)
	}
	v.throttled("one more", v.try("anna", secret, "203.0.113.1"), 90*time.Second)
	v.now = v.now.Add(5 * time.Second)
	v.throttled("five seconds later", v.try("anna", secret, "203.0.113.9"), 85*time.Second)
}

// All strangers together have a budget, which those who are known are not bound by.
func TestStrangersTogetherHaveABudget(t *testing.T) {
	t.Parallel()
	w, _ := watched(t)
	w.user("anna", "user")
	w.user("ben", "user")
	w.refused("the first Login", w.try("anna", secret, "192.0.2.1"), nil)
	for n := range 1000 {
		w.refused("a guess", w.try(fmt.Sprint("nobody", n), "wrong", fmt.Sprintf("10.%d.%d.1", n/256, n%256)), account.ErrBadLogin)
	}
	w.throttled("one more", w.try("nobody", "wrong", "203.0.113.1"), 5*time.Second)
	w.throttled("a stranger", w.try("ben", secret, "203.0.113.2"), 5*time.Second)
	w.refused("who is known", w.try("anna", secret, "192.0.2.1"), nil)
	w.now = w.now.Add(100 * time.Millisecond)
	w.refused("a tenth of a second later, another", w.try("nobody", "wrong", "203.0.113.3"), account.ErrBadLogin)
	w.throttled("and one more", w.try("nobody2", "wrong", "203.0.113.4"), 5*time.Second)
	w.now = w.now.Add(4900 * time.Millisecond)
	w.refused("the stranger comes again", w.try("ben", secret, "203.0.113.2"), nil)
}

// One network cannot use up what strangers have at an account.
func TestOneNetworkKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]func(n int) string{
		"IPv4 /24": func(n int) string { return fmt.Sprintf("198.51.100.%d", n%256) },
		"IPv6 /48": func(n int) string { return fmt.Sprintf("2001:db8:1:%x::1", n) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := watched(t)
			w.user("anna", "user")
			for n := range 2000 { // for more than half an hour
				_ = w.try("anna", "wrong", from(n))
				w.now = w.now.Add(time.Second)
				if n%100 == 0 {
					w.refused("a stranger of another network", w.try("anna", secret, fmt.Sprintf("203.0.%d.1", n/100)), nil)
				}
			}
		})
	}
}

// A larger network has more attempts than a smaller one in it.
func TestNetworksHaveBucketsOfTheirOwn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from func(n int) string
		want int
	}{
		"an IPv4 address": {func(int) string { return "192.0.2.1" }, 100},
		"an IPv4 /24":     {func(n int) string { return fmt.Sprintf("192.0.2.%d", n%256) }, 300},
		"an IPv6 /64":     {func(n int) string { return fmt.Sprintf("2001:db8::%x", n) }, 100},
		"an IPv6 /56":     {func(n int) string { return fmt.Sprintf("2001:db8:0:%x::1", n%256) }, 200},
		"an IPv6 /48":     {func(n int) string { return fmt.Sprintf("2001:db8:0:%x::1", n) }, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, h := watched(t)
			for n := range 600 {
				_ = w.try(fmt.Sprint("nobody", n), "wrong", test.from(n))
			}
			if len(h.verified) != test.want {
				t.Errorf("%d of 600 guesses were looked at, want %d", len(h.verified), test.want)
			}
		})
	}
}

// That a bucket is empty is remembered for a second: the next of a flood costs the
// store no transaction that writes.
func TestAnEmptyBucketIsRemembered(t *testing.T) {
	t.Parallel()
	w, _ := watched(t)
	o := &outages{Store: w.store}
	w.config.Store = o
	var err error
	if w.Service, err = account.NewService(t.Context(), w.config); err != nil {
		t.Fatal(err)
	}
	for n := range 100 {
		w.refused("a guess", w.try(fmt.Sprint("nobody", n), "wrong", "192.0.2.1"), account.ErrBadLogin)
	}
	asked := func(want bool, wait time.Duration) {
		t.Helper()
		o.begin(0)
		w.throttled("one more", w.try("nobody", "wrong", "192.0.2.1"), wait)
		if got := slices.Contains(o.asked, "TakeAttempts") || slices.Contains(o.asked, "CountFailure"); got != want {
			t.Errorf("one more asked the store to count: %v, want %v (%q)", got, want, o.asked)
		}
	}
	asked(true, 10*time.Second)
	for range 9 {
		w.now = w.now.Add(100 * time.Millisecond)
		asked(false, 10*time.Second-w.now.Sub(w.now.Truncate(time.Second))%time.Second)
	}
	w.now = w.now.Add(100 * time.Millisecond)
	asked(true, 9*time.Second)
}
