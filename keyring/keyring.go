// Package keyring keeps the keys that sign tokens, and replaces them in time
// without refusing a good token.
//
// A key goes through four stages:
//
//	announced   it is published and verifies, so that everybody has it
//	            before it is needed
//	signing     it signs; one key at a time does
//	verifying   it signs no more, but tokens that it signed are still good
//	gone        its last token has expired
//
// When it goes from one to the next is written down beforehand, in the store
// that all processes share: a [Term]. No process has to be awake at that
// moment, or to be told; each one asks the clock. That no key has changed is
// trusted for a second, so a process that was asleep asks before it signs.
//
// [Ring.SigningKey] and [Ring.Keys] are what a jwt.Signer and a jwt.Verifier
// ask for each token.
package keyring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/changes"
	"github.com/holdfast-go/holdfast/internal/horizon"
	"github.com/holdfast-go/holdfast/jwt"
)

// What can be wrong. Any other error means that the store could not be asked.
var (
	ErrNoKey     = errors.New("no such key")
	ErrAnnounced = errors.New("another key is announced already")
	ErrVerifying = errors.New("the key signs no more")
	ErrSettling  = errors.New("the key is about to sign; try again when it does")
	ErrSealed    = errors.New("the signing keys are encrypted; give the master key")
	ErrMasterKey = errors.New("this is not the master key that the signing keys are encrypted with, or they are damaged")
)

// Store keeps the records. It knows no rules. It must be safe for concurrent
// use.
type Store interface {
	// Keys returns all records, in any order.
	Keys(ctx context.Context) ([]Record, error)

	// UpdateKeys replaces all records by what fn makes of them, and none if fn
	// returns an error. Updates, also of other processes, happen as if one
	// after the other, and are durable when UpdateKeys returns. A store may run
	// fn more than once. The list that fn is given is its own.
	UpdateKeys(ctx context.Context, fn func([]Record) ([]Record, error)) error

	// ChangeLog tells which keys have changed, in the same transaction: see
	// account.ChangeLog.
	ChangeLog
}

// ChangeLog is how the processes on a store hear that keys have changed.
type ChangeLog = changes.Log

// ChangeStats is what a process has heard of changes so far.
type ChangeStats = changes.Stats

// Config says what a ring does.
type Config struct {
	Store     Store         // required
	Master    MasterKey     // private keys are kept unencrypted if zero
	OldMaster MasterKey     // to change the master key: Open encrypts again what it encrypted
	Algorithm jwt.Algorithm // of keys that are made; EdDSA if empty

	// TokenTTL is the longest that a token of the signer may live; zero for a
	// ring that signs none, which leaves it as it is.
	TokenTTL time.Duration

	Period   time.Duration // how long a key signs; without end if zero
	Announce time.Duration // how long it is published before; a day if zero

	Log *slog.Logger     // what happens to keys; nowhere if nil
	Now func() time.Time // time.Now if nil
}

// DefaultTokenTTL is assumed of a first key's tokens when nothing was said
// anything, as in jwt.SignerConfig.
const DefaultTokenTTL = 15 * time.Minute

// Ring is the keys of a store. It is safe for concurrent use.
type Ring struct {
	config  Config
	changes *changes.Reader
	current atomic.Pointer[snapshot]
	loading sync.Mutex
	past    horizon.Horizon // of Run
}

// ChangeStats returns what was heard of changes so far.
func (r *Ring) ChangeStats() ChangeStats { return r.changes.Stats() }

func (c *Config) setDefaults() error {
	if c.Announce == 0 {
		c.Announce = 24 * time.Hour
	}
	switch {
	case c.Store == nil:
		return errors.New("keyring: no Store")
	case c.Master.IsZero() && !c.OldMaster.IsZero():
		return errors.New("keyring: there is an OldMaster and no Master")
	case c.TokenTTL < 0 || c.Period < 0:
		return errors.New("keyring: TokenTTL or Period is negative")
	case c.Announce < Settle:
		return fmt.Errorf("keyring: Announce is shorter than %v, in which all processes have seen a change", Settle)
	case c.Period > 0 && c.Period <= c.Announce:
		return errors.New("keyring: Period is not longer than Announce")
	}
	if c.Algorithm == "" {
		c.Algorithm = jwt.EdDSA
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// Open makes a ring. A store without keys gets one, which signs at once; keys
// that are not encrypted yet are encrypted if there is a master key. Keys that
// cannot be read are an error: ErrSealed, ErrMasterKey.
func Open(ctx context.Context, config Config) (*Ring, error) {
	if err := config.setDefaults(); err != nil {
		return nil, err
	}
	r := &Ring{config: config, changes: changes.NewReader(config.Store, config.Now)}
	sealed := 0
	err := r.update(ctx, func(t timeline, now time.Time) (timeline, error) {
		var err error
		if t, err = r.prepare(t, now); err == nil {
			sealed, err = r.sealAll(t)
		}
		return t, err
	})
	if err != nil {
		return nil, err
	}
	if sealed > 0 {
		config.Log.LogAttrs(ctx, slog.LevelInfo, "signing keys encrypted", slog.Int("keys", sealed))
	}
	_, err = r.load(ctx)
	return r, err
}

// prepare makes the first key, and makes room for tokens that live as long as
// this ring's.
func (r *Ring) prepare(t timeline, now time.Time) (timeline, error) {
	if len(t) == 0 {
		first, err := r.newRecord(Term{Announced: now, Signs: now, TokenTTL: cmp.Or(r.config.TokenTTL, DefaultTokenTTL)})
		return timeline{first}, err
	}
	for i := range t {
		// A key that has retired keeps what it had: no new token is its own.
		if stage := t[i].Term.At(now); stage == Announced || stage == Signing {
			t[i].Term.TokenTTL = max(t[i].Term.TokenTTL, r.config.TokenTTL)
		}
	}
	return t, nil
}

// sealAll makes sure that every key can be read. It seals those that are in
// the clear if there is a master key, and those that an old one has sealed.
func (r *Ring) sealAll(t timeline) (sealed int, err error) {
	for i := range t {
		_, err := r.read(t[i])
		data := t[i].Data
		if errors.Is(err, ErrMasterKey) && !r.config.OldMaster.IsZero() {
			if data, err = r.config.OldMaster.open(t[i].ID, data); err == nil {
				err = errUnsealed
			}
		}
		switch {
		case errors.Is(err, errUnsealed):
			t[i].Data, t[i].Sealed = r.config.Master.seal(t[i].ID, data), true
			sealed++
		case err != nil:
			return 0, err
		}
	}
	return sealed, nil
}

// log says which key comes next, and when.
func (r *Ring) log(ctx context.Context, next Record) {
	r.config.Log.LogAttrs(ctx, slog.LevelInfo, "signing keys changed", slog.String("next", next.ID), slog.Time("signs", next.Term.Signs))
}

// now is the time as stores keep it.
func (r *Ring) now() time.Time { return r.config.Now().UTC().Truncate(time.Millisecond) }

// update changes the timeline in one transaction.
func (r *Ring) update(ctx context.Context, change func(timeline, time.Time) (timeline, error)) error {
	return r.config.Store.UpdateKeys(ctx, func(records []Record) ([]Record, error) {
		t, now := timeline(records), r.now()
		t.sort()
		return change(t, now)
	})
}

// newRecord makes a key for a term.
func (r *Ring) newRecord(term Term) (Record, error) {
	key, err := jwt.GenerateKey(r.config.Algorithm)
	if err != nil {
		return Record{}, err
	}
	data, err := key.MarshalPrivate()
	if err != nil {
		return Record{}, err
	}
	rec := Record{ID: key.ID(), Algorithm: key.Algorithm(), Term: term, Data: data}
	if !r.config.Master.IsZero() {
		rec.Data, rec.Sealed = r.config.Master.seal(rec.ID, data), true
	}
	return rec, nil
}

// errUnsealed is for a record in the clear where all have to be encrypted.
var errUnsealed = errors.New("keyring: a signing key is not encrypted, although there is a master key")

// read makes a key of a record. With a master key, only [Open] takes a record
// that is in the clear: later, only an attacker puts one there.
func (r *Ring) read(rec Record) (jwt.Key, error) {
	data, err := rec.Data, error(nil)
	switch {
	case rec.Sealed && r.config.Master.IsZero():
		return jwt.Key{}, ErrSealed
	case rec.Sealed:
		if data, err = r.config.Master.open(rec.ID, rec.Data); err != nil {
			return jwt.Key{}, err
		}
	}
	key, err := jwt.ParsePrivate(data)
	switch {
	case err != nil:
		return jwt.Key{}, fmt.Errorf("signing key %s of the store: %w", rec.ID, err)
	case key.ID() != rec.ID || key.Algorithm() != rec.Algorithm:
		return jwt.Key{}, fmt.Errorf("signing key %s of the store is another, %v", rec.ID, key)
	case !rec.Sealed && !r.config.Master.IsZero():
		return jwt.Key{}, errUnsealed
	}
	return key, nil
}
