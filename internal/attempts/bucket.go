package attempts

import "time"

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
// any time that is not after now stands for a full bucket. So does one that is later
// than an empty bucket's, to two minutes: it is of a clock that has been put back, and
// would keep everybody out until that time comes.
func (b Bucket) Take(fullAt, now time.Time) (next time.Time, wait time.Duration) {
	all := time.Duration(b.Burst) * b.Every
	left := max(0, fullAt.Sub(now))
	if left > all+clocksDiffer {
		left = 0
	}
	missing := min(left, all) + b.Every
	return now.Add(missing), max(0, missing-all)
}

// clocksDiffer is how far the clock of another process may be ahead.
const clocksDiffer = 2 * time.Minute

// Failures are wrong passwords for an account in a row, since the last right one.
type Failures struct {
	Count       int
	First, Last time.Time // zero if there are none
}

// Locked reports whether they are so many that only those get in who are known by
// their address or their device, or who have a reset link.
func (f Failures) Locked() bool { return f.Count >= mostInARow }
