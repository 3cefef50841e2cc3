package account

import (
	"context"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// AuditEvent is one record of the audit trail: who did what, as whom, to whom, from
// where, with which result, in which request. No secret is ever in one.
type AuditEvent = audit.Event

// AuditRecord is an event as a store keeps it.
type AuditRecord = audit.Record

// AuditActor is who does something, and as whom.
type AuditActor = audit.Actor

// AuditSubject is whom or what something concerns.
type AuditSubject = audit.Subject

// AuditDetails is more about an event, a text under each of a few names.
type AuditDetails = audit.Details

// AuditKind says what has happened.
type AuditKind = audit.Kind

// AuditQuery says which records are wanted.
type AuditQuery = audit.Query

// AuditState is how far the chain of records has come. A store keeps one.
type AuditState = audit.State

// The kinds of events that are a change, or as good as one: each has a record of its
// own, in the transaction of what it tells.
const (
	AuditSignedIn       AuditKind = "signed_in"       // a session began with a password
	AuditSessionStarted AuditKind = "session.started" // a session began without one, by who has the store
	AuditSessionEnded   AuditKind = "session.ended"   // one session of a user was ended
	AuditSessionsEnded  AuditKind = "sessions.ended"  // all of a user's were, or all but one
	AuditSignedOut      AuditKind = "signed_out"      // a user has ended the session that they were in

	AuditCodeIssued     AuditKind = "code.issued"     // an authorization code, after a sign-in
	AuditCodeRedeemed   AuditKind = "code.redeemed"   // a code began a session with tokens
	AuditCodeSpoiled    AuditKind = "code.spoiled"    // a code was presented wrongly, and is good for nothing
	AuditCodeReused     AuditKind = "code.reused"     // a code was used twice: what it began has ended
	AuditTokenRefreshed AuditKind = "token.refreshed" // a refresh token was taken for new tokens
	AuditTokenReused    AuditKind = "token.reused"    // a refresh token came twice: its session has ended
	AuditTokenRevoked   AuditKind = "token.revoked"   // a client has given a session's tokens back
	AuditTokenIssued    AuditKind = "token.issued"    // an access token of a client that calls for itself

	AuditConsentGiven     AuditKind = "consent.given"
	AuditConsentWithdrawn AuditKind = "consent.withdrawn"

	AuditPasswordChanged AuditKind = "password.changed" // by its user, who knew the one before
	AuditPasswordCut     AuditKind = "password.cut"     // a sign-in compared what another system had kept of it, this once
	AuditFailuresCleared AuditKind = "failures.cleared" // a user's row of wrong passwords, by who has the store
	AuditPasswordReset   AuditKind = "password.reset"   // with a link
	AuditResetIssued     AuditKind = "reset.issued"     // the link for that was made
	AuditSetupIssued     AuditKind = "setup.issued"     // the link for the first administrator was made
	AuditSetupDone       AuditKind = "setup.done"       // the first administrator was made with it

	AuditUserCreated  AuditKind = "user.created"
	AuditUserSignedUp AuditKind = "user.signed_up"
	AuditUserImported AuditKind = "user.imported"
	AuditUserChanged  AuditKind = "user.changed" // their address, or whether they may sign in
	AuditUserRoles    AuditKind = "user.roles"   // other roles than before
	AuditUserRemoved  AuditKind = "user.removed"

	AuditRoleAdded   AuditKind = "role.added" // by the configuration of a program
	AuditRolePut     AuditKind = "role.put"   // made or changed
	AuditRoleRemoved AuditKind = "role.removed"

	AuditClientCreated AuditKind = "client.created"
	AuditClientChanged AuditKind = "client.changed"
	AuditClientSecret  AuditKind = "client.secret" // it was given another secret
	AuditClientRemoved AuditKind = "client.removed"

	AuditAPIKeyCreated AuditKind = "apikey.created"
	AuditAPIKeyRotated AuditKind = "apikey.rotated"
	AuditAPIKeyRevoked AuditKind = "apikey.revoked"

	AuditKeyAdded   AuditKind = "key.added"   // a signing key was announced
	AuditKeyChanged AuditKind = "key.changed" // when it signs, or with which master key it is kept
	AuditKeyRemoved AuditKind = "key.removed" // it is gone, or was revoked: the details say which

	AuditSettingChosen AuditKind = "setting.chosen"

	AuditStarted AuditKind = "server.started" // with the configuration
	AuditStopped AuditKind = "server.stopped" // in good order
	AuditTrimmed AuditKind = "audit.trimmed"  // records that were old enough were removed
	AuditRead    AuditKind = "data.read"      // somebody has read what is others'
	AuditBackup  AuditKind = "backup.made"    // somebody has taken all that the store keeps
)

// The kinds that strangers can cause without end. They are counted, for a source, an
// account and a minute, and never have a transaction each.
const (
	AuditSignInRefused  AuditKind = "signin.refused"  // a wrong name or password, also the present one at a change; or a right one of which nothing came
	AuditThrottled      AuditKind = "throttled"       // an attempt too many, of what the details say
	AuditTokenRefused   AuditKind = "token.refused"   // a refresh token or a code that is good for nothing
	AuditClientRefused  AuditKind = "client.refused"  // a wrong client, secret or assertion
	AuditLinkRefused    AuditKind = "link.refused"    // a wrong, used or old link
	AuditRequestRefused AuditKind = "request.refused" // 401 or 403 at a route
)

// The results of events.
const (
	AuditOK        = "ok"
	AuditRefused   = "refused"
	AuditThrottle  = "throttled"
	MaxAuditEvents = 10_000 // records that a store returns at once at most
)

// AuditReader reads the trail.
type AuditReader interface {
	// AuditState returns how far the chain has come; the zero state if nothing was
	// sealed.
	AuditState() (AuditState, error)

	// Audit returns records that have a place in the chain, in the order of those.
	Audit(query AuditQuery) ([]AuditRecord, error)

	// UnsealedAudit returns records that have none yet, by id, of those whose id
	// comes after the given one. Ids need not become visible in their order.
	UnsealedAudit(after int64, limit int) ([]AuditRecord, error)
}

// AuditWriter writes the trail. Records are added and, when they are old enough,
// removed, and never changed but for their place in the chain.
type AuditWriter interface {
	// AppendAudit adds events, and gives each an id that no other record has had.
	AppendAudit(events ...AuditEvent) error

	// SealAudit gives records, found by their ids, their Seq and MAC, and puts the
	// state to in the place of from. Of several who do that at once one wins: one
	// conditional statement on from.Seq and from.MAC decides. Nothing is done by
	// those who did not win. Start and Checkpoint are not looked at.
	SealAudit(from, to AuditState, records []AuditRecord) (won bool, err error)

	// TrimAudit removes the records up to to.Start, and keeps to.Start and
	// to.Checkpoint, if the state still has the Start of from. It decides as
	// SealAudit does. The rest of the state is not looked at.
	TrimAudit(from, to AuditState) (won bool, err error)
}

// Origin is where a request comes from, for what is remembered and recorded of it.
type Origin struct {
	Source    string // the address, as in WithSource
	Shared    bool   // many come through that address: nothing is counted for it, and it is no known one
	Device    string // the User-Agent, as in WithDevice
	RequestID string // as the answer and the log have it
}

// WithOrigin returns a context of one request. Who shows who they are in it, by a
// token, a session or an API key, is the actor of what is recorded. It takes the
// place of [WithSource] and [WithDevice].
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return audit.Request(ctx, o.Source, o.Shared, o.Device, o.RequestID)
}

// WithActor returns a context in which somebody acts who needs not show who they
// are, such as a command on the machine of the store.
func WithActor(ctx context.Context, actor AuditActor) context.Context {
	return withOrigin(ctx, func(o *audit.Origin) { o.Act(actor) })
}

// withOrigin returns a context with a changed copy of its origin.
func withOrigin(ctx context.Context, change func(*audit.Origin)) context.Context {
	o := &audit.Origin{}
	if before := audit.From(ctx); before != nil {
		o.Source, o.Shared, o.Device, o.Request = before.Source, before.Shared, before.Device, before.Request
		o.Act(before.Actor())
	}
	change(o)
	return audit.With(ctx, o)
}

// ActorOf is who acts in a context, as far as that is known.
func ActorOf(ctx context.Context) AuditActor { return audit.From(ctx).Actor() }
