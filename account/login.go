package account

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"math/bits"
	"strings"
)

// Login starts a session for a name and a password. Of the scopes asked for,
// it grants those that the user's roles grant and the client may have. Whether
// the client may use the password grant at all is asked by who calls. Error:
// ErrNoClient.
//
// An unknown name, a wrong password, a disabled user and one without a
// password are one error, ErrBadLogin, after the same work. A right password that
// somebody else has chosen is a *GivenPasswordError. Attempts are
// counted before that work, for the account and for the address (see
// WithSource); one too many is a *ThrottledError, whatever the password. A
// password hash that is weaker than the present configuration is replaced by
// the way.
func (s *Service) Login(ctx context.Context, name, password string, ask Ask) (Grant, error) {
	var grant Grant
	ask.signedIn = true
	device, err := s.enter(ctx, name, password, entry{begin: func(w Writer, userID string, what *deed) (err error) {
		if grant, err = s.begin(ctx, w, userID, ask); err == nil {
			what.byItself(grant.User, grant.ClientID, grant.SessionID)
			what.detail("scopes", strings.Join(grant.Scopes, " "))
		}
		return err
	}})
	if err != nil {
		return Grant{}, err
	}
	grant.Device = device
	return grant, nil
}

// entry is what a sign-in is for.
type entry struct {
	// begin starts the session, in the transaction that makes sure of what the sign-in
	// rests on. It may run more than once.
	begin func(w Writer, userID string, what *deed) error

	offer bool // of a password that was given, what sets another one
}

// enter is every sign-in with a name and a password. Device is what the device
// keeps.
func (s *Service) enter(ctx context.Context, name, password string, into entry) (device Secret, err error) {
	found, err := s.findLogin(ctx, name)
	if err != nil {
		return "", err
	}
	defer func() {
		refused := err
		if given, ok := errors.AsType[*GivenPasswordError](err); ok && given.Reset == "" {
			refused = errInVain
		}
		s.countRefused(ctx, refused, "sign-in", found.subject())
	}()
	taken, err := s.takeInTurn(ctx, found)
	if err != nil {
		return "", err
	}
	defer func() { err = ended(ctx, taken, err) }()
	err = errUnfinished
	found, newHash, err := s.verified(taken.Queued(ctx), found, password, into)
	if err != nil {
		return "", err
	}
	return Secret(s.deviceMarks().Add(keptBy(ctx), found.user.ID, cmp.Or(newHash, found.hash), found.device)), nil
}

// errUnfinished is what came of a sign-in that panics.
var errUnfinished = errors.New("the sign-in was not finished")

// verified verifies a password and signs in. It returns what was verified.
func (s *Service) verified(ctx context.Context, found login, password string, into entry) (_ login, newHash string, err error) {
	right, err := s.authenticate(ctx, found, password)
	for try := 0; err == nil; try++ {
		err = s.signIn(ctx, found, right, into)
		if !errors.Is(err, errHashChanged) || try == 3 {
			break
		}
		// Another sign-in has replaced the hash, or somebody has changed the
		// password: what is stored now decides.
		if found, err = s.findLogin(ctx, found.name); err != nil {
			return found, "", err
		}
		right, err = s.authenticate(ctx, found, password)
	}
	return found, right.newHash, err
}

// errHashChanged says that another hash is stored than the one verified.
var errHashChanged = errors.New("the password hash changed meanwhile")

// login is what the store knows of a name that somebody presents.
type login struct {
	name   string
	user   User   // zero if no user has the name
	hash   string // "" if there is none
	mark   PasswordMark
	known  bool   // the user has signed in from this address before
	device string // the mark by which the device is known to the user; "" if it is not
	like   string // what the hash looks like if there is no user
}

// subject is the user whom a sign-in concerns, if there is one. A name that no user
// has is not written down: it may be a password.
func (l login) subject() AuditSubject {
	if l.user.ID == "" {
		return AuditSubject{}
	}
	return ofUser(l.user)
}

// findLogin asks the store the same for every name.
func (s *Service) findLogin(ctx context.Context, name string) (login, error) {
	name = plainName(name)
	return view(ctx, s, func(r Reader) (login, error) {
		found := login{name: name}
		user, err := r.UserByName(name)
		if err != nil && !errors.Is(err, ErrNoUser) {
			return found, err
		}
		return s.describe(ctx, r, found, user)
	})
}

// plainName is the one spelling under which a name is looked up and counted:
// two spellings that are counted apart without a user and together with one
// would tell who exists.
func plainName(name string) string { return strings.TrimSpace(strings.ToLower(name)) }

// describe fills in what the store knows of a user, if there is one.
func (s *Service) describe(ctx context.Context, r Reader, found login, user User) (_ login, err error) {
	found.user = user
	if found.hash, err = r.PasswordHash(user.ID); err != nil && !errors.Is(err, ErrNoUser) {
		return found, err
	}
	if found.mark, err = r.PasswordMark(user.ID); err != nil {
		return found, err
	}
	if from := sourceOf(ctx); from != "" {
		if found.known, err = r.KnownAddress(user.ID, s.keyed("address", from)); err != nil {
			return found, err
		}
	}
	found.device = s.deviceMarks().Of(keptBy(ctx), user.ID, found.hash)
	kinds, err := r.PasswordKinds()
	found.like = s.likeOthers(found.name, kinds)
	return found, err
}

// likeOthers picks the kind of hash that a name without one is taken to have,
// in the proportions in which users have them, and always the same one for a
// name: otherwise those with an old, slower or faster kind would stand out as
// people who exist.
func (s *Service) likeOthers(name string, kinds []PasswordKind) string {
	total := uint64(0)
	for _, kind := range kinds {
		total += uint64(max(0, kind.Users))
	}
	sum := s.keyed("kind of nobody", name)
	place, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:]), total) // evenly in [0, total)
	for _, kind := range kinds {
		users := uint64(max(0, kind.Users))
		if place < users {
			return kind.Kind
		}
		place -= users
	}
	return ""
}

// authenticate verifies a password, or does the same work where no password is
// right: for a name without a user, a user without a password or with a
// damaged hash, and a disabled one. The error is ErrBadLogin, or the hasher's.
func (s *Service) authenticate(ctx context.Context, l login, password string) (verified, error) {
	like, hopeless := l.hash, l.user.Disabled
	if s.config.Passwords.Blank(l.hash) == "" {
		like, hopeless = l.like, true
	}
	if hopeless {
		if !dummyVerification {
			return verified{}, ErrBadLogin
		}
		err := s.config.Lane.Do(ctx, func() error { return s.config.Passwords.DummyVerifyLike(ctx, password, like) })
		return verified{}, cmp.Or(err, ErrBadLogin)
	}
	return s.match(ctx, l, password)
}

// signIn starts the session if nothing that the sign-in rests on has changed
// while the password was being verified, and replaces the hash with it.
func (s *Service) signIn(ctx context.Context, l login, right verified, into entry) error {
	var given *GivenPasswordError // outside of the transaction's error: what it offers must be kept
	what := did(AuditSignedIn, AuditSubject{})
	err := s.change(ctx, what, func(w Writer) (err error) {
		if err := stillThere(w, l); err != nil {
			return err
		}
		if l.mark.Given {
			given, err = s.mustChoose(w, l, into.offer, what)
			return err
		}
		return s.admit(ctx, w, l, right, into, what)
	})
	switch {
	case err != nil:
		return err
	case given != nil:
		return given
	}
	s.noteCut(ctx, l.user, right)
	return nil
}

// admit is what a sign-in changes.
func (s *Service) admit(ctx context.Context, w Writer, l login, right verified, into entry, what *deed) (err error) {
	switch userID := l.user.ID; {
	case right.newHash != "":
		err = s.putHash(w, userID, right.newHash)
	case l.mark != PasswordMark{}:
		err = w.PutPasswordMark(userID, PasswordMark{}) // it was for this once
	}
	if err != nil {
		return err
	}
	if err := s.know(ctx, w, l.user.ID); err != nil {
		return err
	}
	if err := into.begin(w, l.user.ID, what); err != nil {
		return err
	}
	if right.cut {
		what.also = append(what.also, AuditEvent{Kind: AuditPasswordCut, Actor: what.Actor, On: what.On})
	}
	return nil
}

// know remembers the request's address as one of the user's.
func (s *Service) know(ctx context.Context, w Writer, userID string) error {
	from := sourceOf(ctx)
	if from == "" {
		return nil
	}
	return w.PutKnownAddress(userID, s.keyed("address", from), s.now())
}

// stillThere makes sure that the user may sign in and has the hash that was
// verified.
func stillThere(r Reader, l login) error {
	user, err := r.User(l.user.ID)
	if errors.Is(err, ErrNoUser) || err == nil && user.Disabled {
		return ErrBadLogin
	}
	if err != nil {
		return err
	}
	now, err := r.PasswordHash(user.ID)
	if err == nil && now != l.hash {
		err = errHashChanged
	}
	return err
}

// mustChoose is the answer to a right password that was given.
func (s *Service) mustChoose(w Writer, l login, offer bool, what *deed) (*GivenPasswordError, error) {
	refused := &GivenPasswordError{User: l.user}
	if !offer {
		what.nothing()
		return refused, nil
	}
	secret, err := s.newSecret()
	if err != nil {
		return nil, err
	}
	what.Kind = AuditResetIssued
	what.byItself(l.user, "", "")
	what.detail("kind", string(ResetGiven))
	refused.Reset = Secret(secret)
	return refused, w.PutReset(Reset{
		UserID: l.user.ID, Kind: ResetGiven, SecretHash: hashOf(secret), Before: hashOf(l.hash), Expires: s.now().Add(ResetTTL),
	}, maxResets)
}

// verified is a right password.
type verified struct {
	newHash string // in place of the one that was verified; "" if that stays
	cut     bool   // it is longer than what was compared
}

// verify compares a password with the hash of a sign-in.
func (s *Service) verify(ctx context.Context, l login, password string) (ok bool, v verified, err error) {
	cuts, can := s.config.Passwords.(CutPasswords)
	if can && s.config.Now().Before(l.mark.CutUntil) && cuts.Cuts(l.hash) {
		ok, v.cut, v.newHash, err = cuts.VerifyCut(ctx, password, l.hash)
		return ok, v, err
	}
	ok, v.newHash, err = s.config.Passwords.VerifyAndUpdate(ctx, password, l.hash)
	return ok, v, err
}

// noteCut tells that somebody got in with what another system had kept of their
// password, after the hash was replaced.
func (s *Service) noteCut(ctx context.Context, user User, v verified) {
	if v.cut && s.config.OnCut != nil {
		s.config.OnCut(ctx, user)
	}
}

// match verifies in the lane. The error is ErrBadLogin for a wrong password.
func (s *Service) match(ctx context.Context, l login, password string) (v verified, err error) {
	var ok bool
	err = s.config.Lane.Do(ctx, func() (err error) {
		ok, v, err = s.verify(ctx, l, password)
		return err
	})
	if !ok {
		err = cmp.Or(err, ErrBadLogin)
	}
	return v, err
}
