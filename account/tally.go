package account

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/internal/audit"
)

const (
	maxPending  = 1000 // records that wait for the next writing at most
	maxCells    = 25   // of a minute, for each room: sources that are told apart
	maxUnwanted = 4    // minutes that wait to be written down where the store cannot be written
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
	met     bool // and is known to be used from this network, or with this device
	what    string
	actor   AuditActor // of what only those can do who have shown who they are
}

// room is what has a bound. What strangers do takes nothing of the room of those who
// have shown who they are, nor of those who try where an account is used.
type room struct {
	minute int64
	known  bool
	met    bool
	shown  bool
	whole  bool // of accounts, from whatever network
}

func (c cell) room() room {
	return room{c.minute, c.known, c.met, c.actor != AuditActor{}, c.source == others && c.account != ""}
}

// count counts one that was refused. Those for whom there is no room are counted
// together with all others of the minute.
func (p *pending) count(one cell) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cells == nil {
		p.cells, p.used = map[cell]int64{}, map[room]int{}
	}
	if !p.fits(one) {
		one = one.ofAccount()
		if one.account == "" || !p.fits(one) {
			one = one.ofOthers(one.minute)
		}
	}
	p.cells[one]++
	p.bound()
}

// fits makes room for a cell, if there is any.
func (p *pending) fits(one cell) bool {
	if _, ok := p.cells[one]; ok {
		return true
	}
	in := one.room()
	if p.used[in] >= maxCells {
		return false
	}
	p.used[in]++
	return true
}

// ofAccount is the cell that counts what was tried at an account that is there, from
// networks that cannot be told apart any more.
func (c cell) ofAccount() cell {
	if !c.known || c.actor != (AuditActor{}) {
		return cell{minute: c.minute, kind: c.kind, actor: c.actor, known: c.known}
	}
	return cell{minute: c.minute, kind: c.kind, source: others, account: c.account, name: c.name, known: true}
}

// ofOthers is the cell of a minute that counts what has none of its own. Who has
// shown who they are is told apart always: there are no more of them than there are
// users.
func (c cell) ofOthers(minute int64) cell {
	return cell{minute: minute, kind: c.kind, source: others, known: c.known, actor: c.actor}
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
			p.cells[one.ofOthers(to)] += n
		}
	}
	for in := range p.used {
		if in.minute == from {
			delete(p.used, in)
		}
	}
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

// flush writes down what waits, with the counts of all minutes but one, which goes on:
// also of those that come later, where a clock was put back. Nothing is lost if write
// fails.
func (p *pending) flush(goesOn int64, write func([]AuditEvent) error) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	p.mu.Lock()
	list, cells := p.list, map[cell]int64{}
	p.list = nil
	for one, n := range p.cells {
		if one.minute != goesOn {
			cells[one] = n
			delete(p.cells, one)
		}
	}
	for in := range p.used {
		if in.minute != goesOn {
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
		p.used[one.room()]++
	}
}

// counted is what cells say, in an order that does not depend on maps.
func counted(cells map[cell]int64) []AuditEvent {
	out := make([]AuditEvent, 0, len(cells))
	for one, n := range cells {
		known := ""
		if one.met {
			known = "yes"
		}
		e := AuditEvent{
			At: time.Unix(one.minute*60, 0).UTC(), Kind: one.kind, Source: one.source, Result: AuditRefused, Count: n,
			On: AuditSubject{ID: one.account, Name: one.name}, Details: audit.MakeDetails("what", one.what, "known", known),
		}
		if e.Kind == AuditThrottled {
			e.Result = AuditThrottle
		}
		switch {
		case one.kind == AuditRead:
			e.Actor, e.On, e.Result = one.actor, AuditSubject{Kind: "audit"}, AuditOK
		case one.account == "":
		case one.kind == AuditClientRefused:
			e.On.Kind = "client"
		case one.known:
			e.On.Kind = "user"
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b AuditEvent) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Source, b.Source), cmp.Compare(a.On.ID, b.On.ID), cmp.Compare(a.Actor.ID, b.Actor.ID), cmp.Compare(a.Details, b.Details))
	})
	return out
}
