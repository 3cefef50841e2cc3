// Package memory is an account store in memory, for tests and examples. It
// forgets everything when the process ends.
package memory

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
)

// Store is the store. It is safe for concurrent use. Readers never wait; an
// update copies the maps, so its time grows with the store.
type Store struct {
	writing sync.Mutex
	state   atomic.Pointer[state] // never changed, only replaced

	counting sync.Mutex
	attempts map[[32]byte]time.Time // when the bucket is full again
	failures map[[32]byte]failures
	nobodies int // of failures
	sweep    int // how many there are when full ones are thrown out
}

var _ account.Store = (*Store)(nil)

// New makes an empty store.
func New() *Store {
	s := &Store{attempts: map[[32]byte]time.Time{}, failures: map[[32]byte]failures{}, sweep: 1024}
	s.state.Store(&state{
		users: map[string]account.User{}, names: map[string]string{}, hashes: map[string]string{},
		roles: map[string]account.Role{}, sessions: map[string]account.Session{}, handles: map[string]string{},
		kinds: map[string]string{}, setups: map[[32]byte]time.Time{}, marks: map[string]account.PasswordMark{}, resets: map[string][]account.Reset{}, addresses: map[address]time.Time{},
		settings: map[string]string{}, clients: map[string]account.Client{}, secrets: map[string][]account.ClientSecret{},
		codes: map[[32]byte]account.Code{}, consents: map[grantee]account.Consent{},
		assertions: map[assertion]time.Time{}, used: map[string]int{},
		servers: map[string]account.Server{}, apiKeys: map[string]account.APIKey{}, keyHashes: map[[32]byte]string{},
	})
	return s
}

// View implements account.Store.
func (s *Store) View(ctx context.Context, fn func(account.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn(s.state.Load())
}

// Update implements account.Store.
func (s *Store) Update(ctx context.Context, fn func(account.Writer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	next := s.state.Load().clone()
	if err := fn(next); err != nil {
		return err
	}
	s.state.Store(next)
	return nil
}

// state is one picture of the store, and the transaction that makes the next.
type state struct {
	log       changeLog
	audit     trail
	users     map[string]account.User    // by id
	names     map[string]string          // name to id
	hashes    map[string]string          // by user id
	roles     map[string]account.Role    // by name
	sessions  map[string]account.Session // by id
	handles   map[string]string          // handle to session id
	setups    map[[32]byte]time.Time     // when they expire, by the hash of the secret
	keys      []keyring.Record
	kinds     map[string]string               // user id to kind of password hash
	marks     map[string]account.PasswordMark // by user id
	resets    map[string][]account.Reset      // by user id
	addresses map[address]time.Time           // when they were seen
	settings  map[string]string
	clients   map[string]account.Client         // by id
	secrets   map[string][]account.ClientSecret // by client id
	codes     map[[32]byte]account.Code
	consents  map[grantee]account.Consent

	assertions map[assertion]time.Time // when they are over
	used       map[string]int          // how many there are, by client id

	apiKeys   map[string]account.APIKey // by id
	keyHashes map[[32]byte]string       // hash of an API key to its id

	servers map[string]account.Server // by id
}

func (s *state) clone() *state {
	return &state{
		log: s.log, audit: s.audit, setups: maps.Clone(s.setups), keys: s.keys, marks: maps.Clone(s.marks),
		users: maps.Clone(s.users), names: maps.Clone(s.names), hashes: maps.Clone(s.hashes),
		roles: maps.Clone(s.roles), sessions: maps.Clone(s.sessions), handles: maps.Clone(s.handles),
		kinds: maps.Clone(s.kinds), resets: maps.Clone(s.resets), addresses: maps.Clone(s.addresses),
		settings: maps.Clone(s.settings), clients: maps.Clone(s.clients), secrets: maps.Clone(s.secrets),
		codes: maps.Clone(s.codes), consents: maps.Clone(s.consents),
		assertions: maps.Clone(s.assertions), used: maps.Clone(s.used),
		servers: maps.Clone(s.servers), apiKeys: maps.Clone(s.apiKeys), keyHashes: maps.Clone(s.keyHashes),
	}
}

func cloneUser(u account.User) account.User {
	u.Roles = slices.Clone(u.Roles)
	return u
}

func cloneRole(r account.Role) account.Role {
	r.Scopes = slices.Clone(r.Scopes)
	return r
}

func cloneSession(s account.Session) account.Session {
	s.Scopes, s.Audience, s.Successor = slices.Clone(s.Scopes), slices.Clone(s.Audience), slices.Clone(s.Successor)
	return s
}

func (s *state) User(id string) (account.User, error) {
	user, ok := s.users[id]
	if !ok {
		return account.User{}, account.ErrNoUser
	}
	return cloneUser(user), nil
}

func (s *state) UserByName(name string) (account.User, error) { return s.User(s.names[name]) }

func (s *state) Users(after string, limit int) ([]account.User, error) {
	var out []account.User
	for _, id := range slices.Sorted(maps.Keys(s.users)) {
		if id > after && len(out) < limit {
			out = append(out, cloneUser(s.users[id]))
		}
	}
	return out, nil
}

func (s *state) PasswordHash(userID string) (string, error) {
	if _, ok := s.users[userID]; !ok {
		return "", account.ErrNoUser
	}
	return s.hashes[userID], nil
}

func (s *state) CountAble(role string) (int, error) {
	n := 0
	for _, user := range s.users {
		if !user.Disabled && s.hashes[user.ID] != "" && slices.Contains(user.Roles, role) {
			n++
		}
	}
	return n, nil
}

func (s *state) PutUser(user account.User) error {
	if id, ok := s.names[user.Name]; ok && id != user.ID {
		return account.ErrNameTaken
	}
	for _, role := range user.Roles {
		if _, ok := s.roles[role]; !ok {
			return account.ErrNoRole
		}
	}
	if before, ok := s.users[user.ID]; ok {
		delete(s.names, before.Name)
		s.log.tell(account.UserChanged, user.ID)
	}
	user = cloneUser(user)
	slices.Sort(user.Roles)
	s.users[user.ID], s.names[user.Name] = user, user.ID
	return nil
}

func (s *state) PutPasswordHash(userID, hash, kind string) error {
	if _, ok := s.users[userID]; !ok {
		return account.ErrNoUser
	}
	s.hashes[userID], s.kinds[userID] = hash, kind
	return nil
}

func (s *state) RemoveUser(id string) error {
	if _, ok := s.users[id]; !ok {
		return nil
	}
	delete(s.names, s.users[id].Name)
	delete(s.users, id)
	delete(s.hashes, id)
	delete(s.kinds, id)
	delete(s.marks, id)
	delete(s.resets, id)
	s.forget(func(userID, _ string) bool { return userID == id })
	s.log.tell(account.UserChanged, id)
	s.removeAPIKeys(func(key account.APIKey) bool { return key.UserID == id })
	return errors.Join(s.RemoveKnownAddresses(id), s.RemoveSessionsOf(id))
}

func (s *state) Role(name string) (account.Role, error) {
	role, ok := s.roles[name]
	if !ok {
		return account.Role{}, account.ErrNoRole
	}
	return cloneRole(role), nil
}

func (s *state) Roles() ([]account.Role, error) {
	var out []account.Role
	for _, role := range s.roles {
		out = append(out, cloneRole(role))
	}
	slices.SortFunc(out, func(a, b account.Role) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

func (s *state) PutRole(role account.Role) error {
	if _, ok := s.roles[role.Name]; ok {
		s.log.tell(account.RoleChanged, role.Name)
	}
	role = cloneRole(role)
	slices.Sort(role.Scopes)
	s.roles[role.Name] = role
	return nil
}

func (s *state) RemoveRole(name string) error {
	for _, user := range s.users {
		if slices.Contains(user.Roles, name) {
			return account.ErrRoleInUse
		}
	}
	if _, ok := s.roles[name]; ok {
		s.log.tell(account.RoleChanged, name)
	}
	delete(s.roles, name)
	return nil
}
