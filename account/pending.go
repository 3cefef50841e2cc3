package account

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/internal/audit"
)

const (
	maxPending  = 1000 // records that wait for the next writing at most
	maxCells    = 100  // of a minute: sources and accounts that are told apart; as many for accounts that are there
	maxUnwanted = 4    // minutes that wait to be written down where the store cannot be written
	flushEvery  = time.Second
)

// pending is what is written down a moment later, in one transaction for many. The
// zero value is ready.
type pending struct {
	mu    sync.Mutex
	list  []AuditEvent
	cells map[cell]int64
	used  map[room]int // how many cells a minute has

	writing sync.Mutex // one at a time, so that what fails is put back
}

// cell is what is counted together.
type cell struct {
	minute  int64 // since 1970
	kind    AuditKind
	source  string
	account string // a user's or client's id; "" if unknown
	name    string
	known   bool // the account is there
	what    string
}

// room is what has a bound.
type room struct {
	minute int64
	known  bool
}

// count counts one that was refused. Those for whom there is no room are counted
// together with all others of the minute.
func (p *pending) count(one cell) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cells == nil {
		p.cells, p.used = map[cell]int64{}, map[room]int{}
	}
	if _, ok := p.cells[one]; !ok {
		in := room{one.minute, one.known}
		switch {
		case p.used[in] >= maxCells:
			one = cell{minute: one.minute, kind: one.kind, source: others, what: one.what, known: one.known}
		default:
			p.used[in]++
		}
	}
	p.cells[one]++
	p.bound()
}

// others stands for all sources of a minute for which there was no room.
const others = "others"

// bound joins minutes that could not be written down for long, the oldest first.
func (p *pending) bound() {
	minutes := map[int64]bool{}
	for in := range p.used {
		minutes[in.minute] = true
	}
	if len(minutes) <= maxUnwanted {
		return
	}
	sorted := make([]int64, 0, len(minutes))
	for m := range minutes {
		sorted = append(sorted, m)
	}
	slices.Sort(sorted)
	from, to := sorted[0], sorted[1]
	for one, n := range p.cells {
		if one.minute == from {
			delete(p.cells, one)
			p.cells[cell{minute: to, kind: one.kind, source: others, what: one.what, known: one.known}] += n
		}
	}
	delete(p.used, room{from, true})
	delete(p.used, room{from, false})
}

// add adds a record that is written down a moment later, and reports whether there
// was room.
func (p *pending) add(e AuditEvent) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.list) >= maxPending {
		return false
	}
	p.list = append(p.list, e)
	return true
}

// flush writes down what waits, with the counts of the minutes before one; nothing
// is lost if write fails.
func (p *pending) flush(before int64, write func([]AuditEvent) error) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	p.mu.Lock()
	list, cells := p.list, map[cell]int64{}
	p.list = nil
	for one, n := range p.cells {
		if one.minute < before {
			cells[one] = n
			delete(p.cells, one)
		}
	}
	for in := range p.used {
		if in.minute < before {
			delete(p.used, in)
		}
	}
	p.mu.Unlock()
	events := append(slices.Clip(list), counted(cells)...)
	if len(events) == 0 {
		return nil
	}
	if err := write(events); err != nil {
		p.putBack(list, cells)
		return err
	}
	return nil
}

func (p *pending) putBack(list []AuditEvent, cells map[cell]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(list, p.list...) // more than maxPending by what came meanwhile at most
	if p.cells == nil {
		p.cells, p.used = map[cell]int64{}, map[room]int{}
	}
	for one, n := range cells {
		p.cells[one] += n
		p.used[room{one.minute, one.known}]++
	}
}

// counted is what cells say, in an order that does not depend on maps.
func counted(cells map[cell]int64) []AuditEvent {
	out := make([]AuditEvent, 0, len(cells))
	for one, n := range cells {
		e := AuditEvent{
			At: time.Unix(one.minute*60, 0).UTC(), Kind: one.kind, Source: one.source, Result: AuditRefused, Count: n,
			On: AuditSubject{ID: one.account, Name: one.name}, Details: audit.MakeDetails("what", one.what),
		}
		if e.Kind == AuditThrottled {
			e.Result = AuditThrottle
		}
		switch {
		case one.kind == AuditRead:
			e.Actor, e.On, e.Result = AuditActor{Kind: "user", ID: one.account, Name: one.name}, AuditSubject{Kind: "audit"}, AuditOK
		case one.account == "":
		case one.kind == AuditClientRefused:
			e.On.Kind = "client"
		case one.known:
			e.On.Kind = "user"
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b AuditEvent) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Source, b.Source), cmp.Compare(a.On.ID, b.On.ID), cmp.Compare(a.Details, b.Details))
	})
	return out
}

// later records something that has changed nothing in the store, such as a token
// that a client got for itself: a moment later, with others. Where too much waits, it
// is written before the caller goes on.
func (s *Service) later(ctx context.Context, e AuditEvent) error {
	e = e.Complete(ctx, s.now())
	if s.pending.add(e) {
		return nil
	}
	if err := s.FlushAudit(ctx); err != nil {
		return err
	}
	if !s.pending.add(e) {
		return errors.New("account: too many records wait to be written")
	}
	return nil
}

// RecordRead records that the actor of a context has read something of others, such
// as a user's sessions. It is written a moment later. An error says that it is not
// recorded: then what was read must not be given.
func (s *Service) RecordRead(ctx context.Context, on AuditSubject, what string) (err error) {
	if on.Kind == "user" && on.Name == "" {
		if on, err = view(ctx, s, func(r Reader) (AuditSubject, error) { return userOn(r, on.ID) }); err != nil {
			return err
		}
	}
	return s.later(ctx, AuditEvent{Kind: AuditRead, On: on, Details: audit.MakeDetails("what", what)})
}

// CountRefused counts a request that was refused with 401 or 403 at a route. It
// writes nothing itself and never waits for a store.
func (s *Service) CountRefused(ctx context.Context, status int, route string) {
	one := cell{kind: AuditRequestRefused, what: strconv.Itoa(status) + " " + route}
	if a := audit.From(ctx).Actor(); a.Kind == "user" {
		one.account, one.name, one.known = a.ID, a.Name, true
	}
	s.count(ctx, one)
}

// CountAuditRead counts a reading of the trail itself: one record a minute for who
// reads, so that a program that reads on and on does not fill what it reads.
func (s *Service) CountAuditRead(ctx context.Context, c Caller) {
	s.count(ctx, cell{kind: AuditRead, account: c.User.ID, name: c.User.Name, known: true, what: "audit"})
}

// count counts what was refused, for the network that it came from.
func (s *Service) count(ctx context.Context, one cell) {
	one.minute, one.source = s.now().Unix()/60, sourceOf(ctx)
	s.pending.count(one)
}

// countRefused counts an attempt that was refused, by its error, if it was.
func (s *Service) countRefused(ctx context.Context, err error, what string, who AuditSubject) {
	one := cell{what: what, account: who.ID, name: who.Name, known: who.ID != ""}
	var many *ThrottledError
	switch {
	case err == nil:
		return
	case errors.As(err, &many):
		one.kind = AuditThrottled
	case errors.Is(err, ErrBadLogin):
		one.kind = AuditSignInRefused
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

// FlushAudit writes down what waits to be recorded, and what was counted in the
// minutes that are over. [Service.Run] does it every second, and with the present
// minute when it ends.
func (s *Service) FlushAudit(ctx context.Context) error {
	return s.flushAudit(ctx, s.now().Unix()/60)
}

func (s *Service) flushAudit(ctx context.Context, before int64) error {
	return s.pending.flush(before, func(events []AuditEvent) error {
		return s.upkeep(ctx, func(w Writer) error { return w.AppendAudit(events...) })
	})
}

// RecordStart records that a program has begun to serve, with its configuration,
// which must hold no secret: names and values in turn.
func (s *Service) RecordStart(ctx context.Context, settings ...string) error {
	return s.change(ctx, did(AuditStarted, AuditSubject{Kind: "server"}, settings...), func(Writer) error { return nil })
}

// RecordStop records that a program has stopped in good order.
func (s *Service) RecordStop(ctx context.Context) error {
	return s.change(ctx, did(AuditStopped, AuditSubject{Kind: "server"}), func(Writer) error { return nil })
}
