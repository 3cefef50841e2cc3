// Package attempts decides who may try a password now: how many wrong ones there may
// be for accounts, networks and strangers together, who is told to come again, and in
// which order those wait who may. It knows accounts by keys alone.
package attempts

import "time"

// This file is how much of everything there may be, and why. Only wrong passwords
// count in the long run: a right one gives back what it has taken.

// Allowance is so many at once, and one more each time.
type Allowance struct {
	Burst int
	Every time.Duration
}

// Bucket is an allowance that is counted for a key.
func (a Allowance) Bucket(key [32]byte) Bucket {
	return Bucket{Key: key, Burst: a.Burst, Every: a.Every}
}

// What there may be of wrong passwords.
var (
	// PerKnown is for an account at an address, or with a device, that it is known
	// with. Nobody else can use that up.
	PerKnown = Allowance{10, 45 * time.Second}

	// PerAccount is for an account by all strangers together, and PerReserve what is
	// left for those of them who have come again when they were told to: in an hour 97
	// altogether.
	PerAccount = Allowance{20, time.Minute}
	PerReserve = Allowance{5, 5 * time.Minute}

	// PerSite is for an account by one network. It is half of PerAccount and comes back
	// more slowly, so one network alone keeps nobody else out.
	PerSite = Allowance{10, 90 * time.Second}

	// Of a network, whatever the accounts. A whole office may sit behind one address;
	// a site has an IPv6 /56 or /48, and an IPv4 /24 is what is rented in one piece. A
	// larger network has more at once, and not in proportion to its size, which costs
	// nothing.
	perAddress = Allowance{100, 10 * time.Second} // IPv4; IPv6: a /64, as one person has
	per24      = Allowance{300, 3 * time.Second}
	per56      = Allowance{200, 5 * time.Second}
	per48      = Allowance{400, 2500 * time.Millisecond}

	// perStrangers is for all strangers of one process together, whatever their
	// networks, but for those who come again. It is a burst that nobody is refused in,
	// and then a tenth of what one processor hashes.
	perStrangers = Allowance{1000, 100 * time.Millisecond}
)

const (
	// mostInARow is after how many wrong passwords in a row only those who are known
	// get in. NIST SP 800-63B-4 section 3.2.2 wants at most 100: up to ten more may be
	// under way, and up to ten processes may not know of each other's last one.
	mostInARow = 80

	// inARowWait is what strangers are told then. Nothing ends it but a right password
	// of somebody known, a reset link or an administrator, so it is a guess.
	inARowWait = time.Hour

	// comeAgain is when a stranger may come again who is refused for what others do,
	// and cameAgain for how long that is held open. Five seconds are little for a
	// person; that somebody comes at all is what a flood of forged addresses cannot do.
	comeAgain = 5 * time.Second
	cameAgain = 2 * time.Minute

	// recheck is for how long a bucket that the store found empty is taken to be so.
	// Another process may give an attempt back; this one notes it.
	recheck = time.Second

	// mostRemembered bounds what is remembered of strangers, of each kind: some
	// megabytes.
	mostRemembered = 1 << 16

	// TurnsKnown is how many of those who are known at one account are under way at
	// once, twice: networks take turns in the queue for the hash, and who has a device's
	// mark is known in all of them.
	TurnsKnown = 8

	// turnQueue is how many may wait for their turn at one bucket, and turnWait how long.
	turnQueue = 256
	turnWait  = 10 * time.Second
)
