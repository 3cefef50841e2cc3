package account_test

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
)

// errOutage is what fails in these tests: a call of the store above all, and of
// what else the domain stands on.
var errOutage = errors.New("the store is away")

// outages is a store, a lane and a source of random bytes. Their calls are
// counted, and one of them fails when told to. It does what was asked of it all
// the same, as if the answer were lost: code that does not look at the error
// has something to go on with.
type outages struct {
	account.Store
	failAt  int           // the number of the call that fails; none if 0
	calls   int           // since begin
	asked   []string      // what was called
	failed  string        // the call that failed; "" if it did not come to that
	updates int           // transactions that write
	commits int           // those that were kept
	before  func()        // runs before the next of them, once
	doomed  account.Store // updates run on it first, as on a store that tries again
}

func (o *outages) begin(failAt int) {
	o.failAt, o.calls, o.asked, o.failed, o.updates, o.commits = failAt, 0, nil, "", 0, 0
}

// call returns the error of a call: its own, or errOutage if it is its turn.
func (o *outages) call(name string, err error) error {
	o.asked = append(o.asked, name)
	if o.calls++; o.calls == o.failAt {
		o.failed = name
		return errOutage
	}
	return err
}

func (o *outages) Read(b []byte) (int, error) {
	if err := o.call("Rand", nil); err != nil {
		return 0, err
	}
	return rand.Read(b)
}

// Do is a lane as wide as may be.
func (o *outages) Do(_ context.Context, fn func() error) error { return o.call("the lane", fn()) }

func (o *outages) View(ctx context.Context, fn func(account.Reader) error) error {
	if err := o.call("View", nil); err != nil {
		return err
	}
	return o.Store.View(ctx, func(r account.Reader) error { return fn(reader{r, o}) })
}

func (o *outages) Update(ctx context.Context, fn func(account.Writer) error) error {
	o.updates++
	if before := o.before; before != nil {
		o.before = nil
		before()
	}
	if err := o.call("Update", nil); err != nil {
		return err
	}
	if o.doomed != nil {
		_ = o.doomed.Update(ctx, fn)
	}
	err := o.Store.Update(ctx, func(w account.Writer) error {
		if err := fn(writer{reader{w, o}, w, o}); err != nil {
			return err
		}
		return o.call("the commit", nil)
	})
	if err == nil {
		o.commits++
	}
	return err
}

func (o *outages) Changes(ctx context.Context, after int64) (account.ChangePage, error) {
	return got(o.Store.Changes(ctx, after)).from(o, "Changes")
}

func (o *outages) TakeAttempts(ctx context.Context, now time.Time, buckets []account.Bucket) (time.Duration, error) {
	wait, err := o.Store.TakeAttempts(ctx, now, buckets)
	return wait, o.call("TakeAttempts", err)
}

func (o *outages) ReturnAttempts(ctx context.Context, now time.Time, buckets []account.Bucket) error {
	return o.call("ReturnAttempts", o.Store.ReturnAttempts(ctx, now, buckets))
}

func (o *outages) AttemptWaits(ctx context.Context, now time.Time, buckets []account.Bucket) ([]time.Duration, error) {
	return got(o.Store.AttemptWaits(ctx, now, buckets)).from(o, "AttemptWaits")
}

func (o *outages) CountFailure(ctx context.Context, now time.Time, key [32]byte, nobody bool) error {
	return o.call("CountFailure", o.Store.CountFailure(ctx, now, key, nobody))
}

func (o *outages) Failures(ctx context.Context, key [32]byte) (account.Failures, error) {
	return got(o.Store.Failures(ctx, key)).from(o, "Failures")
}

func (o *outages) ClearFailures(ctx context.Context, key [32]byte) error {
	return o.call("ClearFailures", o.Store.ClearFailures(ctx, key))
}

// answer is what a call of the store returns with a value.
type answer[T any] struct {
	value T
	err   error
}

func got[T any](value T, err error) answer[T] { return answer[T]{value, err} }

func (a answer[T]) from(o *outages, call string) (T, error) { return a.value, o.call(call, a.err) }

// hashes are passwords that can fail.
type hashes struct {
	*password.Context
	o *outages
}

func (h hashes) Hash(ctx context.Context, secret string) (string, error) {
	return got(h.Context.Hash(ctx, secret)).from(h.o, "Hash")
}

func (h hashes) VerifyAndUpdate(ctx context.Context, secret, hash string) (bool, string, error) {
	ok, newHash, err := h.Context.VerifyAndUpdate(ctx, secret, hash)
	return ok, newHash, h.o.call("VerifyAndUpdate", err)
}

func (h hashes) DummyVerifyLike(ctx context.Context, secret, like string) error {
	return h.o.call("DummyVerifyLike", h.Context.DummyVerifyLike(ctx, secret, like))
}

// reader has every method of account.Reader and embeds none, so that a new one
// does not compile until it can fail.
type reader struct {
	in account.Reader
	o  *outages
}

func (r reader) User(id string) (account.User, error) {
	return got(r.in.User(id)).from(r.o, "User")
}

func (r reader) UserByName(name string) (account.User, error) {
	return got(r.in.UserByName(name)).from(r.o, "UserByName")
}

func (r reader) Users(after string, limit int) ([]account.User, error) {
	return got(r.in.Users(after, limit)).from(r.o, "Users")
}

func (r reader) SearchUsers(q account.UserQuery, limit int) ([]account.User, error) {
	return got(r.in.SearchUsers(q, limit)).from(r.o, "SearchUsers")
}

func (r reader) CountHolders(role string, most int) (int, error) {
	return got(r.in.CountHolders(role, most)).from(r.o, "CountHolders")
}

func (r reader) PasswordHash(userID string) (string, error) {
	return got(r.in.PasswordHash(userID)).from(r.o, "PasswordHash")
}

func (r reader) CountAble(role string) (int, error) {
	return got(r.in.CountAble(role)).from(r.o, "CountAble")
}

func (r reader) PasswordKinds() ([]account.PasswordKind, error) {
	return got(r.in.PasswordKinds()).from(r.o, "PasswordKinds")
}

func (r reader) KnownAddress(userID string, address [32]byte) (bool, error) {
	return got(r.in.KnownAddress(userID, address)).from(r.o, "KnownAddress")
}

func (r reader) Role(name string) (account.Role, error) {
	return got(r.in.Role(name)).from(r.o, "Role")
}

func (r reader) Roles() ([]account.Role, error) {
	return got(r.in.Roles()).from(r.o, "Roles")
}

func (r reader) Session(id string) (account.Session, error) {
	return got(r.in.Session(id)).from(r.o, "Session")
}

func (r reader) SessionsOf(userID, after string, limit int) ([]account.Session, error) {
	return got(r.in.SessionsOf(userID, after, limit)).from(r.o, "SessionsOf")
}

func (r reader) SessionByHandle(handle string) (account.Session, error) {
	return got(r.in.SessionByHandle(handle)).from(r.o, "SessionByHandle")
}

func (r reader) PendingSetup(secretHash [32]byte) (account.PendingSetup, error) {
	return got(r.in.PendingSetup(secretHash)).from(r.o, "PendingSetup")
}

func (r reader) Servers() ([]account.Server, error) {
	return got(r.in.Servers()).from(r.o, "Servers")
}

func (r reader) PasswordMark(userID string) (account.PasswordMark, error) {
	return got(r.in.PasswordMark(userID)).from(r.o, "PasswordMark")
}

func (r reader) Reset(secretHash [32]byte) (account.Reset, error) {
	return got(r.in.Reset(secretHash)).from(r.o, "Reset")
}

func (r reader) Client(id string) (account.Client, error) {
	return got(r.in.Client(id)).from(r.o, "Client")
}

func (r reader) Clients(after string, limit int) ([]account.Client, error) {
	return got(r.in.Clients(after, limit)).from(r.o, "Clients")
}

func (r reader) ClientSecrets(id string) ([]account.ClientSecret, error) {
	return got(r.in.ClientSecrets(id)).from(r.o, "ClientSecrets")
}

func (r reader) Code(hash [32]byte) (account.Code, error) {
	return got(r.in.Code(hash)).from(r.o, "Code")
}

func (r reader) Consent(userID, clientID string) (account.Consent, error) {
	return got(r.in.Consent(userID, clientID)).from(r.o, "Consent")
}

func (r reader) Consents(userID string) ([]account.Consent, error) {
	return got(r.in.Consents(userID)).from(r.o, "Consents")
}

// writer has every method of account.Writer, as reader has.
type writer struct {
	reader
	in account.Writer
	o  *outages
}

func (w writer) PutUser(user account.User) error { return w.o.call("PutUser", w.in.PutUser(user)) }

func (w writer) PutPasswordHash(userID, hash, kind string) error {
	return w.o.call("PutPasswordHash", w.in.PutPasswordHash(userID, hash, kind))
}

func (w writer) RemoveUser(id string) error { return w.o.call("RemoveUser", w.in.RemoveUser(id)) }

func (w writer) PutKnownAddress(userID string, address [32]byte, now time.Time) error {
	return w.o.call("PutKnownAddress", w.in.PutKnownAddress(userID, address, now))
}

func (w writer) RemoveKnownAddresses(userID string) error {
	return w.o.call("RemoveKnownAddresses", w.in.RemoveKnownAddresses(userID))
}

func (w writer) PutRole(role account.Role) error { return w.o.call("PutRole", w.in.PutRole(role)) }

func (w writer) RemoveRole(name string) error { return w.o.call("RemoveRole", w.in.RemoveRole(name)) }

func (w writer) PutSession(session account.Session) error {
	return w.o.call("PutSession", w.in.PutSession(session))
}

func (w writer) RemoveSession(id string) error {
	return w.o.call("RemoveSession", w.in.RemoveSession(id))
}

func (r reader) LatestSessions(before string, limit int) ([]account.Session, error) {
	return got(r.in.LatestSessions(before, limit)).from(r.o, "LatestSessions")
}

func (w writer) RemoveSessionsOf(userID string) error {
	return w.o.call("RemoveSessionsOf", w.in.RemoveSessionsOf(userID))
}

func (w writer) RotateSession(id string, from [32]byte, to account.Session) (bool, error) {
	return got(w.in.RotateSession(id, from, to)).from(w.o, "RotateSession")
}

func (w writer) TouchSession(id string, used time.Time) error {
	return w.o.call("TouchSession", w.in.TouchSession(id, used))
}

func (w writer) TrimSessions(userID string, keep, most int) error {
	return w.o.call("TrimSessions", w.in.TrimSessions(userID, keep, most))
}

func (w writer) SweepSessions(now time.Time, keep, most int) (bool, error) {
	return got(w.in.SweepSessions(now, keep, most)).from(w.o, "SweepSessions")
}

func (w writer) PutPendingSetup(setup account.PendingSetup) error {
	return w.o.call("PutPendingSetup", w.in.PutPendingSetup(setup))
}

func (w writer) RemovePendingSetups() error {
	return w.o.call("RemovePendingSetups", w.in.RemovePendingSetups())
}

func (w writer) PutPasswordMark(userID string, mark account.PasswordMark) error {
	return w.o.call("PutPasswordMark", w.in.PutPasswordMark(userID, mark))
}

func (w writer) RemoveCutMarks(until time.Time) error {
	return w.o.call("RemoveCutMarks", w.in.RemoveCutMarks(until))
}

func (w writer) PutServer(server account.Server, forget time.Time) error {
	return w.o.call("PutServer", w.in.PutServer(server, forget))
}

func (w writer) RemoveServer(id string) error { return w.o.call("RemoveServer", w.in.RemoveServer(id)) }

func (w writer) PutReset(reset account.Reset, most int) error {
	return w.o.call("PutReset", w.in.PutReset(reset, most))
}

func (w writer) RemoveResets(userID string) error {
	return w.o.call("RemoveResets", w.in.RemoveResets(userID))
}

func (w writer) PutClient(client account.Client) error {
	return w.o.call("PutClient", w.in.PutClient(client))
}

func (w writer) PutClientSecrets(id string, secrets []account.ClientSecret) error {
	return w.o.call("PutClientSecrets", w.in.PutClientSecrets(id, secrets))
}

func (w writer) UseAssertion(clientID string, assertion [32]byte, now, expires time.Time) (bool, error) {
	return got(w.in.UseAssertion(clientID, assertion, now, expires)).from(w.o, "UseAssertion")
}

func (w writer) RemoveClient(id string) error { return w.o.call("RemoveClient", w.in.RemoveClient(id)) }

func (w writer) RemoveSessionsOfClient(userID, clientID string) error {
	return w.o.call("RemoveSessionsOfClient", w.in.RemoveSessionsOfClient(userID, clientID))
}

func (w writer) PutCode(code account.Code) error { return w.o.call("PutCode", w.in.PutCode(code)) }

func (w writer) UseCode(hash [32]byte, sessionID string) (code account.Code, won bool, err error) {
	code, won, err = w.in.UseCode(hash, sessionID)
	return code, won, w.o.call("UseCode", err)
}

func (w writer) RemoveCode(hash [32]byte) error {
	return w.o.call("RemoveCode", w.in.RemoveCode(hash))
}

func (w writer) RemoveCodesBefore(expiry time.Time) error {
	return w.o.call("RemoveCodesBefore", w.in.RemoveCodesBefore(expiry))
}

func (w writer) RemoveCodesOf(userID, clientID string) error {
	return w.o.call("RemoveCodesOf", w.in.RemoveCodesOf(userID, clientID))
}

func (w writer) PutConsent(consent account.Consent) error {
	return w.o.call("PutConsent", w.in.PutConsent(consent))
}

func (w writer) RemoveConsent(userID, clientID string) error {
	return w.o.call("RemoveConsent", w.in.RemoveConsent(userID, clientID))
}
