package account

import "time"

// good reports whether something that lives for ttl, until a time, lives now. What
// ends later than that from now was made by a clock that has been put back since, and
// would live on for as long as that was wrong.
func good(now, expires time.Time, ttl time.Duration) bool {
	return now.Before(expires) && !expires.After(now.Add(ttl+slack))
}
