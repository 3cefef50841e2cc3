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
	Name string // its own name: "currentUser" for shop.(*Shop).currentUser

	// ID tells it from others: its name with its package and receiver, or for a
	// function literal, whose name only the compiler knows and changes when it
	// inlines, the place where it is written.
	ID string
}

// literal matches the names that the compiler gives to function literals.
var literal = regexp.MustCompile(`\.func\d+(\.\d+|\.func\d+|-range\d+|\.gowrap\d+)*$`)

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
	full := strings.TrimSuffix(strings.TrimSuffix(f.Name(), "-fm"), "[...]")
	name := full[strings.LastIndexByte(full, '.')+1:]
	if literal.MatchString(full) {
		file, line := f.FileLine(f.Entry())
		return Function{Name: name, ID: "func literal at " + Place{file, line}.String()}
	}
	return Function{Name: name, ID: full[strings.LastIndexByte(full, '/')+1:]}
}
