package archtest_test

import (
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// ties says for each file of a package which others it uses: an arrow goes from
// a file to another when it uses a package-level name, a method or a field that
// the other declares.
type ties map[string]map[string]bool

// tie draws the arrows of a package that has been checked.
func tie(files *token.FileSet, p *checked) ties {
	all := ties{}
	for _, name := range p.files {
		all[path.Base(name)] = map[string]bool{}
	}
	for use, object := range p.uses {
		if object.Pkg() != p.types {
			continue // another package's, or the language's own
		}
		from := path.Base(files.Position(use.Pos()).Filename)
		to := path.Base(files.Position(object.Pos()).Filename)
		if from != to { // what a function declares is used in its own file
			all[from][to] = true
		}
	}
	return all
}

func (t ties) arrows() int {
	n := 0
	for _, uses := range t {
		n += len(uses)
	}
	return n
}

// knot is the largest set of files that all reach each other, in order. It is
// empty when no two do.
func (t ties) knot() []string {
	reach := map[string]map[string]bool{}
	for file := range t {
		reach[file] = t.from(file)
	}
	var largest []string
	for _, file := range slices.Sorted(maps.Keys(t)) {
		var knot []string
		for other := range reach[file] {
			if reach[other][file] {
				knot = append(knot, other)
			}
		}
		if len(knot) > len(largest) {
			largest = knot
		}
	}
	slices.Sort(largest)
	return largest
}

// from is what a file reaches: what it uses, what that uses, and so on. It
// reaches itself only by way of another file.
func (t ties) from(file string) map[string]bool {
	reached := map[string]bool{}
	next := slices.Collect(maps.Keys(t[file]))
	for len(next) > 0 {
		last := next[len(next)-1]
		next = next[:len(next)-1]
		if !reached[last] {
			reached[last] = true
			next = slices.AppendSeq(next, maps.Keys(t[last]))
		}
	}
	return reached
}

// text writes the arrows, one file a line.
func (t ties) text() string {
	var text strings.Builder
	for _, file := range slices.Sorted(maps.Keys(t)) {
		text.WriteString(file + " -> " + strings.Join(slices.Sorted(maps.Keys(t[file])), " ") + "\n")
	}
	return text.String()
}

// shop is a package of five files and a test. Local names, such as size in
// report.go, are no arrows. That from item.go to order.go is found only by
// knowing what slices.MaxFunc returns.
var shop = fstest.MapFS{
	"order.go": {Data: []byte(`package shop
type order struct{ total int }
func (o order) basket() basket { return basket{} }
`)},
	"basket.go": {Data: []byte(`package shop
type basket struct{ items []item }
func (b basket) first() int { total := b.items[0].size; return total }
`)},
	"item.go": {Data: []byte(`package shop
import "slices"
type item struct{ size int }
var size = 1
func (item) largest() int { return slices.MaxFunc(orders, nil).total }
`)},
	"orders.go": {Data: []byte(`package shop
var orders []order
`)},
	"report.go": {Data: []byte(`package shop
func report(b basket) int { size := 2; return size + b.first() }
`)},
	"report_test.go": {Data: []byte(`package shop
func try() { report(basket{}) }
`)},
}

func TestAnArrowGoesToTheFileThatDeclares(t *testing.T) {
	t.Parallel()
	c := newChecker(t, shop)
	got := tie(c.files, c.check(module))
	want := `basket.go -> item.go
item.go -> order.go orders.go
order.go -> basket.go
orders.go -> order.go
report.go -> basket.go
`
	if got.text() != want {
		t.Errorf("arrows:\n%swant:\n%s", got.text(), want)
	}
	if got.arrows() != 6 {
		t.Errorf("%d arrows, want 6", got.arrows())
	}
	if knot := strings.Join(got.knot(), " "); knot != "basket.go item.go order.go orders.go" {
		t.Errorf("knot of %s", knot)
	}
	if len(c.mistakes) > 0 {
		t.Errorf("mistakes: %q", c.mistakes)
	}
}

func TestWhatDoesNotTypeCheckIsAMistake(t *testing.T) {
	t.Parallel()
	c := newChecker(t, fstest.MapFS{
		"clock_linux.go": {Data: []byte("package shop\nfunc clock() int { return 1 }\n")},
		"clock_other.go": {Data: []byte("package shop\nfunc clock() int { return 2 }\n")},
		"order.go":       {Data: []byte("package shop\nvar at, by = clock(), customer()\n")},
	})
	got := tie(c.files, c.check(module))
	if want := "clock_linux.go -> \nclock_other.go -> \norder.go -> clock_linux.go\n"; got.text() != want {
		t.Errorf("arrows:\n%swant:\n%s", got.text(), want)
	}
	if len(c.mistakes) != 1 || !strings.HasSuffix(c.mistakes[0], "undefined: customer") {
		t.Errorf("mistakes: %q, want that customer is undefined", c.mistakes)
	}
}

func TestAKnotIsWhatReachesEachOther(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arrows string
		want   string
	}{
		"a chain is no knot":                    {"a>b b>c a>c", ""},
		"two files that use each other":         {"a>b b>a b>c", "a b"},
		"a ring":                                {"a>b b>c c>a", "a b c"},
		"two rings that share a file":           {"a>b b>a b>c c>b", "a b c"},
		"the larger of two rings":               {"a>b b>a b>c c>d d>e e>c", "c d e"},
		"two rings with an arrow between them":  {"a>b b>a c>d d>c a>c", "a b"},
		"a file outside that uses a ring":       {"a>b b>c c>b", "b c"},
		"a ring with a file that a ring shares": {"a>b b>c c>d d>b d>a", "a b c d"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := ties{}
			for arrow := range strings.FieldsSeq(test.arrows) {
				from, to, _ := strings.Cut(arrow, ">")
				for _, file := range []string{from, to} {
					if all[file] == nil {
						all[file] = map[string]bool{}
					}
				}
				all[from][to] = true
			}
			if got := strings.Join(all.knot(), " "); got != test.want {
				t.Errorf("knot of %q, want %q", got, test.want)
			}
		})
	}
}
