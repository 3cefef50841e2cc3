package plan

import "slices"

// builder collects the steps of one way.
type builder struct {
	steps    []Step
	made     map[int]bool      // cells that a step fills
	entered  map[valueKey]bool // visits that are planned already
	needs    map[*Node]int     // cells of the policy's needs, one of which may be the principal
	required []required
	schemes  []SchemeScopes
}

// required is the union of the scopes that one verified credential must have.
type required struct {
	cell   int
	scopes Scopes
}

func newBuilder() *builder {
	return &builder{made: map[int]bool{}, entered: map[valueKey]bool{}, needs: map[*Node]int{}}
}

// enter reports whether a visit is new.
func (b *builder) enter(visit valueKey) bool {
	was := b.entered[visit]
	b.entered[visit] = true
	return !was
}

// require adds what is required of a scheme's credential on one path to it.
func (b *builder) require(n *Node, cell int, scopes Scopes) {
	if n.Kind != Verify && n.Kind != Credential {
		return
	}
	own := scopes.Of(n.Scheme)
	b.ofScheme(n.Scheme, own)
	if n.Holds == nil { // the dependency that takes the list of scopes compares them
		return
	}
	for i := range b.required {
		if b.required[i].cell == cell {
			b.required[i].scopes = b.required[i].scopes.With(own)
			return
		}
	}
	b.required = append(b.required, required{cell, own})
}

func (b *builder) ofScheme(s *Scheme, scopes Scopes) {
	for i := range b.schemes {
		if b.schemes[i].Scheme == s {
			b.schemes[i].Scopes = b.schemes[i].Scopes.With(scopes)
			return
		}
	}
	b.schemes = append(b.schemes, SchemeScopes{Scheme: s, Scopes: scopes})
}

// leaveAlone has roles asked for by themselves where the way asks for no scope.
func (b *builder) leaveAlone() {
	if slices.ContainsFunc(b.schemes, func(s SchemeScopes) bool { return len(s.Scopes) > 0 }) {
		return
	}
	for i := range b.steps {
		if alone := b.steps[i].alone; alone != nil {
			b.steps[i].has = alone
		}
	}
}

// order puts credentials, verification and scopes before everything else, so
// that no dependency works for a caller who will be refused. Before them comes
// what they take: usually nothing, but in a test something else may stand for a
// credential.
func (b *builder) order() []Step {
	early := map[int]bool{} // cells that verification takes
	for _, s := range slices.Backward(b.steps) {
		if s.Kind == VerifyCredential || early[s.Out] {
			for _, in := range s.In {
				early[in] = true
			}
		}
	}
	var first, rest []Step
	for _, s := range b.steps {
		switch {
		case s.Kind == VerifyCredential:
			first = b.appendComparison(append(first, s), s)
		case s.Kind == WantAbsent, s.Kind == FindCredential, early[s.Out]:
			first = append(first, s)
		default:
			rest = append(rest, s)
		}
	}
	return append(first, rest...)
}

func (b *builder) appendComparison(steps []Step, verified Step) []Step {
	for _, one := range b.required {
		if one.cell == verified.Out && len(one.scopes) > 0 {
			steps = append(steps, Step{Kind: CompareScopes, Node: verified.Node, In: []int{verified.Out}, Out: noCell, Scopes: one.scopes})
		}
	}
	return steps
}
