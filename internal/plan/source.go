package plan

import (
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
)

// Place is where in the source something was declared. Every error of a
// declaration names one.
type Place struct {
	File string
	Line int
}

// BuiltIn is the place of the routes that every application has.
var BuiltIn = Place{File: "holdfast"}

// String is the file with its folder, and the line: "shop/main.go:41".
func (p Place) String() string {
	switch p {
	case Place{}:
		return "unknown place"
	case BuiltIn:
		return "built in"
	}
	dir, file := filepath.Split(p.File)
	return fmt.Sprintf("%s/%s:%d", filepath.Base(dir), file, p.Line)
}

// Caller returns the place that called the function which calls Caller.
func Caller() Place {
	_, file, line, ok := runtime.Caller(2)
	if !ok {
		return Place{}
	}
	return Place{File: file, Line: line}
}

// Function is how a function of the application is known.
type Function struct {
	// Name is what it is called where it is declared: "currentUser" for
	// shop.(*Shop).currentUser. A function literal has none.
	Name string

	// ID tells it from others: its name with its package's path and its receiver,
	// or for a function literal the place where it is written. It does not change
	// when the compiler inlines, and says nothing of what a literal or a method
	// value holds, nor of the types that a generic function is used with.
	ID string
}

// FunctionOf says how a function is known. A nil one has no name.
func FunctionOf(fn any) Function {
	v := reflect.ValueOf(fn)
	if !v.IsValid() || v.Kind() != reflect.Func || v.IsNil() {
		return Function{Name: "func", ID: "nil"}
	}
	f := runtime.FuncForPC(v.Pointer())
	if f == nil {
		return Function{Name: "func", ID: "unknown"}
	}
	if isLiteral(f.Name()) {
		return Function{ID: "func literal at " + begin(f).String()}
	}
	id := strings.TrimSuffix(strings.TrimSuffix(f.Name(), "-fm"), "[...]")
	return Function{Name: id[strings.LastIndexByte(id, '.')+1:], ID: id}
}

// The names that the compiler makes, without their package.
var (
	madeUp        = regexp.MustCompile(`\.(func)?\d+$`)
	pointerMethod = regexp.MustCompile(`^\(\*[^)]+\)\.[^.]+$`)
)

// isLiteral reports whether a name is one that the compiler gives to a function
// literal. Such a name begins with the function around the literal and ends in
// a number, and it changes when that function is inlined:
//
//	example.org/shop.(*Shop).routes.func1.2   a literal in a literal
//	example.org/shop.owner[...].func1         in a generic function
//	example.org/shop.init.func1               of a package's variable
//	main.main.owner.func3                     after owner was inlined into main
//
// Around a function that is declared as func1 there is none: main.func1 and
// main.(*Shop).func1 are no literals, nor is main.Item.func1-fm, the value of a
// method. Of main.Item.func1 the name does not tell; it is taken for a literal
// and so known by its place.
func isLiteral(full string) bool {
	_, name, _ := strings.Cut(full[strings.LastIndexByte(full, '/')+1:], ".")
	return madeUp.MatchString(name) && !pointerMethod.MatchString(name)
}

// begin is the place of the keyword func of a literal. The line of its first
// instruction is another one when the compiler inlines what the literal calls
// first. The runtime knows the right one and does not export it; without it,
// the first instruction's has to do.
func begin(f *runtime.Func) Place {
	frame, _ := runtime.CallersFrames([]uintptr{f.Entry()}).Next()
	at := Place{File: frame.File, Line: frame.Line}
	if start := reflect.ValueOf(frame).FieldByName("startLine"); start.IsValid() && start.CanInt() && start.Int() > 0 {
		at.Line = int(start.Int())
	}
	return at
}
