package conns

import "time"

// kind is what a connection is good for now.
type kind uint8

const (
	gone  kind = iota // not there yet, or not any more
	fresh             // no request has arrived
	idle              // between two requests
	busy              // a request is in progress
	taken             // a handler has it
	kinds
)

// lists hold connections by their kind, each with the one that became so first at
// its beginning. Those of the bounds hold all, those of a peer its own; a
// connection has links for both, so that it leaves without being looked for.
type lists struct {
	own  bool // a peer's
	ends [kinds]struct{ first, last *conn }
}

// links are the neighbours of a connection in a list.
type links struct{ before, after *conn }

func (l *lists) links(c *conn) *links {
	if l.own {
		return &c.own
	}
	return &c.all
}

func (l *lists) push(c *conn) {
	if c.kind == gone {
		return
	}
	end, at := &l.ends[c.kind], l.links(c)
	*at = links{before: end.last}
	if end.last == nil {
		end.first = c
	} else {
		l.links(end.last).after = c
	}
	end.last = c
}

func (l *lists) remove(c *conn) {
	if c.kind == gone {
		return
	}
	end, at := &l.ends[c.kind], l.links(c)
	if at.before == nil {
		end.first = at.after
	} else {
		l.links(at.before).after = at.after
	}
	if at.after == nil {
		end.last = at.before
	} else {
		l.links(at.after).before = at.before
	}
	*at = links{}
}

// useless is the connection that may go first; nil for none.
func (l *lists) useless(now time.Time) *conn {
	waiting, silent := l.ends[idle].first, l.ends[fresh].first
	if silent != nil && now.Sub(silent.since) < grace {
		silent = nil
	}
	switch {
	case waiting != nil && (silent == nil || waiting.since.Before(silent.since)):
		return waiting
	case silent != nil:
		return silent
	}
	for c := l.ends[busy].first; c != nil && now.Sub(c.since) >= patience; c = l.links(c).after {
		if c.stuck(now) {
			return c
		}
	}
	return nil
}
