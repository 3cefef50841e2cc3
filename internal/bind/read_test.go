package bind_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/holdfast-go/holdfast/internal/bind"
)

// outcome is what was read, as JSON, or what is wrong, in words.
func outcome(dst reflect.Value, err error) string {
	if bad, ok := errors.AsType[*bind.Invalid](err); ok {
		var out []string
		for _, v := range bad.Violations {
			input := ""
			if v.Input != nil {
				input = fmt.Sprintf("=%v", v.Input)
			}
			out = append(out, v.Type+" "+strings.Trim(fmt.Sprint(v.Loc), "[]")+input)
		}
		return strings.Join(out, ", ")
	}
	if broken, ok := errors.AsType[*bind.BodyError](err); ok {
		return [...]string{"cut short", "malformed", "not JSON", "too much"}[broken.Problem]
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Sprintf("larger than %d", large.Limit)
	}
	if err != nil {
		return err.Error()
	}
	data, err := json.Marshal(dst.Interface())
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// loud reads its text in its own way.
type loud string

func (l *loud) UnmarshalText(text []byte) error {
	if len(text) > 3 {
		return errors.New("too long")
	}
	*l = loud(strings.ToUpper(string(text)))
	return nil
}

type one[T any] struct {
	V T `query:"v" json:"v"`
}

type color string

type chosen struct {
	V []color `query:"v" json:"v" enum:"red"`
}

type withDefault struct {
	V string `query:"v" json:"v" default:"a,b"`
}

func TestTextsAreReadAsTheirType(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		into  any
		query string
		want  string
	}{
		"a text":                          {one[string]{}, "v=a+b%21", `{"v":"a b!"}`},
		"a default with a comma":          {withDefault{}, "", `{"v":"a,b"}`},
		"an empty text":                   {one[string]{}, "v=", `{"v":""}`},
		"a text that is no UTF-8":         {one[string]{}, "v=%ff", "string_unicode query v=\uFFFD"},
		"nothing":                         {one[string]{}, "", `{"v":""}`},
		"a number":                        {one[int]{}, "v=-7", `{"v":-7}`},
		"a number with a plus":            {one[int]{}, "v=%2B7", `{"v":7}`},
		"no number":                       {one[int]{}, "v=x", "int_parsing query v=x"},
		"no whole number":                 {one[int]{}, "v=1.5", "int_parsing query v=1.5"},
		"a number as Go writes it":        {one[int]{}, "v=1_000", "int_parsing query v=1_000"},
		"a number in another base":        {one[int]{}, "v=0x10", "int_parsing query v=0x10"},
		"a number that is too large":      {one[int8]{}, "v=128", "int_parsing query v=128"},
		"an empty number":                 {one[int]{}, "v=", "int_parsing query v="},
		"no negative number":              {one[uint]{}, "v=-1", "int_parsing query v=-1"},
		"a large unsigned number":         {one[uint8]{}, "v=255", `{"v":255}`},
		"a fraction":                      {one[float64]{}, "v=1e3", `{"v":1000}`},
		"no fraction":                     {one[float64]{}, "v=inf", "float_parsing query v=inf"},
		"not a number":                    {one[float64]{}, "v=NaN", "float_parsing query v=NaN"},
		"a hexadecimal fraction":          {one[float64]{}, "v=0x1p4", "float_parsing query v=0x1p4"},
		"yes":                             {one[bool]{}, "v=Yes", `{"v":true}`},
		"off":                             {one[bool]{}, "v=off", `{"v":false}`},
		"perhaps":                         {one[bool]{}, "v=2", "bool_parsing query v=2"},
		"a time":                          {one[time.Time]{}, "v=2020-01-02T03:04:05.5Z", `{"v":"2020-01-02T03:04:05.5Z"}`},
		"no time":                         {one[time.Time]{}, "v=2020-01-02", "datetime_parsing query v=2020-01-02"},
		"a type's own way":                {one[loud]{}, "v=abc", `{"v":"ABC"}`},
		"a type's own way is not its":     {one[loud]{}, "v=abcd", "value_error query v=abcd"},
		"an address":                      {one[netip.Addr]{}, "v=10.0.0.1", `{"v":"10.0.0.1"}`},
		"a pointer":                       {one[*int]{}, "v=7", `{"v":7}`},
		"a pointer to nothing":            {one[*int]{}, "", `{"v":null}`},
		"null is a text":                  {one[*string]{}, "v=null", `{"v":"null"}`},
		"null is no number":               {one[*int]{}, "v=null", "int_parsing query v=null"},
		"a list":                          {one[[]int]{}, "v=1&v=2", `{"v":[1,2]}`},
		"a list of one":                   {one[[]string]{}, "v=a,b", `{"v":["a,b"]}`},
		"a list of pointers":              {one[[]*int]{}, "v=1", `{"v":[1]}`},
		"a list with what does not fit":   {one[[]int]{}, "v=1&v=x", "int_parsing query v 1=x"},
		"no list":                         {one[int]{}, "v=1&v=2", "repeated query v"},
		"a list of chosen texts":          {chosen{}, "v=red&v=red", `{"v":["red","red"]}`},
		"a list with another":             {chosen{}, "v=red&v=blue", "enum query v 1=blue"},
		"another name":                    {one[int]{}, "V=1", `{"v":0}`},
		"a query that cannot be read":     {one[int]{}, "v=%zz", "query_parsing query"},
		"a query with a semicolon":        {one[int]{}, "v=1;w=2", "query_parsing query"},
		"a query that cannot be read, by": {struct{}{}, "v=%zz", `{}`}, // nothing asks for it
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of := reflect.TypeOf(test.into)
			in, dst, r := compile(t, of), reflect.New(of).Elem(), get("/")
			r.URL.RawQuery = test.query
			if got := outcome(dst, in.Params(r, dst)); got != test.want {
				t.Errorf("?%s = %s, want %s", test.query, got, test.want)
			}
			dst = reflect.New(of).Elem()
			if got := outcome(dst, in.Read(r, dst)); got != test.want {
				t.Errorf("Read of ?%s = %s, want %s", test.query, got, test.want)
			}
		})
	}
}

type everywhere struct {
	ID     int      `path:"id" minimum:"1"`
	Skip   int      `query:"skip" default:"5" maximum:"10"`
	Tags   []string `query:"tag" default:"a,b" maxItems:"2" enum:"a,b,x"`
	Secret string   `query:"secret" format:"password" minLength:"4"`
	Trace  string   `header:"x-trace" pattern:"^[a-z]*$"`
	Codes  []int    `header:"X-Code" const:"7"`
	Theme  string   `cookie:"theme" enum:"dark,light"`
	Must   *bool    `cookie:"must" required:"true"`
	When   loud     `query:"when" maxLength:"2"`
}

func TestParameters(t *testing.T) {
	t.Parallel()
	const rest = `"Codes":null,"Theme":"","Must":true,"When":""}`
	tests := map[string]struct {
		id      string
		query   string
		headers []string
		want    string
	}{
		"what is required": {"7", "", []string{"Cookie: must=1"}, `{"ID":7,"Skip":5,"Tags":["a","b"],"Secret":"","Trace":"",` + rest},
		"all of it": {
			"7", "skip=1&tag=x&secret=abcd&when=a",
			[]string{"X-Trace: abc", "X-Code: 7", "X-Code: 7", "Cookie: theme=dark; must=no"},
			`{"ID":7,"Skip":1,"Tags":["x"],"Secret":"abcd","Trace":"abc","Codes":[7,7],"Theme":"dark","Must":false,"When":"A"}`,
		},
		"nothing": {"", "", nil, "missing path id, missing cookie must"},
		"everything that does not fit": {
			"0", "skip=11&tag=xxx&secret=abc",
			[]string{"X-Trace: A", "Cookie: theme=blue; must=maybe"},
			"greater_than_equal path id=0, less_than_equal query skip=11, enum query tag 0=xxx, string_too_short query secret, " +
				"string_pattern_mismatch header x-trace=A, enum cookie theme=blue, bool_parsing cookie must=maybe",
		},
		"too many":                         {"7", "tag=a&tag=b&tag=c", []string{"Cookie: must=1"}, "too_long query tag"},
		"a header twice":                   {"7", "", []string{"X-Trace: a", "X-Trace: b", "Cookie: must=1"}, "repeated header x-trace"},
		"a cookie twice":                   {"7", "", []string{"Cookie: must=1; must=1"}, "repeated cookie must"},
		"one of a list that is not the":    {"7", "", []string{"X-Code: 7", "X-Code: 8", "Cookie: must=1"}, "literal_error header X-Code 1=8"},
		"what is checked is what was sent": {"7", "when=abc", []string{"Cookie: must=1"}, "string_too_long query when=abc"},
		"a secret is not shown again":      {"7", "secret=%ff", []string{"Cookie: must=1"}, "string_unicode query secret"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of := reflect.TypeFor[everywhere]()
			in, dst, r := compile(t, of, "id"), reflect.New(of).Elem(), get("/?"+test.query, test.headers...)
			r.SetPathValue("id", test.id)
			if got := outcome(dst, in.Params(r, dst)); got != test.want {
				t.Errorf("Params = %s, want %s", got, test.want)
			}
		})
	}
}

type embedded struct {
	Inner
	Body *struct {
		Name string `json:"name" minLength:"2"`
		Next *int   `json:"next,omitempty"`
	}
}

type Inner struct {
	Skip int `query:"skip"`
}

type optional struct {
	Body map[string]int `required:"false"`
}

func TestJSONBodies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		into             any
		query            string
		kind, body, want string
	}{
		"a body":                     {embedded{}, "?skip=2", "application/json", `{"name":"amy","next":1}`, `{"Skip":2,"Body":{"name":"amy","next":1}}`},
		"with a charset":             {embedded{}, "", "application/json; charset=utf-8", `{"name":"amy"}`, `{"Skip":0,"Body":{"name":"amy"}}`},
		"of a kind of JSON":          {embedded{}, "", "application/merge-patch+json", `{"name":"amy"}`, `{"Skip":0,"Body":{"name":"amy"}}`},
		"of no kind":                 {embedded{}, "", "", `{"name":"amy"}`, "not JSON"},
		"of another kind":            {embedded{}, "", "text/plain", `{"name":"amy"}`, "not JSON"},
		"that only sounds like JSON": {embedded{}, "", "text/x+json", `{"name":"amy"}`, "not JSON"},
		"of a malformed kind":        {embedded{}, "", "application/json; x", `{"name":"amy"}`, "not JSON"},
		"none":                       {embedded{}, "", "", ``, "missing body"},
		"none where there may be":    {optional{}, "", "", ``, `{"Body":null}`},
		"null where there may be":    {optional{}, "", "application/json", `null`, "dict_type body=null"},
		"what does not fit":          {embedded{}, "?skip=x", "application/json", `{"name":"a","next":null,"more":1}`, "int_parsing query skip=x, string_too_short body name=a, extra_forbidden body more"},
		"no JSON":                    {embedded{}, "", "application/json", `{"name":`, "json_invalid body 8"},
		"two of them":                {embedded{}, "", "application/json", `{"name":"amy"}{}`, "json_invalid body 14"},
		"as large as can be":         {optional{}, "", "application/json", `{` + strings.Repeat(" ", 1022) + `}`, `{"Body":{}}`},
		"too large":                  {optional{}, "", "application/json", `{` + strings.Repeat(" ", 1023) + `}`, "larger than 1024"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of := reflect.TypeOf(test.into)
			in, dst, r := compile(t, of), reflect.New(of).Elem(), post(test.kind, test.body)
			r.URL.RawQuery = strings.TrimPrefix(test.query, "?")
			if got := outcome(dst, in.Read(r, dst)); got != test.want {
				t.Errorf("Read(%.40s) = %s, want %s", test.body, got, test.want)
			}
		})
	}
}

type login struct {
	Name   string   `form:"name" required:"true" maxLength:"3"`
	Age    int      `form:"age" default:"18" minimum:"18"`
	Scopes []string `form:"scope"`
}

const plainForm = "application/x-www-form-urlencoded"

// parts writes a multipart form of names and values, and its kind.
func parts(t testing.TB, pairs ...string) (kind, body string) {
	t.Helper()
	var out strings.Builder
	w := multipart.NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), out.String()
}

func TestForms(t *testing.T) {
	t.Parallel()
	kind, whole := parts(t, "name", "amy", "scope", "a", "scope", "b", "more", "x")
	other, wrong := parts(t, "name", "anna", "age", "7")
	tests := map[string]struct{ kind, body, want string }{
		"a form":                    {plainForm, "name=amy&age=20&scope=a&scope=b&more=x", `{"Name":"amy","Age":20,"Scopes":["a","b"]}`},
		"in parts":                  {kind, whole, `{"Name":"amy","Age":18,"Scopes":["a","b"]}`},
		"an empty field is none":    {plainForm, "name=&age=", "missing body name"},
		"a field twice":             {plainForm, "name=a&name=b", "repeated body name"},
		"what does not fit":         {plainForm, "name=anna&age=7", "string_too_long body name=anna, greater_than_equal body age=7"},
		"what does not fit, parts":  {other, wrong, "string_too_long body name=anna, greater_than_equal body age=7"},
		"no parts":                  {kind, "", "cut short"},
		"no form":                   {"application/json", `{"name":"amy"}`, "missing body name"},
		"of no kind":                {"", "name=amy", "missing body name"},
		"nothing":                   {plainForm, "", "missing body name"},
		"malformed":                 {plainForm, "name=%zz", "malformed"},
		"with a semicolon":          {plainForm, "name=a;b=c", "malformed"},
		"too large":                 {plainForm, "name=a&more=" + strings.Repeat("x", 1024), "larger than 1024"},
		"too large, in parts":       {kind, strings.Replace(whole, "amy", strings.Repeat("x", 1024), 1), "larger than 1024"},
		"parts without a boundary":  {"multipart/form-data", whole, "malformed"},
		"parts of another boundary": {"multipart/form-data; boundary=x", whole, "cut short"},
		"parts that end too soon":   {kind, whole[:len(whole)/2], "cut short"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of := reflect.TypeFor[login]()
			in, dst := compile(t, of), reflect.New(of).Elem()
			if got := outcome(dst, in.Read(post(test.kind, test.body), dst)); got != test.want {
				t.Errorf("Read(%.40s) = %s, want %s", test.body, got, test.want)
			}
		})
	}
}

// The largest bound there is does not turn round.
func TestAFormWithoutABound(t *testing.T) {
	t.Parallel()
	of := reflect.TypeFor[login]()
	for _, kind := range []string{plainForm, "multipart/form-data"} {
		body := "name=amy"
		if kind != plainForm {
			kind, body = parts(t, "name", "amy")
		}
		dst, r := reflect.New(of).Elem(), post(kind, body)
		r.limit = math.MaxInt64
		if got := outcome(dst, compile(t, of).Read(r, dst)); got != `{"Name":"amy","Age":18,"Scopes":null}` {
			t.Errorf("Read of %s = %s", kind, got)
		}
	}
}

// A body that stops before its end is the caller's doing, and not larger than
// it may be.
func TestBodiesThatStopShort(t *testing.T) {
	t.Parallel()
	for kind, of := range map[string]reflect.Type{"application/json": reflect.TypeFor[optional](), plainForm: reflect.TypeFor[login]()} {
		r := post(kind, "")
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("name=a"), iotest.ErrReader(io.ErrUnexpectedEOF)))
		dst := reflect.New(of).Elem()
		err := compile(t, of).Read(r, dst)
		if got := outcome(dst, err); got != "cut short" || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Read of %s = %s (%v), want cut short", kind, got, err)
		}
	}
}

// Params leaves the body alone: the caller may not have passed yet.
func TestParamsDoNotReadTheBody(t *testing.T) {
	t.Parallel()
	r := post("application/json", "{}")
	r.Body = io.NopCloser(iotest.ErrReader(errors.New("it was read")))
	for _, of := range []reflect.Type{reflect.TypeFor[embedded](), reflect.TypeFor[login]()} {
		dst := reflect.New(of).Elem()
		if err := compile(t, of).Params(r, dst); err != nil {
			t.Errorf("Params of %v = %v, want nil", of, err)
		}
	}
}
