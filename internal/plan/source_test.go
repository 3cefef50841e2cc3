package plan_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/plan"
)

// The functions of this file are found again by the comments behind their
// keyword func. What makes literals is small, so that the compiler inlines it;
// viaVariable keeps it from doing so.

func declared() int   { return one() }
func func1() int      { return one() }
func generic[T any]() { _ = *new(T) }
func one() int        { return 1 }

type item struct{ n int }

func (i item) value() int    { return i.n }
func (i *item) pointer() int { return i.n }
func (i item) func1() int    { return i.n } // a method of a made-up name
func (i *item) func2() int   { return i.n }
func (i *item) func3() func() int {
	return func() int { return i.n } // in a method
}

type box[T any] struct{ v T }

func (b box[T]) value() T    { return b.v }
func (b *box[T]) pointer() T { return b.v }
func (b *box[T]) literal() func() T {
	return func() T { // in a method of a generic type
		return b.v
	}
}

type embeds struct{ *item }

type counter interface{ pointer() int }

func literal(n int) func() int {
	return func() int { // in a function

		return one() + n
	}
}

func nested() func() func() int {
	return func() func() int { // outer
		return func() int { // inner

			return one()
		}
	}
}

func genericLiteral[T any](v T) func() T {
	return func() T { // in a generic function

		return v
	}
}

func once(yield func(int) bool) { yield(1) }

func ranged() (out func() int) {
	for n := range once {
		out = func() int { // in a range over a function

			return one() + n
		}
	}
	return out
}

var variable = func() int { // of a variable

	return one()
}

var inMap = map[string]func() int{
	"a": func() int { // of a map

		return one()
	},
}

// Functions behind variables, which the compiler does not inline.
var (
	viaVariable       = literal
	nestedVia         = nested
	genericLiteralVia = genericLiteral[int]
	methodVia         = (*item).func3
	genericMethodVia  = (*box[int]).literal
	rangedVia         = ranged
)

// here is this package's path, with the dot behind it.
var here = reflect.TypeFor[item]().PkgPath() + "."

func TestNamedFunctionsAreKnownByTheirDeclaration(t *testing.T) {
	t.Parallel()
	i, b := &item{}, &box[string]{}
	for name, test := range map[string]struct {
		fn   any
		want plan.Function
	}{
		"a function":                            {declared, plan.Function{Name: "declared", ID: here + "declared"}},
		"one with a name as of a literal":       {func1, plan.Function{Name: "func1", ID: here + "func1"}},
		"an instance of a generic one":          {generic[int], plan.Function{Name: "generic", ID: here + "generic"}},
		"another instance":                      {generic[*item], plan.Function{Name: "generic", ID: here + "generic"}},
		"a method value":                        {i.pointer, plan.Function{Name: "pointer", ID: here + "(*item).pointer"}},
		"a method expression":                   {(*item).pointer, plan.Function{Name: "pointer", ID: here + "(*item).pointer"}},
		"a method value of a value":             {i.value, plan.Function{Name: "value", ID: here + "item.value"}},
		"a method expression of a value":        {item.value, plan.Function{Name: "value", ID: here + "item.value"}},
		"a method value with a literal's name":  {i.func1, plan.Function{Name: "func1", ID: here + "item.func1"}},
		"a pointer's method with such a name":   {(*item).func2, plan.Function{Name: "func2", ID: here + "(*item).func2"}},
		"its value":                             {i.func2, plan.Function{Name: "func2", ID: here + "(*item).func2"}},
		"a method value of a generic type":      {b.pointer, plan.Function{Name: "pointer", ID: here + "(*box[...]).pointer"}},
		"a method expression of a generic type": {(*box[string]).pointer, plan.Function{Name: "pointer", ID: here + "(*box[...]).pointer"}},
		"a method value of a generic value":     {b.value, plan.Function{Name: "value", ID: here + "box[...].value"}},
		"an embedded method's value":            {embeds{i}.pointer, plan.Function{Name: "pointer", ID: here + "(*item).pointer"}},
		"an interface's method":                 {counter(i).pointer, plan.Function{Name: "pointer", ID: here + "counter.pointer"}},
		"a function of another package":         {strings.ToUpper, plan.Function{Name: "ToUpper", ID: "strings.ToUpper"}},
		"a nil function":                        {(func())(nil), plan.Function{Name: "func", ID: "nil"}},
		"nothing":                               {nil, plan.Function{Name: "func", ID: "nil"}},
		"no function":                           {7, plan.Function{Name: "func", ID: "nil"}},
	} {
		if got := plan.FunctionOf(test.fn); got != test.want {
			t.Errorf("%s: FunctionOf = %+v, want %+v", name, got, test.want)
		}
	}
}

// TestLiteralsAreKnownByTheirPlace reads each literal as it was compiled where
// it stands and where the function around it was inlined. `go test
// -gcflags=all=-l` inlines nothing and sees the same.
func TestLiteralsAreKnownByTheirPlace(t *testing.T) {
	t.Parallel()
	i, b := &item{}, &box[int]{}
	for comment, fns := range map[string][]any{
		"in a function":                 {literal(1), viaVariable(1), literal(2)},
		"outer":                         {nested(), nestedVia()},
		"inner":                         {nested()(), nestedVia()()},
		"in a generic function":         {genericLiteral(1), genericLiteralVia(1), genericLiteral("")},
		"in a method":                   {i.func3(), methodVia(i)},
		"in a method of a generic type": {b.literal(), genericMethodVia(b), (&box[string]{}).literal()},
		"in a range over a function":    {ranged(), rangedVia()},
		"of a variable":                 {variable},
		"of a map":                      {inMap["a"]},
		"a method of a made-up name":    {item.func1},                       // its name does not tell
		"in the test":                   {func() int { return declared() }}, // in the test
	} {
		want := plan.Function{ID: fmt.Sprintf("func literal at plan/source_test.go:%d", lineOf(t, comment))}
		for n, fn := range fns {
			if got := plan.FunctionOf(fn); got != want {
				t.Errorf("%s, %d: FunctionOf = %+v, want %+v", comment, n, got, want)
			}
		}
	}
}

// lineOf is the line of this file that ends in a comment.
func lineOf(t *testing.T, comment string) int {
	t.Helper()
	source, err := os.ReadFile("source_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(source), "\n") {
		if strings.HasSuffix(line, " // "+comment) {
			return i + 1
		}
	}
	t.Fatalf("no line ends in // %s", comment)
	return 0
}
