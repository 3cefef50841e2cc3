package bind_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/upload"
)

// taken has a value of each kind from a query or a form.
type taken struct {
	Text   string
	Number int8
	Fair   bool
	List   []string
}

type fromQuery struct {
	Text   string   `query:"text"`
	Number int8     `query:"number"`
	Fair   bool     `query:"fair"`
	List   []string `query:"list"`
}

type fromForm struct {
	Text   string   `form:"text"`
	Number int8     `form:"number"`
	Fair   bool     `form:"fair"`
	List   []string `form:"list"`
}

// compare checks what was read of values: nothing that was sent is lost or
// changed, and what cannot be read is an error.
func compare(t *testing.T, got taken, err error, values url.Values) {
	t.Helper()
	first := func(name string) string {
		if len(values[name]) == 0 {
			return ""
		}
		return values[name][0]
	}
	n, badNumber := strconv.ParseInt(first("number"), 10, 8)
	fits := len(values["text"]) <= 1 && len(values["number"]) <= 1 && len(values["fair"]) <= 1 &&
		utf8.ValidString(first("text")) && (badNumber == nil || len(values["number"]) == 0) &&
		!slices.ContainsFunc(values["list"], func(s string) bool { return !utf8.ValidString(s) })
	if err != nil {
		if _, ok := errors.AsType[*bind.Invalid](err); !ok {
			t.Errorf("reading %q = %v, want a violation", values, err)
		}
		if fits && len(values["fair"]) == 0 {
			t.Errorf("reading %q = %v, want no error", values, outcome(reflect.Value{}, err))
		}
		return
	}
	if !fits || got.Text != first("text") || int64(got.Number) != n || !slices.Equal(got.List, values["list"]) {
		t.Errorf("reading %q = %+v", values, got)
	}
}

func FuzzQuery(f *testing.F) {
	for _, query := range []string{"", "text=a&number=7&fair=on&list=x&list=y", "text=%ff", "number=+7", "a;b", "%zz", "list", "text&text"} {
		f.Add(query)
	}
	in := compile(f, reflect.TypeFor[fromQuery]())
	f.Fuzz(func(t *testing.T, query string) {
		r, got := get("/"), fromQuery{}
		r.URL.RawQuery = query
		err := in.Params(r, reflect.ValueOf(&got).Elem())
		values, bad := url.ParseQuery(query)
		if bad != nil {
			if err == nil {
				t.Errorf("Params of %q = nil, want an error", query)
			}
			return
		}
		compare(t, taken(got), err, values)
	})
}

// withoutEmpty drops a single empty value, which is a field that was left out.
func withoutEmpty(values url.Values) url.Values {
	for name, list := range values {
		if len(list) == 1 && list[0] == "" {
			delete(values, name)
		}
	}
	return values
}

func FuzzForm(f *testing.F) {
	for _, body := range []string{"", "text=a&number=7&fair=on&list=x&list=y", "text=%ff", "text=&number=", "a;b", "%zz"} {
		f.Add([]byte(body))
	}
	in := compile(f, reflect.TypeFor[fromForm]())
	f.Fuzz(func(t *testing.T, body []byte) {
		got := fromForm{}
		err := in.Read(post(plainForm, string(body)), reflect.ValueOf(&got).Elem())
		values, bad := url.ParseQuery(string(body))
		large, isLarge := errors.AsType[*http.MaxBytesError](err)
		broken, isBroken := errors.AsType[*bind.BodyError](err)
		switch {
		case isLarge != (len(body) > 1<<10), isLarge && large.Limit != 1<<10:
			t.Errorf("Read of %d bytes = %v", len(body), err)
		case isLarge:
		case isBroken != (bad != nil), isBroken && broken.Problem != bind.Malformed:
			t.Errorf("Read of %q = %v; ParseQuery says %v", body, err, bad)
		case bad == nil:
			compare(t, taken(got), err, withoutEmpty(values))
		}
	})
}

func FuzzMultipart(f *testing.F) {
	kind, whole := parts(f, "text", "a", "number", "7", "fair", "on", "list", "x", "list", "y")
	f.Add(kind, []byte(whole))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"text\"; filename=\"f\"\r\n\r\na\r\n--x--"))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=text\r\n\r\n\xff\r\n--x--\r\n"))
	f.Add("multipart/form-data", []byte(whole[:20]))
	in := compile(f, reflect.TypeFor[fromForm]())
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r, got := post("", string(body)), fromForm{}
		r.Header["Content-Type"] = []string{kind}
		err := in.Read(r, reflect.ValueOf(&got).Elem())
		if len(body) > 1<<10 || isBody(err) {
			return // that it is told from violations is all
		}
		values := url.Values{}
		switch media, _, bad := mime.ParseMediaType(kind); {
		case bad == nil && media == plainForm:
			return // which is for FuzzForm
		case bad == nil && media == "multipart/form-data":
			again := post("", string(body))
			again.Header["Content-Type"] = []string{kind}
			if bad := again.ParseMultipartForm(1 << 20); bad != nil {
				t.Fatalf("Read of %q = %v; mime/multipart says %v", body, err, bad)
			}
			if bytes.Contains(bytes.ToLower(body), []byte("filename")) {
				return // for files the two differ: here one is a mistake, there it is left out
			}
			values = again.MultipartForm.Value
		}
		compare(t, taken(got), err, withoutEmpty(values))
	})
}

// FuzzFiles sends anything as the files of a form: what is taken for a file is as
// large as it says, within its bounds, and has a name that is no path.
func FuzzFiles(f *testing.F) {
	head := "--x\r\nContent-Disposition: form-data; name=\"one\"; filename="
	for _, rest := range []string{
		"\"a.png\"\r\n\r\n\x89PNG\r\n\x1a\n\r\n--x--", "\"../..\"\r\n\r\n\r\n--x--", "\"\"\r\n\r\n\r\n--x--", "a\r\nContent-Type: text/csv\r\n\r\n1\r\n--x--",
		"a\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41=\r\n\r\n--x--", "a\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; name=many; filename*=UTF-8''%00%2F\r\n\r\n\r\n--x--",
	} {
		f.Add([]byte(head + rest))
	}
	type input struct {
		One  upload.File   `form:"one" maxSize:"100" accept:"image/*,text/*"`
		Many []upload.File `form:"many" maxItems:"2"`
	}
	in := compile(f, reflect.TypeFor[input]())
	f.Fuzz(func(t *testing.T, body []byte) {
		got := input{}
		if err := in.Read(post("multipart/form-data; boundary=x", string(body)), reflect.ValueOf(&got).Elem()); err != nil {
			if _, invalid := errors.AsType[*bind.Invalid](err); !invalid && !isBody(err) {
				t.Errorf("Read of %q = %v, want it to be the caller's mistake", body, err)
			}
			return
		}
		if got.One.Size() > 100 || len(got.Many) > 2 || got.One.Present() && !bytes.Contains(body, []byte("one")) {
			t.Errorf("Read of %q = a file of %d bytes and %d files", body, got.One.Size(), len(got.Many))
		}
		for _, file := range append(got.Many, got.One) {
			if !file.Present() {
				continue
			}
			if r, err := file.Open(); err != nil {
				t.Error(err)
			} else if data, err := io.ReadAll(r); err != nil || int64(len(data)) != file.Size() {
				t.Errorf("a file of %q has %d bytes, and says %d, %v", body, len(data), file.Size(), err)
			}
			if strings.ContainsAny(file.Name(), "/\\\x00\r\n") || !utf8.ValidString(file.Name()) {
				t.Errorf("a file of %q is called %q", body, file.Name())
			}
		}
	})
}

func isBody(err error) bool {
	_, broken := errors.AsType[*bind.BodyError](err)
	_, large := errors.AsType[*http.MaxBytesError](err)
	return broken || large
}

func FuzzHeadersAndCookies(f *testing.F) {
	type input struct {
		Trace string   `header:"X-Trace"`
		Code  []string `header:"X-Code"`
		Theme string   `cookie:"theme"`
	}
	f.Add("abc", "1", "theme=dark; other=1")
	f.Add("\xff", "", `theme="a b"; theme=c`)
	f.Add("", "a,b", "theme=\xff;=;")
	in := compile(f, reflect.TypeFor[input]())
	f.Fuzz(func(t *testing.T, trace, code, cookies string) {
		r, got := get("/"), input{}
		r.Header = http.Header{"X-Trace": {trace}, "X-Code": {code, "x"}, "Cookie": {cookies}}
		err := in.Params(r, reflect.ValueOf(&got).Elem())
		sent := r.CookiesNamed("theme")
		fits := utf8.ValidString(trace) && utf8.ValidString(code) && (len(sent) == 0 || len(sent) == 1 && utf8.ValidString(sent[0].Value))
		switch _, invalid := errors.AsType[*bind.Invalid](err); {
		case fits != (err == nil), err != nil && !invalid:
			t.Errorf("Params of %q, %q, %q = %v", trace, code, cookies, err)
		case err == nil && (got.Trace != trace || !slices.Equal(got.Code, []string{code, "x"}) || len(sent) == 1 && got.Theme != sent[0].Value):
			t.Errorf("Params of %q, %q, %q = %+v", trace, code, cookies, got)
		}
	})
}
