package routing

import (
	"slices"
	"strings"
)

// Set is patterns that can be asked which of them a pattern may lie within: of
// ten thousand there are few, and looking at each for each takes seconds. The zero
// Set is empty.
type Set struct{ root node }

// node is what patterns have in common up to one of their segments.
type node struct {
	ends, rests []int // patterns that end here, and whose last wildcard takes what is left from here
	literal     map[string]*node
	wild        *node
}

// Add adds a pattern under a number.
func (s *Set) Add(p *Pattern, number int) {
	at := &s.root
	for i, segment := range p.segments {
		if isWild(segment) && p.rest && i == len(p.segments)-1 {
			at.rests = append(at.rests, number)
			return
		}
		at = at.child(segment)
	}
	at.ends = append(at.ends, number)
}

func (n *node) child(segment string) *node {
	if isWild(segment) {
		if n.wild == nil {
			n.wild = &node{}
		}
		return n.wild
	}
	if n.literal == nil {
		n.literal = map[string]*node{}
	}
	if n.literal[segment] == nil {
		n.literal[segment] = &node{}
	}
	return n.literal[segment]
}

// Around lists the numbers of the patterns that p is [Pattern.Within], in their
// order, and at most a few others.
func (s *Set) Around(p *Pattern) []int {
	found := s.root.around(p.segments, nil)
	slices.Sort(found)
	return found
}

func (n *node) around(segments []string, found []int) []int {
	if n == nil {
		return found
	}
	if len(segments) == 0 {
		return append(found, n.ends...)
	}
	found = append(found, n.rests...)
	if !isWild(segments[0]) {
		found = n.literal[segments[0]].around(segments[1:], found)
	}
	return n.wild.around(segments[1:], found)
}

func isWild(segment string) bool { return strings.HasPrefix(segment, "{") }
