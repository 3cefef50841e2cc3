package bind

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/holdfast-go/holdfast/internal/parts"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// files is what the files of a field may be.
type files struct {
	size  int64       // of one, in bytes
	types parts.Types // any if empty
	most  int         // how many are kept
}

// fileTags are those that may stand beside a file.
var fileTags = []string{"form", "required", "maxSize", "accept", "minItems", "maxItems", "doc", "deprecated", "json"}

// prepareFile reads the tags of a file, or of a list of them.
func (f *Field) prepareFile(sf reflect.StructField, maxBody int64) error {
	if f.In != "form" {
		return fmt.Errorf("a file comes in a form; write form:%q", f.Name)
	}
	for _, tag := range schema.TagKeys(sf.Tag) {
		if schema.Known(tag) && !slices.Contains(fileTags, tag) {
			return fmt.Errorf("the tag %s has no meaning for a file", tag)
		}
	}
	f.Required = sf.Tag.Get("required") == "true"
	f.list = sf.Type.Kind() == reflect.Slice
	f.files = &files{size: math.MaxInt64, most: 1}
	var bad error
	if text, ok := sf.Tag.Lookup("maxSize"); ok {
		f.files.size, bad = parts.ParseSize(text)
		if maxBody > 0 && f.files.size > maxBody {
			bad = fmt.Errorf("maxSize is %s, and the whole body may have %d bytes; say how many with MaxBody", text, maxBody)
		}
	}
	if text, ok := sf.Tag.Lookup("accept"); ok {
		types, err := parts.ParseTypes(text)
		f.files.types, bad = types, errors.Join(bad, err)
	}
	if f.list {
		f.files.most = math.MaxInt
		if most, err := strconv.Atoi(sf.Tag.Get("maxItems")); err == nil {
			f.files.most = most
		}
	}
	return bad
}

// Files reports whether the field takes files, and which media types they may
// have; any if there are none.
func (f *Field) Files() (types []string, ok bool) {
	if f.files == nil {
		return nil, false
	}
	return f.files.types, true
}

// readFiles checks the files that were received for a field, and appends what
// is wrong with them.
func (f *Field) readFiles(dst reflect.Value, got *received, bad []schema.Violation) []schema.Violation {
	switch {
	case got.other:
		return append(bad, schema.Violation{Type: "value_error", Loc: []any{f.place(), f.Name}, Msg: "Value error, expected a file, received text"})
	case got.count == 0 && f.Required:
		return append(bad, f.violation(problem("missing"), nil))
	case got.count == 0:
		return bad
	case got.count > 1 && !f.list:
		return append(bad, f.violation(problem("repeated"), nil))
	}
	if f.list {
		// The schema knows the words for too few and too many, and nothing of files.
		if wrong := f.Schema.Validate(slices.Repeat([]any{""}, got.count), f.place(), f.Name); wrong != nil {
			return append(bad, wrong...)
		}
	}
	if got.wrong != nil {
		return append(bad, got.wrong...)
	}
	target, err := dst.FieldByIndexErr(f.index)
	if err != nil {
		return append(bad, f.violation(problem("value_error"), nil))
	}
	f.setFiles(target, got.files)
	return bad
}

func (f *Field) setFiles(target reflect.Value, kept []parts.File) {
	if !f.list {
		target.Set(reflect.ValueOf(kept[0]).Convert(target.Type()))
		return
	}
	list := reflect.MakeSlice(target.Type(), len(kept), len(kept))
	for i, one := range kept {
		list.Index(i).Set(reflect.ValueOf(one).Convert(target.Type().Elem()))
	}
	target.Set(list)
}

// fileViolation is what is wrong with the file that stands at a place of its
// field.
func (f *Field) fileViolation(at int, kind string, ctx map[string]any) schema.Violation {
	out := f.violation(problem(kind), nil)
	if f.list {
		out.Loc = append(out.Loc, at)
	}
	out.Ctx = ctx
	switch kind {
	case "file_too_large":
		out.Msg = fmt.Sprintf("File should have at most %d bytes", f.files.size)
	case "file_type":
		out.Msg = "File should be of type " + f.files.types.String()
	}
	return out
}
