package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"
)

// defaultCacheSize is how many tokens a verifier remembers if its configuration
// does not say.
const defaultCacheSize = 4096

// maxCacheSize bounds a configuration that was meant in another unit.
const maxCacheSize = 1 << 24

// maxCached is the longest token in bytes that is remembered. With its claims
// one takes less than three times that, so a cache of the default size takes at
// most 24 MiB, and some 2 MiB when tokens are of the usual size.
const maxCached = 2 << 10

// ways is how many places a token has in the cache.
const ways = 4

// cache remembers tokens whose signature was found good, so that the second
// look at one costs less than its signature. It remembers nothing else: whether
// the key still counts, the dates, the issuer and the audience are decided each
// time, and a token that was refused is never put in.
//
// It is a table of fixed size without a lock. A token has four places; a new
// one takes an empty place or that of a token which was not used lately. Two
// tokens that are put in at the same moment may cost each other a place, which
// costs a signature and nothing else. Only the very same bytes are found:
// tokens are placed by a hash whose seed is secret, and compared in full.
type cache struct {
	seed   maphash.Seed
	places []atomic.Pointer[verified] // in sets of four
	marks  []atomic.Uint32            // a part of the hash of what is there, so that others are not looked at
	mask   uint64                     // of the set's number
	key    atomic.Pointer[Key]        // the last that verified, which most tokens share
}

// verified is a token whose signature is good. There may be many, and the
// collector looks at each: what it says is one text, and places in that.
type verified struct {
	text     string // the token, and then the claims' own texts
	size     int    // of the token
	ends     [claimTexts]uint16
	dates    [claimDates]int64 // in seconds; noDate for none
	audience []string          // in text
	key      *Key              // that verified it
	used     atomic.Bool       // since a newcomer last looked for a place here
}

const (
	claimTexts = 6
	claimDates = 4
	noDate     = -1 // others are never negative
)

// texts are the claims' texts but for the audience, and dates their dates: what
// the cache keeps of both is in this order.
func (c *Claims) texts() [claimTexts]*string {
	return [...]*string{&c.Issuer, &c.Subject, &c.ID, &c.SessionID, &c.ClientID, &c.Scope}
}

func (c *Claims) dates() [claimDates]*time.Time {
	return [...]*time.Time{&c.Expiry, &c.NotBefore, &c.IssuedAt, &c.AuthTime}
}

// newCache makes a cache for at least size tokens; nil for none.
func newCache(size int) *cache {
	if size <= 0 {
		return nil
	}
	sets := 1
	for sets*ways < size {
		sets *= 2
	}
	return &cache{
		seed: maphash.MakeSeed(), places: make([]atomic.Pointer[verified], sets*ways), marks: make([]atomic.Uint32, sets*ways),
		mask: uint64(sets - 1), //nolint:gosec // sets is at least 1
	}
}

// spot is where a token may be.
type spot struct {
	at   uint64 // the first of four places
	mark uint32
}

func (c *cache) spot(text string) spot {
	hash := maphash.String(c.seed, text)
	return spot{(hash & c.mask) * ways, uint32(hash>>32) | 1} // an empty place has no mark
}

// find returns the token if it was put in, nil if not, and where put may put it.
func (c *cache) find(text string) (*verified, spot) {
	if c == nil || len(text) > maxCached {
		return nil, spot{}
	}
	where := c.spot(text)
	for at := where.at; at < where.at+ways; at++ {
		if c.marks[at].Load() != where.mark {
			continue
		}
		if one := c.places[at].Load(); one != nil && one.text[:one.size] == text {
			if !one.used.Load() { // a store for each hit would have all cores wait for one line of memory
				one.used.Store(true)
			}
			return one, where
		}
	}
	return nil, where
}

// put remembers a token. What it is given is copied: it may be a part of something
// larger.
func (c *cache) put(text string, where spot, key *Key, claims *Claims) {
	if c == nil || len(text) > maxCached {
		return
	}
	at := c.room(text, where)
	c.places[at].Store(flatten(text, c.shared(key), claims))
	c.marks[at].Store(where.mark)
}

// shared is a key that is not a part of something larger.
func (c *cache) shared(key *Key) *Key {
	if last := c.key.Load(); last != nil && last.same(key) {
		return last
	}
	own := *key
	c.key.Store(&own)
	return &own
}

// room chooses the place for a token: its own from before, an empty one, or
// that of one which was not used since the last newcomer came by.
func (c *cache) room(text string, where spot) uint64 {
	chosen, found := where.at, false
	for at := where.at; at < where.at+ways; at++ {
		one := c.places[at].Load()
		if one == nil || one.text[:one.size] == text {
			return at
		}
		if !one.used.Swap(false) && !found {
			chosen, found = at, true
		}
	}
	return chosen
}

// flatten writes down what a token says.
func flatten(text string, key *Key, c *Claims) *verified {
	out := &verified{size: len(text), key: key}
	size := len(text)
	for _, one := range c.texts() {
		size += len(*one)
	}
	for _, one := range c.Audience {
		size += len(one)
	}
	var all strings.Builder
	all.Grow(size)
	all.WriteString(text)
	for i, one := range c.texts() {
		all.WriteString(*one)
		out.ends[i] = uint16(all.Len()) //nolint:gosec // a token has at most maxCached bytes, and its claims are in it
	}
	for i, at := range c.dates() {
		out.dates[i] = noDate
		if !at.IsZero() {
			out.dates[i] = at.Unix()
		}
	}
	for _, one := range c.Audience {
		all.WriteString(one)
	}
	out.text = all.String()
	if c.Audience != nil {
		out.audience = make([]string, len(c.Audience))
	}
	begin := int(out.ends[claimTexts-1])
	for i, one := range c.Audience {
		out.audience[i] = out.text[begin : begin+len(one)]
		begin += len(one)
	}
	return out
}

// stands reports whether the key that verified the token is still one of the
// keys, and may verify.
func (t *verified) stands(keys []Key) bool {
	for i := range keys {
		if k := &keys[i]; k.CanVerify() && k.same(t.key) {
			return true
		}
	}
	return false
}

// read returns the claims. The audience is the cache's own.
func (t *verified) read() Claims {
	var c Claims
	begin := t.size
	for i, one := range c.texts() {
		end := int(t.ends[i])
		*one = t.text[begin:end]
		begin = end
	}
	for i, at := range c.dates() {
		if seconds := t.dates[i]; seconds != noDate {
			*at = time.Unix(seconds, 0).UTC()
		}
	}
	c.Audience = t.audience
	return c
}

// same reports whether two keys verify the same tokens.
func (k *Key) same(other *Key) bool {
	switch {
	case k.id != other.id || k.alg != other.alg:
		return false
	case k.secret != nil && other.secret != nil:
		return k.macs == other.macs || hmac.Equal(k.secret(), other.secret())
	}
	if p, ok := k.public.(*ecdsa.PublicKey); ok && p == other.public {
		return true // Equal would look at the numbers
	}
	public, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(other.public)
}
