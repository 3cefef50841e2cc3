// Package account is the domain: users, roles that grant scopes, and sessions
// with refresh tokens that rotate. It knows neither HTTP nor SQL; a [Store]
// keeps what it knows.
//
// The store decides what a caller may do, not the token that the caller
// brings: see [Service.Caller].
package account

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/holdfast-go/holdfast/internal/attempts"
	"github.com/holdfast-go/holdfast/internal/changes"
	"github.com/holdfast-go/holdfast/internal/lately"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

// What can be wrong. Any other error means that the store or the password
// hasher could not be asked: [work.ErrBusy] when too many wait for it.
var (
	ErrBadLogin  = errors.New("wrong name or password")
	ErrBadGrant  = errors.New("the refresh token is not valid")
	ErrNoCaller  = errors.New("the session has ended or the user may not sign in")
	ErrDisabled  = errors.New("the user is disabled")
	ErrNoUser    = errors.New("no such user")
	ErrNoRole    = errors.New("no such role")
	ErrNoSession = errors.New("no such session")
	ErrNameTaken = errors.New("the name is taken")
	ErrLastAdmin = errors.New("at least one administrator who can sign in must remain")
	ErrRoleInUse = errors.New("the role is in use")
	ErrBadSetup  = errors.New("the setup secret is wrong, used or too old")
	ErrSetupDone = errors.New("there is an administrator already")
	ErrNotGiven  = errors.New("the password is the user's own already")
	ErrBadReset  = errors.New("the link is wrong, used or too old")

	ErrNoAPIKey       = errors.New("no such API key")
	ErrAPIKeyReplaced = errors.New("the API key was rotated already")
	ErrTooManyAPIKeys = errors.New("there are as many API keys as there may be")
	ErrForbidden      = errors.New("the caller may not do this")
)

// GivenPasswordError is the answer to a right password that somebody else has
// chosen. It begins no session: it is good for setting another, by Reset or by
// [Service.ReplaceGivenPassword].
type GivenPasswordError struct {
	User User

	// Reset sets another password by [Service.ResetPassword], as a secret of NewReset
	// does. It is there after LoginSession alone: what a token is asked with may be in
	// the hands of a program that is none of the user's.
	Reset Secret
}

func (e *GivenPasswordError) Error() string {
	return "the password was chosen by somebody else: it is good for setting another one"
}

// ThrottledError is the answer to one attempt too many, whatever the password.
type ThrottledError struct {
	RetryAfter time.Duration // until there may be another
}

func (e *ThrottledError) Error() string {
	return "too many attempts; try again in " + e.RetryAfter.Round(time.Second).String()
}

// Passwords is what the domain needs of a password.Context.
type Passwords interface {
	Hash(ctx context.Context, secret string) (hash string, err error)
	VerifyAndUpdate(ctx context.Context, secret, hash string) (ok bool, newHash string, err error)
	DummyVerifyLike(ctx context.Context, secret, like string) error
	Blank(hash string) string // "" for one that cannot be verified
	Check(hash string) error  // why it cannot
}

// CutPasswords is what Config.Passwords can do besides where users come from a
// system that cut passwords to what bcrypt reads; a password.Context can.
type CutPasswords interface {
	// Cuts reports whether a hash is of a kind of which systems cut passwords.
	Cuts(hash string) bool

	// VerifyCut is VerifyAndUpdate, as the system did it that made the hash. Cut says
	// that the password is longer than that looks at, so that others would do as
	// well; newHash is then one of all of it.
	VerifyCut(ctx context.Context, secret, hash string) (ok, cut bool, newHash string, err error)
}

// Lane is what the domain needs of a [work.Lane]. Hashing costs a processor
// for a tenth of a second and, with argon2id, 19 MiB: how much of both a flood
// of sign-ins can take is the lane's width.
//
// Errors of Do that are not fn's, such as [work.ErrBusy], say nothing about the
// password: fn has not run.
type Lane interface {
	Do(ctx context.Context, fn func() error) error
}

// Config says what a Service stands on.
type Config struct {
	Store      Store           // required
	Passwords  Passwords       // required; hashes in place, because Lane is what bounds it
	Lane       Lane            // where all hashing runs; a work.Lane as wide as the machine if nil
	Policy     password.Policy // for passwords that are set; the zero policy is good
	RefreshTTL time.Duration   // how long a session lives; 30 days if zero

	// RefreshOverlap is for how long a refresh token that was used already is
	// answered with the one that was issued for it, unless that was used itself: for
	// a second tab and for an answer that was lost. 30 seconds if zero, ten minutes at
	// the most; [StrictRefresh], or anything below zero, is not at all.
	RefreshOverlap time.Duration

	// IdleTTL ends a session that was not used for so long, to two minutes. A session
	// with tokens is used when it is refreshed, so it must be longer than those live.
	// Without end if zero.
	IdleTTL time.Duration

	MaxSessions int // how many a user has at most, of which the one that was used least lately ends; 100 if zero

	// MaxAPIKeyTTL is how long an API key lives at most; 366 days if zero.
	MaxAPIKeyTTL time.Duration

	// Roles are the application's own, made if they are missing. In a new store
	// they take the place of built-in ones with the same name. A role that is
	// there already is not changed.
	Roles []Role

	// Clients are declared by the program, beside those of the store. They are
	// looked up first, so their ids are no others'.
	Clients []Client

	// Key makes what is counted and remembered about names and addresses
	// unreadable, and chooses what a name without an account looks like to a
	// stopwatch. It must be the same in all processes and after a restart. A
	// random one if zero, which is good for tests.
	Key Key

	// OnCut is called after a sign-in with a password that was longer than the hash
	// of the system it came from could hold, when the hash has been replaced: see
	// ImportedUser.CutUntil. Nothing is called if nil.
	OnCut func(ctx context.Context, user User)

	Now  func() time.Time // time.Now if nil
	Rand io.Reader        // for ids and tokens; crypto/rand if nil

	// InsecureNoThrottle takes the bound off attempts to sign in, for tests
	// that measure how long they take.
	InsecureNoThrottle bool
}

// Service is the domain on top of a store. It is safe for concurrent use, and
// its configuration does not change after [NewService].
type Service struct {
	config  *Config // behind a pointer, where fmt does not print the Key
	callers *otter.Cache[callerKey, *standing]
	apiKeys *otter.Cache[[32]byte, *standing] // by their hashes
	changes *changes.Reader
	gate    *attempts.Gate // before every password
	uses    *lately.Uses   // of sessions that are presented themselves
	keyUses *lately.Uses

	generation func() uint64 // the store's, made once
}

// maxCallers bounds the caches of callers, in sessions and in API keys.
const maxCallers = 10_000

// NewService makes a service. A store that is new gets the built-in roles, and
// every store the roles of the configuration.
func NewService(ctx context.Context, config Config) (*Service, error) {
	switch {
	case config.Store == nil:
		return nil, errors.New("account: Config has no Store")
	case config.Passwords == nil:
		return nil, errors.New("account: Config has no Passwords")
	case config.MaxAPIKeyTTL < 0:
		return nil, errors.New("account: Config has a negative MaxAPIKeyTTL")
	}
	if err := config.completeSessions(); err != nil {
		return nil, err
	}
	if config.Lane == nil {
		config.Lane = work.NewLane(work.Config{Name: "hash", Queue: HashQueue()})
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Rand == nil {
		config.Rand = rand.Reader
	}
	if config.Key == (Key{}) {
		if _, err := io.ReadFull(config.Rand, config.Key[:]); err != nil {
			return nil, fmt.Errorf("account: %w", err)
		}
	}
	var err error
	if config.Roles, err = checkedRoles(config.Roles); err != nil {
		return nil, err
	}
	config.Clients = slices.Clone(config.Clients)
	if err := CheckClients(config.Clients); err != nil {
		return nil, fmt.Errorf("account: Config.Clients: %w", err)
	}
	config.Policy.Forbidden = slices.Clone(config.Policy.Forbidden) // the caller's list may change
	callers, err := otter.New(&otter.Options[callerKey, *standing]{MaximumSize: maxCallers})
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	s := &Service{
		config: &config, uses: lately.New(0), callers: callers, apiKeys: otter.Must(&otter.Options[[32]byte, *standing]{MaximumSize: maxCallers}), keyUses: lately.New(0), changes: changes.NewReader(config.Store, config.Now),
		generation: config.Store.Generation,
	}
	s.gate = attempts.New(config.Store, s.now, config.InsecureNoThrottle)
	return s, s.addRoles(ctx)
}

// view is Store.View for one value.
func view[T any](ctx context.Context, s *Service, fn func(Reader) (T, error)) (value T, err error) {
	err = s.config.Store.View(ctx, func(r Reader) error {
		var err error
		value, err = fn(r)
		return err
	})
	return value, err
}

// update is Store.Update for one value.
func update[T any](ctx context.Context, s *Service, fn func(Writer) (T, error)) (value T, err error) {
	err = s.config.Store.Update(ctx, func(w Writer) error {
		var err error
		value, err = fn(w)
		return err
	})
	return value, err
}

// now is the time as stores keep it.
func (s *Service) now() time.Time { return s.config.Now().UTC().Truncate(time.Millisecond) }

var idEncoding = base32.HexEncoding.WithPadding(base32.NoPadding)

// newID makes an id that cannot be guessed (80 random bits) and that sorts by
// the time it was made, to the millisecond.
func (s *Service) newID() (string, error) {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(s.config.Now().UnixMilli())<<16) // the clock is after 1970
	if _, err := io.ReadFull(s.config.Rand, id[6:]); err != nil {
		return "", fmt.Errorf("account: %w", err)
	}
	return idEncoding.EncodeToString(id[:]), nil
}

// hashQueue is how many may wait for each processor that hashes: as many as it
// serves in ten seconds, which is the longest that one waits.
const hashQueue = 1024

// HashQueue is the Queue of a lane for a [Config], as wide as the machine: long
// enough that nobody is refused whose turn comes within ten seconds. Who is refused
// is decided by how long they would wait.
func HashQueue() int { return hashQueue * work.DefaultWorkers() }
