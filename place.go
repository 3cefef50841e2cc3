package holdfast

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
)

// place is where in the source something was declared. Every error of a
// declaration names one.
type place struct {
	file string
	line int
}

// builtIn is the place of the routes that every application has.
var builtIn = place{file: "holdfast"}

// caller returns the place that called the function which calls caller, skip
// more frames up.
func caller(skip int) place {
	_, file, line, ok := runtime.Caller(skip + 1)
	if !ok {
		return place{}
	}
	return place{file, line}
}

// String is the file with its folder, and the line: "shop/main.go:41".
func (p place) String() string {
	if p.file == "" {
		return "unknown place"
	}
	if p == builtIn {
		return "built in"
	}
	dir, file := filepath.Split(p.file)
	return fmt.Sprintf("%s/%s:%d", filepath.Base(dir), file, p.line)
}

// funcName is a function's own name without its package: "currentUser" for
// shop.(*Shop).currentUser-fm.
func funcName(fn any) string {
	f := runtime.FuncForPC(reflect.ValueOf(fn).Pointer())
	if f == nil {
		return "func"
	}
	name := strings.TrimSuffix(f.Name(), "-fm")
	name = strings.TrimSuffix(name, "[...]")
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	return name
}
