package fairqueue_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/fairqueue"
)

// served pops n, or all that wait if n is negative.
func served(q *fairqueue.Queue[string], n int) (out []string) {
	for ; n != 0; n-- {
		p := q.Pop()
		if p == nil {
			return out
		}
		out = append(out, p.Value)
	}
	return out
}

func TestWhoIsServedWhen(t *testing.T) {
	t.Parallel()
	type one struct {
		class  fairqueue.Class
		source string
		name   string
	}
	for name, test := range map[string]struct {
		come []one
		want []string
	}{
		"nobody": {nil, nil},
		"those of one source in their order": {
			[]one{{0, "a", "1"}, {0, "a", "2"}, {0, "a", "3"}}, []string{"1", "2", "3"},
		},
		"sources take turns": {
			[]one{{0, "a", "a1"}, {0, "a", "a2"}, {0, "a", "a3"}, {0, "b", "b1"}, {0, "c", "c1"}, {0, "b", "b2"}},
			[]string{"a1", "b1", "c1", "a2", "b2", "a3"},
		},
		"the first class comes before what came earlier": {
			[]one{{2, "a", "third"}, {1, "a", "second"}, {0, "a", "first"}}, []string{"first", "second", "third"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var q fairqueue.Queue[string]
			for _, one := range test.come {
				q.Push(fairqueue.Ticket{Class: one.class, Source: one.source}, one.name)
			}
			if got := served(&q, -1); !slices.Equal(got, test.want) {
				t.Errorf("served %v, want %v", got, test.want)
			}
		})
	}
}

// While all classes wait each has its share, and what one does not use is the
// others'.
func TestClassesHaveShares(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		waiting [fairqueue.Classes]int
		want    [fairqueue.Classes]int // of the first ten
	}{
		"all three":       {[...]int{100, 100, 100}, [...]int{6, 3, 1}},
		"two":             {[...]int{0, 100, 100}, [...]int{0, 8, 2}}, // 3 to 1
		"one alone":       {[...]int{0, 0, 100}, [...]int{0, 0, 10}},
		"one of whom few": {[...]int{2, 0, 100}, [...]int{2, 0, 8}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var q fairqueue.Queue[string]
			for c, n := range test.waiting {
				for range n {
					q.Push(fairqueue.Ticket{Class: fairqueue.Class(c)}, "")
				}
			}
			var got [fairqueue.Classes]int
			for range 10 {
				got[q.Pop().Ticket.Class]++
			}
			if got != test.want {
				t.Errorf("of ten who were served %v were of each class, want %v", got, test.want)
			}
		})
	}
}

// A flood of a thousand costs a stranger of another source one place, and somebody
// of the first class nothing.
func TestAFloodStandsInItsOwnWay(t *testing.T) {
	t.Parallel()
	var q fairqueue.Queue[string]
	for range 1000 {
		q.Push(fairqueue.Ticket{Class: fairqueue.Third, Source: "flood"}, "flood")
	}
	q.Push(fairqueue.Ticket{Class: fairqueue.Third, Source: "home"}, "stranger")
	q.Push(fairqueue.Ticket{Class: fairqueue.First, Source: "home"}, "owner")
	if got, want := served(&q, 3), []string{"owner", "flood", "stranger"}; !slices.Equal(got, want) {
		t.Errorf("served %v, want %v", got, want)
	}
}

// Nobody is lost, served twice or served after they have left; sources and classes
// that are not there leave nothing behind; who is told how many are ahead is told no
// less; and no class waits for more than its turn.
func TestAnyQueue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var q fairqueue.Queue[int]
		waiting := map[int]*fairqueue.Place[int]{}
		next, since := 0, [fairqueue.Classes]int{}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				ticket := fairqueue.Ticket{
					Class: fairqueue.Class(rapid.IntRange(0, fairqueue.Classes-1).Draw(t, "class")), Source: fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "source")),
				}
				waiting[next] = q.Push(ticket, next)
				next++
			},
			"pop": func(t *rapid.T) {
				p := q.Pop()
				if (p == nil) != (len(waiting) == 0) {
					t.Fatalf("Pop = %v while %d wait", p, len(waiting))
				}
				if p == nil {
					return
				}
				if waiting[p.Value] != p || p.Waits() {
					t.Fatalf("Pop = %d, who does not wait", p.Value)
				}
				for n, other := range waiting {
					if n < p.Value && other.Ticket == p.Ticket {
						t.Fatalf("%d is served before %d, who came earlier from the same source", p.Value, n)
					}
				}
				delete(waiting, p.Value)
				for c := range fairqueue.Classes {
					since[c]++
					if fairqueue.Class(c) == p.Ticket.Class || q.LenOf(fairqueue.Class(c)) == 0 {
						since[c] = 0
					}
					if since[c] > 20 {
						t.Fatalf("class %d waits while %d others were served", c, since[c])
					}
				}
			},
			"leave": func(t *rapid.T) {
				for n, p := range waiting { // any one
					q.Remove(p)
					q.Remove(p) // does nothing
					delete(waiting, n)
					break
				}
			},
			"": func(t *rapid.T) {
				if q.Len() != len(waiting) {
					t.Fatalf("Len = %d, want %d", q.Len(), len(waiting))
				}
			},
		})
	})
}

// Ahead is never too little, and exact where sources are all one or all different.
func TestHowManyAreAhead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var q fairqueue.Queue[int]
		kinds := rapid.SampledFrom([]int{1, 3, 1000}).Draw(t, "sources")
		n := rapid.IntRange(0, 40).Draw(t, "waiting")
		classes := rapid.IntRange(1, fairqueue.Classes).Draw(t, "classes")
		for i := range n {
			q.Push(fairqueue.Ticket{Class: fairqueue.Class(rapid.IntRange(0, classes-1).Draw(t, "class")), Source: fmt.Sprint(i % kinds)}, i)
		}
		me := fairqueue.Ticket{Class: fairqueue.Class(rapid.IntRange(0, classes-1).Draw(t, "mine")), Source: fmt.Sprint(n % kinds)}
		said := q.Ahead(me)
		q.Push(me, -1)
		before := 0
		for p := q.Pop(); p.Value != -1; p = q.Pop() {
			before++
		}
		if before > said {
			t.Errorf("%d were served before, and Ahead said %d", before, said)
		}
		if classes == 1 && kinds != 3 && before != said {
			t.Errorf("%d were served before, and Ahead said %d where it can be known", before, said)
		}
	})
}
