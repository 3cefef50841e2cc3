package fairqueue

import "context"

// Class says how soon somebody is served. The zero Class is the first.
type Class int

// The classes. While all of them wait, of ten who are served six are of the first,
// three of the second and one of the third; a class in which nobody waits lends its
// share to the others.
const (
	First Class = iota
	Second
	Third

	Classes = 3 // how many there are
)

var weights = [Classes]int{6, 3, 1}

// Ticket says who waits: of which class, and for whose network. Within a class
// sources take turns, so that a thousand of one cost another one place in the
// queue. The zero Ticket is of the first class and of a source of its own.
type Ticket struct {
	Class  Class
	Source string
}

type key struct{}

// With returns a context whose bearer waits with a ticket.
func With(ctx context.Context, t Ticket) context.Context { return context.WithValue(ctx, key{}, t) }

// Of returns the ticket of a context, and whether it has one.
func Of(ctx context.Context) (Ticket, bool) {
	t, ok := ctx.Value(key{}).(Ticket)
	return t, ok
}
