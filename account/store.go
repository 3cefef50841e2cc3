package account

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast/internal/changes"
)

// Store keeps users, roles and sessions. It knows no rules: those are the
// Service's, which runs them inside the store's transactions.
type Store interface {
	// View runs fn with one unchanging picture of the store.
	View(ctx context.Context, fn func(Reader) error) error

	// Update runs fn and keeps all of its changes if fn returns nil, and none
	// if it does not. Updates happen as if one after the other. The changes
	// are durable when Update returns. A store may run fn more than once.
	Update(ctx context.Context, fn func(Writer) error) error

	ChangeLog
	Attempts
	FailureCounts
}

// ChangeLog is how the processes on a store hear what concerns the callers that
// they remember. What it says is written by the store, in the same transaction:
//
//   - [UserWriter].PutUser of a user who is there, and RemoveUser: [UserChanged]
//   - [SessionWriter].RemoveSessionsOf and RemoveSessionsOfClient: UserChanged, for
//     all of them together
//   - [SessionWriter].RemoveSession of one that is there, and each that TrimSessions
//     or SweepSessions ends before its time: [SessionEnded]
//   - [RoleWriter].PutRole of a role that is there, and RemoveRole: [RoleChanged]
//   - [ClientWriter].PutClient of a client that is there, RemoveClient of one that
//     is there, and PutClientSecrets that takes one away: [ClientChanged]
//   - [APIKeyWriter].ReplaceAPIKey that won, and RemoveAPIKey of one that is there:
//     [APIKeyChanged]
//   - a store of keys: [KeyChanged] for each that is added, changed or removed
//   - a store of settings: [SettingChanged] for one that is chosen or replaced
//
// Nothing else writes a change: not what is new, which no caller rests on yet,
// not a session that is put again with another token, not when a key was used, and
// not sessions and keys that are over by their own date, which every process
// knows. So a sign-in and a refresh wake no one.
//
// docs/stores.md says how to write a store.
type ChangeLog = changes.Log

// Change says that something is no longer what it was.
type Change = changes.Change

// ChangeKind is what a change is about.
type ChangeKind = changes.Kind

// ChangePage is a piece of the log, all of it read at one moment.
type ChangePage = changes.Page

// The kinds of changes.
const (
	UserChanged    = changes.User    // Key is the user's id; the user's sessions may have ended, too
	RoleChanged    = changes.Role    // Key is the role's name
	SessionEnded   = changes.Session // Key is the session's id
	ClientChanged  = changes.Client  // Key is the client's id; its sessions may have ended, too
	APIKeyChanged  = changes.APIKey  // Key is the API key's id
	KeyChanged     = changes.Key     // Key is the signing key's id
	SettingChanged = changes.Setting // Key is the setting's name
)

// The bounds of a log.
const (
	MaxChangePage = changes.MaxPage // changes on a page at most
	KeepChanges   = changes.Keep    // changes that are kept at the least; twice as many at most
	EndOfChanges  = changes.End     // greater than every number
)

// Attempts counts attempts to sign in, for all processes that share the store.
// It is no part of the transactions and does not change the generation: a
// count is lost in a power cut at worst, and a flood of wrong passwords must
// not cost the others a commit each.
type Attempts interface {
	// TakeAttempts takes one attempt out of every bucket, or none out of any if
	// one is empty; wait is then how long until all of them have one.
	TakeAttempts(ctx context.Context, now time.Time, buckets []Bucket) (wait time.Duration, err error)

	// ReturnAttempts puts one attempt back into every bucket.
	ReturnAttempts(ctx context.Context, now time.Time, buckets []Bucket) error

	// AttemptWaits says for each bucket how long it takes until it has an attempt: 0
	// if it has one. It takes none.
	AttemptWaits(ctx context.Context, now time.Time, buckets []Bucket) ([]time.Duration, error)
}

// FailureCounts count wrong passwords in a row, for all processes that share the
// store. As with [Attempts], a count may be lost in a power cut, and is no part of
// the transactions.
type FailureCounts interface {
	// CountFailure counts one more for a key. Of keys that are nobody's account a
	// store keeps no more than MaxNobodies, and some more while it tidies up: those
	// with the highest counts, and of those with the same count the newest.
	CountFailure(ctx context.Context, now time.Time, key [32]byte, nobody bool) error

	Failures(ctx context.Context, key [32]byte) (Failures, error) // the zero Failures of a key that has none
	ClearFailures(ctx context.Context, key [32]byte) error
}

// Reader reads within a transaction and must not be used outside of it. Lists
// in what it returns belong to the caller.
type Reader interface {
	UserReader
	RoleReader
	SessionReader
	ResetReader
	ClientReader
	CodeReader
	ConsentReader
	APIKeyReader
	PasswordMarkReader
	AuditReader
	ServerReader
}

// Writer reads and changes within a transaction.
type Writer interface {
	Reader
	UserWriter
	RoleWriter
	SessionWriter
	ResetWriter
	ClientWriter
	CodeWriter
	ConsentWriter
	APIKeyWriter
	PasswordMarkWriter
	AuditWriter
	ServerWriter
}

// UserReader finds users. Their roles are sorted.
type UserReader interface {
	UserSearcher

	User(id string) (User, error)                  // or ErrNoUser
	UserByName(name string) (User, error)          // or ErrNoUser
	Users(after string, limit int) ([]User, error) // by id
	PasswordHash(userID string) (string, error)    // or ErrNoUser
	CountAble(role string) (int, error)            // users with the role who can sign in: enabled, and with a password

	// PasswordKinds says how many users have a hash of which kind: the
	// MaxPasswordKinds most frequent ones, in the order of their names.
	PasswordKinds() ([]PasswordKind, error)

	// KnownAddress reports whether the user has signed in from an address.
	KnownAddress(userID string, address [32]byte) (bool, error)
}

// UserWriter changes users.
type UserWriter interface {
	PutUser(user User) error // new or changed; ErrNameTaken, ErrNoRole
	PutPasswordHash(userID, hash, kind string) error
	RemoveUser(id string) error // with hash, mark, sessions, resets, addresses, codes, consents and API keys

	// PutKnownAddress remembers an address from which the user has signed in,
	// and forgets all but the user's MaxKnownAddresses newest ones.
	PutKnownAddress(userID string, address [32]byte, now time.Time) error
	RemoveKnownAddresses(userID string) error
}

// RoleReader finds roles. Their scopes are sorted.
type RoleReader interface {
	Role(name string) (Role, error) // or ErrNoRole
	Roles() ([]Role, error)         // by name
}

// RoleWriter changes roles.
type RoleWriter interface {
	PutRole(role Role) error
	RemoveRole(name string) error // ErrRoleInUse
}

// SessionReader finds sessions, and the setups that wait for their person.
type SessionReader interface {
	Session(id string) (Session, error)             // or ErrNoSession
	SessionByHandle(handle string) (Session, error) // or ErrNoSession

	PendingSetup(secretHash [32]byte) (PendingSetup, error) // or ErrBadSetup

	// SessionsOf returns at most limit of a user's sessions, by id, whose ids come
	// after the given one.
	SessionsOf(userID, after string, limit int) ([]Session, error)
	// LatestSessions returns at most limit sessions of all users, the last ids first,
	// whose ids come before the given one; "" is after all of them.
	LatestSessions(before string, limit int) ([]Session, error)
}

// SessionWriter changes sessions.
type SessionWriter interface {
	PutSession(session Session) error // new, or again; ErrNoUser
	RemoveSession(id string) error

	// RemoveSessionsOf ends all sessions that a user has, in a time that does not
	// grow with how many there are: by a number of the user's that each session has
	// a copy of, and no clock. What is left of them is for SweepSessions. One that
	// is put again afterwards goes on.
	RemoveSessionsOf(userID string) error

	// RemoveSessionsOfClient ends those that a user has with one client.
	RemoveSessionsOfClient(userID, clientID string) error

	// RotateSession gives the session another token, if it still has the one with
	// the hash from: it takes over TokenHash, Previous, Successor, Rotated and
	// LastUsed, and nothing else. One conditional statement, so that of many at once
	// exactly one wins, whatever else the store does with transactions; a session
	// that has ended is not there for any.
	RotateSession(id string, from [32]byte, to Session) (won bool, err error)

	// TouchSession notes a use, unless a later one is known. A session that is not
	// there is none of its business.
	TouchSession(id string, used time.Time) error

	// TrimSessions ends those of a user's sessions that come after the keep ones
	// that were used last, but no more than most of them at once.
	TrimSessions(userID string, keep, most int) error

	// SweepSessions removes what is left of sessions that have ended, those that
	// are over at a time, and what TrimSessions has left over; all together no more
	// than most at once. More says that it may find something again.
	// A zero time is before all of them.
	SweepSessions(at time.Time, keep, most int) (more bool, err error)

	// PutPendingSetup keeps a setup beside those before it, of which it forgets all
	// but the MaxPendingSetups-1 that expire last.
	PutPendingSetup(setup PendingSetup) error
	RemovePendingSetups() error // all of them
}

// ClientReader finds clients.
type ClientReader interface {
	Client(id string) (Client, error)                  // or ErrNoClient
	Clients(after string, limit int) ([]Client, error) // by id
	ClientSecrets(id string) ([]ClientSecret, error)   // in the order in which they were put; none of a client who is not there
}

// ClientWriter changes clients.
type ClientWriter interface {
	PutClient(client Client) error                            // new or changed
	PutClientSecrets(id string, secrets []ClientSecret) error // in place of those before; ErrNoClient
	RemoveClient(id string) error                             // with its secrets, sessions, assertions, codes, consents and API keys

	// UseAssertion notes that a client has presented an assertion, which is over at
	// a time, and reports whether it is the first to do so. One statement decides
	// that. Assertions that are over are forgotten; a client who has MaxAssertions
	// that are not is told false. The client need not be in the store.
	UseAssertion(clientID string, assertion [32]byte, now, expires time.Time) (first bool, err error)
}

// APIKeyReader finds API keys.
type APIKeyReader interface {
	APIKey(id string) (APIKey, error)              // or ErrNoAPIKey
	APIKeyByHash(hash [32]byte) (APIKey, error)    // or ErrNoAPIKey
	APIKeysOf(owner APIKeyOwner) ([]APIKey, error) // by id, those that are over too
}

// APIKeyWriter changes API keys.
type APIKeyWriter interface {
	// PutAPIKey keeps a new key. ErrNoUser says that there is no user whose it
	// could be; whether there is a client the store does not know, since a program
	// may declare some.
	PutAPIKey(key APIKey) error

	// ReplaceAPIKey keeps next and lets the key of an id end at a time, unless it
	// ends before by itself. Of several who replace a key one wins, and of them and
	// who removes it: whether the key is there and has not been replaced decides,
	// in the statement that says that it has been. Nothing is kept if it did not win.
	ReplaceAPIKey(id string, ends time.Time, next APIKey) (won bool, err error)

	RemoveAPIKey(id string) error
	RemoveAPIKeysBefore(owner APIKeyOwner, expiry time.Time) error

	// UseAPIKeys notes when keys were last used, by their ids. A use that is not
	// later than the one that is noted changes nothing, and neither does one of a key
	// that is not there.
	UseAPIKeys(used map[string]time.Time) error
}

// PasswordMarkReader finds marks.
type PasswordMarkReader interface {
	PasswordMark(userID string) (PasswordMark, error) // zero if there is none, or no such user
}

// PasswordMarkWriter changes them. A user has at most one.
type PasswordMarkWriter interface {
	PutPasswordMark(userID string, mark PasswordMark) error // in place of the one before; ErrNoUser
	RemoveCutMarks(until time.Time) error                   // those with a CutUntil that is not after a time
}

// User is somebody with an account.
type User struct {
	ID       string
	Name     string // to sign in with, in lower case
	Email    string // "" if unknown; it was not checked
	Disabled bool
	Roles    []string
	Created  time.Time
}

// Role is a name that grants scopes.
type Role struct {
	Name        string
	Description string
	Scopes      []string
}

// Session is one sign-in, which refresh tokens prolong until it expires, or
// which is presented itself until then.
type Session struct {
	ID      string
	UserID  string
	Scopes  []string // granted at sign-in, to tokens
	Created time.Time
	Expires time.Time

	ClientID string   // who its tokens were given to; "" for one that is presented itself
	Audience []string // what its tokens are for; the issuer's default if nil

	// AuthTime is when its user signed in, which is before it began where a code began
	// it; zero if nobody did, or it was not noted. It does not change.
	AuthTime time.Time

	// Handle finds the session of a refresh token, all of the session's tokens
	// alike, or of a session's own secret. TokenHash is SHA-256 of the one token
	// or secret that is good now.
	Handle    string
	TokenHash [32]byte

	// Of the last rotation: SHA-256 of the token before, the secret of the one that
	// was issued for it, which only the one before can open, and when that was.
	Previous  [32]byte
	Successor []byte
	Rotated   time.Time

	LastUsed time.Time // to the minute where it is presented itself, and otherwise its last refresh
	Device   string    // the User-Agent of the sign-in, cleaned; "" if unknown
	Address  string    // where the sign-in came from; "" if unknown
}

// APIKey is a credential for a program: a person's own (a personal access token),
// or that of a client that calls for itself. It is shown once, when it is made, and
// kept as a hash.
type APIKey struct {
	ID       string
	UserID   string // whose it is; "" for a client's
	ClientID string // whose it is; "" for a user's
	Name     string // what for, in the owner's words
	Scopes   []string
	Hash     [32]byte // SHA-256 of all of it
	Created  time.Time
	Expires  time.Time
	LastUsed time.Time // to the minute, and some minutes late; zero if never
	Replaced string    // the id of the key that was made in its place; "" if none was
}

// APIKeyOwner is whose an API key is: of the two fields one is set.
type APIKeyOwner struct {
	UserID   string
	ClientID string
}

// Owner is whose the key is.
func (k APIKey) Owner() APIKeyOwner { return APIKeyOwner{k.UserID, k.ClientID} }

// PendingSetup is the one-time secret that makes the first administrator.
type PendingSetup struct {
	SecretHash [32]byte // SHA-256
	Expires    time.Time
}

// PasswordMark is what is known of a user's password besides its hash. The zero
// mark says nothing.
type PasswordMark struct {
	Given    bool      // somebody else has chosen it
	CutUntil time.Time // until when what another system left of a password is compared; zero for never
}

// PasswordKind is a kind of password hash and how many users have one of it.
type PasswordKind struct {
	Kind  string // a hash that costs as much to verify, and holds nothing of theirs
	Users int
}

const (
	// MaxKnownAddresses is how many addresses are remembered for a user.
	MaxKnownAddresses = 10

	// MaxNobodies is for how many names without an account wrong passwords in a row are
	// counted at a time.
	MaxNobodies = 100_000

	// MaxPasswordKinds is how many kinds PasswordKinds returns at most.
	MaxPasswordKinds = 64

	// MaxPendingSetups is how many setups wait at once at most.
	MaxPendingSetups = 10
)

// UserState is whether a user may sign in at all, for a [UserQuery].
type UserState string

// The states that can be asked for; the zero UserState is any.
const (
	UserEnabled  UserState = "enabled"
	UserDisabled UserState = "disabled"
)

// UserQuery chooses users. What is zero chooses all.
type UserQuery struct {
	Prefix string    // with which their names begin
	Role   string    // that they have
	State  UserState // in which they are
	After  string    // the name after which to go on
}

// UserSearcher finds users as people look for them. However many users there are,
// an answer takes no longer than the limit needs.
type UserSearcher interface {
	SearchUsers(q UserQuery, limit int) ([]User, error) // by name

	// CountHolders says how many users have a role, and most if there are more.
	CountHolders(role string, most int) (int, error)
}
