package bind_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/schema"
	"github.com/holdfast-go/holdfast/internal/shape"
	"github.com/holdfast-go/holdfast/upload"
)

// request is a source made of a request of the standard library.
type request struct {
	context.Context
	*http.Request
	limit int64
}

func (r request) Sent() *http.Request { return r.Request }

func (r request) PathValue(name string) (string, bool) {
	value := r.Request.PathValue(name)
	return value, value != ""
}

func (r request) LimitBody() int64 {
	r.Body = http.MaxBytesReader(nil, r.Body, r.limit)
	return r.limit
}

// Keep keeps the files until the process ends, which small ones need not survive.
func (r request) Keep(io.Closer) {}

// Hold has room for everything.
func (r request) Hold(int64) error { return nil }

// get is a request for a path with a query, with headers written "Name: value".
func get(target string, headers ...string) request {
	r := httptest.NewRequest("GET", target, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return request{r.Context(), r, 1 << 10}
}

// post is a request with a body of some kind.
func post(kind, body string) request {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return request{r.Context(), r, 1 << 10}
}

// compile compiles an input that can be compiled.
func compile(t testing.TB, of reflect.Type, path ...string) *bind.Input {
	t.Helper()
	in, err := bind.Compile(of, bind.Options{Types: schema.NewRegistry(), Path: path, Body: true})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// loader is a type that cannot be read from text.
type loader struct{ Name string }

type withBody struct {
	Body struct {
		Name string `json:"name"`
	}
}

type deeper struct{ withBody }

func TestInputsThatCannotBeCompiled(t *testing.T) {
	t.Parallel()
	type Page struct {
		Skip int `query:"skip"`
	}
	tests := map[string]struct {
		of   any
		want string
	}{
		"no struct": {7, "an input is a struct"},
		"no tag": {struct {
			A string
		}{}, "field A: no tag says where it comes from"},
		"two tags": {struct {
			A string `query:"a" header:"A"`
		}{}, "it has two tags, query and header"},
		"no name": {struct {
			A string `query:""`
		}{}, "the tag query has no name"},
		"only options": {struct {
			A string `query:",omitempty"`
		}{}, "the tag query has no name"},
		"not exported": {struct {
			a string `query:"a"`
		}{}, "field a: it is not exported"},
		"behind a pointer": {struct {
			*Page
		}{}, "it is in an embedded pointer"},
		"a body in an embedded struct": {struct {
			withBody
		}{}, "field Body: it is in an embedded struct, where it would not be read"},
		"a body two embeddings deep": {struct {
			deeper
		}{}, "field Body: it is in an embedded struct, where it would not be read"},
		"the header Host": {struct {
			A string `header:"host"`
		}{}, "the header Host is not among the headers"},
		"a path that has no such wildcard": {struct {
			A string `path:"b"`
		}{}, "the path has no {b}; it has {id}, {name}"},
		"one query parameter twice": {struct {
			A string `query:"a"`
			B string `query:"a"`
		}{}, "field B: another field is the query a already"},
		"one header in two spellings": {struct {
			A string `header:"X-Trace"`
			B string `header:"x-trace"`
		}{}, "another field is the header x-trace already"},
		"one form field twice": {struct {
			A string `form:"a"`
			B string `form:"a"`
		}{}, "another field is the form a already"},
		"a type that text is not": {struct {
			A loader `query:"a"`
		}{}, "type bind_test.loader cannot be read from text"},
		"a list of such": {struct {
			A []loader `query:"a"`
		}{}, "type bind_test.loader cannot be read from text"},
		"bytes": {struct {
			A []byte `query:"a"`
		}{}, "type []uint8 cannot be read from text"},
		"a map": {struct {
			A map[string]string `form:"a"`
		}{}, "cannot be read from text"},
		"a type that JSON cannot hold": {struct {
			A chan int `query:"a"`
		}{}, "JSON cannot hold"},
		"a file in the query": {struct {
			A upload.File `query:"a"`
		}{}, `a file comes in a form; write form:"a"`},
		"a pointer to a file": {struct {
			A *upload.File `form:"a"`
		}{}, "*upload.File is no file; take an upload.File"},
		"a list of lists of files": {struct {
			A [][]upload.File `form:"a"`
		}{}, "[][]upload.File is no file"},
		"a file in a body": {struct {
			Body struct{ A []upload.File }
		}{}, "field A: a body in JSON has no files"},
		"a file deep in a body": {struct {
			Body struct {
				A map[string]struct{ B *upload.File }
			}
		}{}, "field B: a body in JSON has no files"},
		"a file as a body": {struct {
			Body upload.File
		}{}, "a body in JSON is no file"},
		"a size of text": {struct {
			A string `form:"a" maxSize:"1KB"`
		}{}, `tag "maxSize" constrains a file, and string is none`},
		"a file with a pattern": {struct {
			A upload.File `form:"a" pattern:"x"`
		}{}, `tag "pattern" constrains a string, and upload.File is none`},
		"a file with a default": {struct {
			A upload.File `form:"a" default:"x"`
		}{}, "the tag default has no meaning for a file"},
		"files that differ": {struct {
			A []upload.File `form:"a" uniqueItems:"true"`
		}{}, "the tag uniqueItems has no meaning for a file"},
		"a size that is none": {struct {
			A upload.File `form:"a" maxSize:"2 MBit"`
		}{}, `"2 MBit" is no size; write a number of bytes, or 64KiB, 2MB, 1GB`},
		"a size of more than the body": {struct {
			A upload.File `form:"a" maxSize:"1KiB"`
			B upload.File `form:"b" maxSize:"1025"`
		}{}, "field B: maxSize is 1025, and the whole body may have 1024 bytes; say how many with MaxBody"},
		"a media type that is none": {struct {
			A upload.File `form:"a" accept:"png"`
		}{}, `"png" is no media type; write image/png, or image/* for all images`},
		"a default that is no number": {struct {
			A int `query:"a" default:"x"`
		}{}, "default"},
		"a default that the type refuses": {struct {
			A loud `query:"a" default:"abcd"`
		}{}, `the default "abcd" is no bind_test.loud`},
		"a default that does not fit": {struct {
			A int `query:"a" default:"3" maximum:"2"`
		}{}, "the default does not fit: Input should be less than or equal to 2"},
		"one of a default's list that does not fit": {struct {
			A []string `query:"a" default:"x,y" enum:"x,z"`
		}{}, "the default does not fit"},
		"a form and a body": {struct {
			A    string `form:"a"`
			Body loader
		}{}, "a form or a JSON body, not both"},
		"a field of a patch that is never absent": {struct {
			Body struct {
				A optionalInt `json:"a" default:"1"`
			}
		}{}, "field A: a patch.Field with a default would never be absent"},
		"a field of a patch in a query": {struct {
			A optionalInt `query:"a"`
		}{}, "cannot be read from text"},
		"a duration with a bound": {struct {
			A time.Duration `query:"a" minimum:"1"`
		}{}, "constrains a number, and time.Duration is none"},
		"a default that is no duration": {struct {
			A time.Duration `query:"a" default:"1"`
		}{}, `the default "1" is no time.Duration`},
		"a default in a body that never counts": {struct {
			Body struct {
				A int `json:"a" default:"1" required:"true"`
			}
		}{}, "field A: it is required, so its default never counts"},
		"a default in a body that is no number": {struct {
			Body struct {
				A []int `json:"a" default:"1,x"`
			}
		}{}, `the default "1,x" is no []int`},
		"a default in a body that does not fit": {struct {
			Body struct {
				A struct {
					B *int `json:"b" default:"3" maximum:"2"`
				} `json:"a"`
			}
		}{}, "field B: the default 3 does not fit: Input should be less than or equal to 2"},
		"a misspelt tag": {struct {
			A int `query:"a" minimun:"1"`
		}{}, `did you mean "minimum"?`},
		"a misspelt tag in a body": {struct {
			Body struct {
				A string `json:"a" minLenght:"1"`
			}
		}{}, `did you mean "minLength"?`},
		"a constraint of another type": {struct {
			A string `query:"a" minimum:"1"`
		}{}, "constrains a number"},
		"a malformed tag": {reflect.Zero(reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeFor[string](), Tag: `query:a`}})).Interface(), "malformed tag"},
		"all mistakes at once": {struct {
			A string
			B string `query:""`
		}{}, "field B: the tag query has no name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := bind.Compile(reflect.TypeOf(test.of), bind.Options{Types: schema.NewRegistry(), Path: []string{"id", "name"}, Body: true, MaxBody: 1 << 10})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Compile = %v, want %q", err, test.want)
			}
		})
	}
}

// optionalInt is what patch.Field is.
type optionalInt struct {
	_ shape.Optional
}

func (*optionalInt) Inner() reflect.Type { return reflect.TypeFor[int]() }
func (*optionalInt) SetAny(any)          {}
func (*optionalInt) GetAny() any         { return nil }

// What a dependency takes is read before the caller has passed, and so never
// from the body.
func TestDependenciesMayNotReadTheBody(t *testing.T) {
	t.Parallel()
	for _, of := range []reflect.Type{
		reflect.TypeFor[struct{ Body loader }](), reflect.TypeFor[struct {
			A string `form:"a"`
		}](),
	} {
		if _, err := bind.Compile(of, bind.Options{Types: schema.NewRegistry()}); err == nil || !strings.Contains(err.Error(), "a dependency may not read the body") {
			t.Errorf("Compile(%v) = %v, want an error", of, err)
		}
	}
}

func TestInputsThatTakeNothing(t *testing.T) {
	t.Parallel()
	type Empty struct{}
	for _, of := range []reflect.Type{reflect.TypeFor[struct{}](), reflect.TypeFor[struct{ Empty }]()} {
		in := compile(t, of)
		if in != nil {
			t.Errorf("Compile(%v) = %v, want nil", of, in)
		}
		dst := reflect.New(of).Elem()
		if err := in.Params(get("/"), dst); err != nil {
			t.Errorf("Params = %v, want nil", err)
		}
		if err := in.Read(post("", ""), dst); err != nil {
			t.Errorf("Read = %v, want nil", err)
		}
	}
}

// Names are compared within a source.
func TestOneNameInSeveralPlaces(t *testing.T) {
	t.Parallel()
	in := compile(t, reflect.TypeFor[struct {
		A string `path:"X-A"`
		B string `query:"X-A"`
		C string `header:"X-A"`
		D string `cookie:"X-A"`
		E string `query:"x-a"`
		F string `form:"X-A"`
	}](), "X-A")
	if len(in.Fields) != 5 || len(in.Form) != 1 {
		t.Errorf("%d fields and %d of a form, want 5 and 1", len(in.Fields), len(in.Form))
	}
}

// The document and the reading want the fields in one order, wherever they
// stand in the struct.
func TestFieldsAreSortedByWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	type Inner struct {
		E string `query:"e"`
	}
	in := compile(t, reflect.TypeFor[struct {
		A string `cookie:"a"`
		B string `header:"B"`
		C string `query:"c" required:"true"`
		D string `path:"d"`
		Inner
		F string `form:"f"`
	}](), "d")
	var got []string
	for _, f := range in.Fields {
		got = append(got, f.In+" "+f.Name)
		if want := f.Name == "c" || f.Name == "d"; f.Required != want {
			t.Errorf("%s is required: %v, want %v", f.Name, f.Required, want)
		}
	}
	if text, want := strings.Join(got, ", "), "path d, query c, query e, header B, cookie a"; text != want || len(in.Form) != 1 {
		t.Errorf("fields = %s and %d of a form, want %s and one", text, len(in.Form), want)
	}
}
