package strictform_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/holdfast-go/holdfast/internal/strictform"
)

// known has one parameter that stands alone and one that may be repeated.
func known(name string) (is, many bool) {
	return name == "scope" || name == "resource", name == "resource"
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want url.Values
		err  string
	}{
		"nothing":                               {"", url.Values{}, ""},
		"one parameter":                         {"scope=a+b%20c", url.Values{"scope": {"a b c"}}, ""},
		"pairs of nothing are skipped":          {"&&scope=a&", url.Values{"scope": {"a"}}, ""},
		"a value may have an equals sign":       {"scope=a=b", url.Values{"scope": {"a=b"}}, ""},
		"an encoded name is the name":           {"sc%6Fpe=a", url.Values{"scope": {"a"}}, ""},
		"an empty one is as if left out":        {"scope=", url.Values{}, ""},
		"one without = is as if left out":       {"scope", url.Values{}, ""},
		"an empty one beside a full one":        {"scope=&scope=a", url.Values{"scope": {"a"}}, ""},
		"unknown ones are ignored":              {"state=1&state=2&scope=a", url.Values{"scope": {"a"}}, ""},
		"names in other case are other names":   {"Scope=b&scope=a", url.Values{"scope": {"a"}}, ""},
		"one that may be repeated":              {"resource=a&resource=b", url.Values{"resource": {"a", "b"}}, ""},
		"a semicolon is a letter":               {"scope=a;scope=b", url.Values{"scope": {"a;scope=b"}}, ""},
		"a repeated one is refused":             {"scope=a&scope=a", nil, "the parameter scope is given more than once"},
		"a repeated one in two spellings":       {"scope=a&%73cope=b", nil, "the parameter scope is given more than once"},
		"a broken value":                        {"scope=%zz", nil, "the value of the parameter scope is not form-encoded (a % without two hexadecimal digits)"},
		"a value cut short":                     {"scope=%a", nil, "the value of the parameter scope is not form-encoded (a % without two hexadecimal digits)"},
		"a broken name":                         {"%=a", nil, "the name of a parameter is not form-encoded (a % without two hexadecimal digits)"},
		"a broken value of an unknown one":      {"état=%", nil, "the value of a parameter is not form-encoded (a % without two hexadecimal digits)"},
		"a value that is not UTF-8":             {"scope=%ff", nil, "the value of the parameter scope is not UTF-8"},
		"a value that is not UTF-8, unencoded":  {"scope=\xff", nil, "the value of the parameter scope is not UTF-8"},
		"a name that is not UTF-8":              {"%ff=a", nil, "the name of a parameter is not UTF-8"},
		"half of a surrogate":                   {"scope=%ed%a0%80", nil, "the value of the parameter scope is not UTF-8"},
		"a name that is too long to be shown":   {strings.Repeat("a", 99) + "=%ff", nil, "the value of a parameter is not UTF-8"},
		"a broken value of one without a name":  {"=%ff", nil, "the value of a parameter is not UTF-8"},
		"a name of somebody's own is not shown": {"%3Cb%3E=%ff", nil, "the value of a parameter is not UTF-8"},
	} {
		got, err := strictform.Parse(test.text, known)
		wrong, _ := errors.AsType[*strictform.Error](err)
		switch {
		case test.err == "" && (err != nil || !reflect.DeepEqual(got, test.want)):
			t.Errorf("%s: Parse(%q) = %v, %v, want %v", name, test.text, got, err, test.want)
		case test.err != "" && (wrong == nil || wrong.Text != test.err):
			t.Errorf("%s: Parse(%q) = %v, %v, want the error %q", name, test.text, got, err, test.err)
		}
	}
}

func TestCheckType(t *testing.T) {
	t.Parallel()
	const form = strictform.MediaType
	for name, test := range map[string]struct {
		kind []string
		body string
		want string
	}{
		"a form":                        {[]string{form}, "a=b", ""},
		"a form in UTF-8":               {[]string{form + "; charset=UTF-8"}, "a=b", ""},
		"in capitals":                   {[]string{strings.ToUpper(form)}, "a=b", ""},
		"an empty one":                  {[]string{form}, "", ""},
		"nothing at all":                {nil, "", ""},
		"a body of no type":             {nil, "a=b", "the Content-Type is missing"},
		"JSON":                          {[]string{"application/json"}, "{}", "the body is JSON, and a form is wanted"},
		"JSON of a kind":                {[]string{"application/vnd.api+json; charset=utf-8"}, "{}", "the body is JSON, and a form is wanted"},
		"a form in parts":               {[]string{"multipart/form-data; boundary=x"}, "--x--", "the body is multipart/form-data"},
		"text":                          {[]string{"text/plain"}, "a=b", "the Content-Type must be " + form},
		"half of a type":                {[]string{"application"}, "a=b", "the Content-Type must be " + form},
		"a type with a broken end":      {[]string{form + "; charset"}, "a=b", "the Content-Type must be " + form},
		"another charset":               {[]string{form + "; charset=utf-16"}, "a=b", "the charset of the form must be UTF-8"},
		"two types":                     {[]string{form, form}, "a=b", "there is more than one Content-Type"},
		"a type of a body that is none": {[]string{"application/json"}, "", "the body is JSON, and a form is wanted"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
		r.Header["Content-Type"] = test.kind
		if err := strictform.CheckType(r); (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x"))
	r.Header.Set("Content-Type", form)
	r.Header.Set("Content-Encoding", "gzip")
	if err := strictform.CheckType(r); err == nil || err.Error() != "the body must not be encoded or compressed" {
		t.Errorf("a compressed form: %v", err)
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	type plain struct{ A string }
	type strict struct {
		strictform.Strict
		plain
	}
	type named struct{ Strict strictform.Strict }
	if !strictform.Marks(reflect.TypeFor[strict]()) || strictform.Marks(reflect.TypeFor[plain]()) || strictform.Marks(reflect.TypeFor[named]()) {
		t.Error("Marks does not tell a struct that embeds Strict from others")
	}
}

// What is read is valid text, known, alone where it must be, and the same when it is
// read once more as it would be written. An error is of ASCII that RFC 6749 allows.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"scope=a&resource=b&resource=c", "scope=a&scope=b", "%ff=%", "&=&", "scope=%00+%2B"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := strictform.Parse(text, known)
		if err != nil {
			for _, c := range []byte(err.Error()) {
				if c < ' ' || c > '~' || c == '"' || c == '\\' {
					t.Fatalf("Parse(%q): the error %q has the letter %q", text, err, c)
				}
			}
			return
		}
		for name, values := range got {
			is, many := known(name)
			if !is || len(values) > 1 && !many {
				t.Fatalf("Parse(%q) has %d of %q", text, len(values), name)
			}
			for _, value := range values {
				if value == "" || !utf8.ValidString(value) {
					t.Fatalf("Parse(%q) has the value %q", text, value)
				}
			}
		}
		if again, err := strictform.Parse(got.Encode(), known); err != nil || !reflect.DeepEqual(again, got) {
			t.Fatalf("Parse(%q) = %v, and written and read again %v, %v", text, got, again, err)
		}
		if usual, err := url.ParseQuery(text); err == nil && len(got["scope"]) == 1 && !contains(usual["scope"], got.Get("scope")) {
			t.Fatalf("Parse(%q) = %v, and url.ParseQuery %v", text, got, usual)
		}
	})
}

func contains(list []string, one string) bool {
	for _, have := range list {
		if have == one {
			return true
		}
	}
	return false
}
