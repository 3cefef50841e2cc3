package plan

// builder collects the steps of one way.
type builder struct {
	steps    []Step
	made     map[int]bool      // cells that a step fills
	entered  map[identity]bool // paths below which was planned
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
	return &builder{made: map[int]bool{}, entered: map[identity]bool{}, needs: map[*Node]int{}}
}

// enter reports whether a path is new.
func (b *builder) enter(path identity) bool {
	was := b.entered[path]
	b.entered[path] = true
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
	b.schemes = append(b.schemes, SchemeScopes{s, scopes})
}

// order puts credentials, verification and scopes before everything else, so
// that no dependency works for a caller who will be refused.
func (b *builder) order() []Step {
	var first, rest []Step
	for _, s := range b.steps {
		switch s.Kind {
		case WantAbsent, FindCredential:
			first = append(first, s)
		case VerifyCredential:
			first = b.appendComparison(append(first, s), s)
		default:
			rest = append(rest, s)
		}
	}
	return append(first, rest...)
}

func (b *builder) appendComparison(steps []Step, verified Step) []Step {
	for _, one := range b.required {
		if one.cell == verified.Out && len(one.scopes) > 0 {
			steps = append(steps, Step{Kind: CompareScopes, Node: verified.Node, In: []int{verified.Out}, Out: -1, Scopes: one.scopes})
		}
	}
	return steps
}
