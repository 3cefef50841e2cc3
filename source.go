package holdfast

import (
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"github.com/holdfast-go/holdfast/internal/plan"
)

// place is where in the source something was declared.
type place = plan.Place

// caller returns the place that called the function which calls caller, skip
// more frames up.
func caller(skip int) place {
	_, file, line, ok := runtime.Caller(skip + 1)
	if !ok {
		return place{}
	}
	return place{File: file, Line: line}
}

// function is how a function of the application is known.
type function struct {
	name string // its own name: "currentUser" for shop.(*Shop).currentUser

	// id tells it from others: its name with its package and receiver, or for a
	// function literal, whose name only the compiler knows and changes when it
	// inlines, the place where it is written.
	id string
}

// literal matches the names that the compiler gives to function literals.
var literal = regexp.MustCompile(`\.func\d+(\.\d+|\.func\d+|-range\d+|\.gowrap\d+)*$`)

// functionOf says how a function is known. A nil one has no name.
func functionOf(fn any) function {
	v := reflect.ValueOf(fn)
	if !v.IsValid() || v.Kind() != reflect.Func || v.IsNil() {
		return function{name: "func", id: "nil"}
	}
	f := runtime.FuncForPC(v.Pointer())
	if f == nil {
		return function{name: "func", id: "unknown"}
	}
	full := strings.TrimSuffix(strings.TrimSuffix(f.Name(), "-fm"), "[...]")
	name := full[strings.LastIndexByte(full, '.')+1:]
	if literal.MatchString(full) {
		file, line := f.FileLine(f.Entry())
		return function{name: name, id: fmt.Sprintf("func literal at %s/%s:%d", filepath.Base(filepath.Dir(file)), filepath.Base(file), line)}
	}
	return function{name: name, id: full[strings.LastIndexByte(full, '/')+1:]}
}
