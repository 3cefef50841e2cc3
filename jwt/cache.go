package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
)

// defaultCacheSize is how many tokens a verifier remembers if its configuration
// does not say.
const defaultCacheSize = 4096

// maxCacheSize bounds a configuration that was meant in another unit.
const maxCacheSize = 1 << 24

// maxCached is the longest token in bytes that is remembered. With its claims
// one takes less than four times that, so a cache of the default size takes at
// most 32 MiB, and some 4 MiB when tokens are of the usual size.
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
	mask   uint64                     // of the set's number
}

// verified is a token whose signature is good.
type verified struct {
	text   string
	key    Key // that verified it
	claims Claims
	used   atomic.Bool // since a newcomer last looked for a place here
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
	return &cache{seed: maphash.MakeSeed(), places: make([]atomic.Pointer[verified], sets*ways), mask: uint64(sets - 1)} //nolint:gosec // sets is at least 1
}

// set is the four places of a token.
func (c *cache) set(text string) []atomic.Pointer[verified] {
	at := (maphash.String(c.seed, text) & c.mask) * ways
	return c.places[at : at+ways]
}

// find returns the token if it was put in; nil if not.
func (c *cache) find(text string) *verified {
	if c == nil || len(text) > maxCached {
		return nil
	}
	set := c.set(text)
	for i := range set {
		if one := set[i].Load(); one != nil && one.text == text {
			if !one.used.Load() { // a store for each hit would have all cores wait for one line of memory
				one.used.Store(true)
			}
			return one
		}
	}
	return nil
}

// put remembers a token. What it is given is copied: it may be a part of something
// larger.
func (c *cache) put(text string, key *Key, claims *Claims) {
	if c == nil || len(text) > maxCached {
		return
	}
	one := &verified{text: strings.Clone(text), key: *key, claims: *claims}
	one.claims.Audience = slices.Clone(claims.Audience)
	c.set(text)[c.room(text)].Store(one)
}

// room chooses the place for a token: its own from before, an empty one, or
// that of one which was not used since the last newcomer came by.
func (c *cache) room(text string) int {
	set := c.set(text)
	chosen := -1
	for i := range set {
		one := set[i].Load()
		if one == nil || one.text == text {
			return i
		}
		if !one.used.Swap(false) && chosen < 0 {
			chosen = i
		}
	}
	return max(chosen, 0)
}

// stands reports whether the key that verified the token is still one of the
// keys, and may verify.
func (t *verified) stands(keys []Key) bool {
	return slices.ContainsFunc(keys, func(k Key) bool { return k.CanVerify() && k.same(&t.key) })
}

// read returns the claims; the caller may change them.
func (t *verified) read() Claims {
	c := t.claims
	c.Audience = slices.Clone(c.Audience)
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
