// Package fairqueue is the order in which those who wait are served: classes share
// what there is by weights, sources within a class take turns, and who comes from
// one source is served in the order in which they came. Who floods a queue so
// stands in their own way.
package fairqueue

import "container/list"

// Queue is those who wait. The zero Queue is empty. It is not safe for concurrent
// use, has no bound of its own, and keeps nothing of a source of which nobody waits.
// All of its methods take the same time however many wait.
type Queue[T any] struct {
	all     list.List // of *Place[T], who came first
	classes [Classes]class[T]
}

// class is those of one class.
type class[T any] struct {
	waiting int
	sources map[string]*source[T]
	ring    list.List // of *source[T]; the first is served next
	credit  int       // what it was served too little, in shares
}

// source is those of one source, of whom there is one at least.
type source[T any] struct {
	name  string
	line  list.List // of *Place[T]
	place *list.Element
}

// Place is where somebody waits.
type Place[T any] struct {
	Value  T
	Ticket Ticket

	source *source[T] // nil for one who waits no more
	inLine *list.Element
	inAll  *list.Element
}

// Push lets somebody wait behind all of the same class and source.
func (q *Queue[T]) Push(t Ticket, value T) *Place[T] {
	c := &q.classes[t.Class]
	s := c.sources[t.Source]
	if s == nil {
		s = &source[T]{name: t.Source}
		s.place = c.ring.PushBack(s)
		if c.sources == nil {
			c.sources = map[string]*source[T]{}
		}
		c.sources[t.Source] = s
	}
	p := &Place[T]{Value: value, Ticket: t, source: s}
	p.inLine, p.inAll = s.line.PushBack(p), q.all.PushBack(p)
	c.waiting++
	return p
}

// Pop takes the one who is next, or nil if nobody waits.
func (q *Queue[T]) Pop() *Place[T] {
	c := q.next()
	if c == nil {
		return nil
	}
	s := c.ring.Front().Value.(*source[T])
	p := s.line.Front().Value.(*Place[T])
	c.ring.MoveToBack(s.place)
	q.Remove(p)
	return p
}

// next chooses a class: each that waits gets credit by its weight, and the one with
// the most pays for all. So nobody waits for more than the others' share.
func (q *Queue[T]) next() *class[T] {
	var best *class[T]
	all := 0
	for i := range q.classes {
		c := &q.classes[i]
		if c.waiting == 0 {
			c.credit = 0 // nothing is saved up by not being there
			continue
		}
		c.credit += weights[i]
		all += weights[i]
		if best == nil || c.credit > best.credit {
			best = c
		}
	}
	if best != nil {
		best.credit -= all
	}
	return best
}

// Remove takes somebody away who waits. Of one who does not wait any more it does
// nothing.
func (q *Queue[T]) Remove(p *Place[T]) {
	s := p.source
	if s == nil {
		return
	}
	p.source = nil
	c := &q.classes[p.Ticket.Class]
	c.waiting--
	s.line.Remove(p.inLine)
	q.all.Remove(p.inAll)
	if s.line.Len() == 0 {
		c.ring.Remove(s.place)
		delete(c.sources, s.name)
	}
}

// Waits reports whether somebody waits still.
func (p *Place[T]) Waits() bool { return p.source != nil }

// Len is how many wait.
func (q *Queue[T]) Len() int { return q.all.Len() }

// LenOf is how many of a class wait.
func (q *Queue[T]) LenOf(c Class) int { return q.classes[c].waiting }

// LenFrom is how many of a ticket's class and source wait.
func (q *Queue[T]) LenFrom(t Ticket) int {
	if s := q.classes[t.Class].sources[t.Source]; s != nil {
		return s.line.Len()
	}
	return 0
}

// Oldest is who has waited longest, or nil.
func (q *Queue[T]) Oldest() *Place[T] {
	if first := q.all.Front(); first != nil {
		return first.Value.(*Place[T])
	}
	return nil
}

// Ahead is how many are served before one who would come now with a ticket, as
// long as nobody comes meanwhile: that many at most, and exactly that many where
// all of the class are of one source or each is of another.
func (q *Queue[T]) Ahead(t Ticket) int {
	c := &q.classes[t.Class]
	mine, sources := q.LenFrom(t), len(c.sources)
	if mine == 0 {
		sources++
	}
	own := min(c.waiting, mine*sources+sources-1)
	ahead := own
	for i := range q.classes {
		if other := &q.classes[i]; other != c {
			share := ((own+1)*weights[i] + weights[t.Class] - 1) / weights[t.Class]
			ahead += min(other.waiting, share+1) // one more for what credit it has
		}
	}
	return ahead
}
