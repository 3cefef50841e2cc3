package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/internal/attempts"
	"github.com/holdfast-go/holdfast/internal/audit"
)

// deed is what a transaction does, as it is recorded. What is not known before is
// filled in while the transaction runs.
type deed struct {
	AuditEvent
	also []AuditEvent // in the same transaction
}

// did begins a deed.
func did(kind AuditKind, on AuditSubject, details ...string) *deed {
	return &deed{AuditEvent: AuditEvent{Kind: kind, On: on, Details: audit.MakeDetails(details...)}}
}

// nothing says that a transaction has turned out to change nothing.
func (d *deed) nothing() { d.Kind = unchanged }

// unchanged is the kind of what needs no record.
const unchanged AuditKind = "-"

// detail says more, in place of what was said.
func (d *deed) detail(pairs ...string) { d.Details = audit.MakeDetails(pairs...) }

// byItself says that the user whom it concerns has done it: at a sign-in, nobody has
// shown who they are before.
func (d *deed) byItself(user User, clientID, sessionID string) {
	d.On = ofUser(user)
	d.Actor = AuditActor{Kind: "user", ID: user.ID, Name: user.Name, Client: clientID, Session: sessionID}
}

// errNoRecord says that a transaction does not say what it does. It is a mistake in
// this package, and nothing is kept.
var errNoRecord = errors.New("account: a change without a record")

// change is every Store.Update of a Service that changes something for somebody: the
// record is written in the same transaction, so that what cannot be recorded does
// not happen. No other function may call Store.Update, but for upkeep.
func (s *Service) change(ctx context.Context, what *deed, fn func(Writer) error) error {
	asked := *what
	return s.config.Store.Update(ctx, func(w Writer) error {
		*what = asked // it may run more than once
		if err := fn(w); err != nil {
			return err
		}
		switch what.Kind {
		case unchanged:
			return nil
		case "":
			return errNoRecord
		}
		return w.AppendAudit(s.recorded(ctx, what)...)
	})
}

// recorded is what a deed writes down.
func (s *Service) recorded(ctx context.Context, what *deed) []AuditEvent {
	now := s.now()
	out := make([]AuditEvent, 0, 1+len(what.also))
	if what.Kind != onlyOthers {
		out = append(out, what.Complete(ctx, now))
	}
	for _, one := range what.also {
		out = append(out, one.Complete(ctx, now))
	}
	return out
}

// onlyOthers is the kind of a deed that is recorded by what it is made of.
const onlyOthers AuditKind = "*"

// upkeep is a Store.Update that changes nothing for anybody: uses that are noted,
// what has ended and is removed, and records.
func (s *Service) upkeep(ctx context.Context, fn func(Writer) error) error {
	return s.config.Store.Update(ctx, fn)
}

// update is Service.change for one value.
func update[T any](ctx context.Context, s *Service, what *deed, fn func(Writer) (T, error)) (value T, err error) {
	err = s.change(ctx, what, func(w Writer) error {
		var err error
		value, err = fn(w)
		return err
	})
	return value, err
}

// count counts what was refused, for the network that it came from.
func (s *Service) count(ctx context.Context, one cell) {
	one.minute = s.now().Unix() / 60
	if all := attempts.NetworksOf(sourceText(ctx)); len(all) > 0 {
		one.source = all[0].Text
	}
	s.pending.count(one)
}

// countRefused counts an attempt that was refused, by its error, if it was.
func (s *Service) countRefused(ctx context.Context, err error, what string, who AuditSubject) {
	s.countCell(ctx, err, cell{what: what, account: who.ID, name: who.Name, known: who.ID != ""})
}

func (s *Service) countCell(ctx context.Context, err error, one cell) {
	var many *ThrottledError
	switch {
	case err == nil:
		return
	case errors.As(err, &many):
		one.kind = AuditThrottled
	case errors.Is(err, ErrBadLogin):
		one.kind = AuditSignInRefused
	case errors.Is(err, errInVain): // which is the most that somebody can find out
		one.kind, one.what = AuditSignInRefused, one.what+", with the right password"
	case errors.Is(err, ErrBadGrant):
		one.kind = AuditTokenRefused
	case errors.Is(err, ErrBadClient):
		one.kind = AuditClientRefused
	case errors.Is(err, ErrBadSetup), errors.Is(err, ErrBadReset):
		one.kind = AuditLinkRefused
	default:
		return
	}
	s.count(ctx, one)
}

// errInVain is what came of a right password where it is counted.
var errInVain = errors.New("the password was right, and nothing came of it")

// acts notes who has shown in a request who they are.
func acts(ctx context.Context, c Caller) {
	if o := audit.From(ctx); o != nil {
		o.Act(actorOf(c))
	}
}

// actorOf is a caller as records have one.
func actorOf(c Caller) AuditActor {
	a := AuditActor{Kind: "user", ID: c.User.ID, Name: c.User.Name, Client: c.ClientID, Session: c.SessionID, Key: c.KeyID}
	if c.Machine() {
		a.Kind, a.ID, a.Client = "client", c.ClientID, ""
	}
	return a
}

// The subjects of events.
func ofUser(u User) AuditSubject            { return AuditSubject{Kind: "user", ID: u.ID, Name: u.Name} }
func ofUserID(id string) AuditSubject       { return AuditSubject{Kind: "user", ID: id} }
func ofRole(name string) AuditSubject       { return AuditSubject{Kind: "role", ID: name} }
func ofClient(id, name string) AuditSubject { return AuditSubject{Kind: "client", ID: id, Name: name} }

func ofOwner(o APIKeyOwner) AuditSubject {
	if o.ClientID != "" {
		return ofClient(o.ClientID, "")
	}
	return ofUserID(o.UserID)
}

// ofUserIf is the subject of a user, if there is one.
func ofUserIf(u User) AuditSubject {
	if u.ID == "" {
		return AuditSubject{}
	}
	return ofUser(u)
}

// yes is a detail that is left out if it is not so.
func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

func yesOrNo(is bool) string { return cmp.Or(yes(is), "no") }

// userOn is the subject of a user who is looked up for it.
func userOn(r Reader, id string) (AuditSubject, error) {
	user, err := r.User(id)
	if errors.Is(err, ErrNoUser) {
		return ofUserID(id), nil
	}
	if err != nil {
		return AuditSubject{}, fmt.Errorf("record: %w", err)
	}
	return ofUser(user), nil
}
