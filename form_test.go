package holdfast_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// login is what an application understood of a form.
type login struct {
	GrantType, Username, Password, ClientID, ClientSecret string
	Scopes                                                []string
}

func forms() *holdfast.App {
	app := quiet()
	holdfast.Post(app, "/lenient", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, f holdfast.OAuth2PasswordRequestForm) (login, error) {
		return login{f.GrantType, f.Username, f.Password, f.ClientID, f.ClientSecret, f.Scopes()}, nil
	})
	holdfast.Post(app, "/strict", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, f holdfast.OAuth2PasswordRequestFormStrict) (login, error) {
		return login{f.GrantType, f.Username, f.Password, f.ClientID, f.ClientSecret, f.Scopes()}, nil
	})
	return app
}

func missing(fields ...string) string {
	var list []string
	for _, field := range fields {
		list = append(list, `{"type":"missing","loc":["body","`+field+`"],"msg":"Field required","input":null}`)
	}
	return `{"detail":[` + strings.Join(list, ",") + `]}`
}

func mismatch(value string) string {
	return `{"detail":[{"type":"string_pattern_mismatch","loc":["body","grant_type"],"msg":"String should match pattern '^password$'","input":"` + value + `","ctx":{"pattern":"^password$"}}]}`
}

const (
	urlencoded = "application/x-www-form-urlencoded"
	multipart  = "multipart/form-data; boundary=x"
)

func TestPasswordForms(t *testing.T) {
	t.Parallel()
	const amy = `{"GrantType":"password","Username":"amy","Password":"secret","ClientID":"","ClientSecret":"","Scopes":[]}`
	tests := map[string]struct {
		kind, body      string
		lenient, strict string
	}{
		"all of it": {urlencoded, "grant_type=password&username=amy&password=secret", amy, amy},
		"the grant type may be left out": {
			urlencoded, "username=amy&password=secret", strings.Replace(amy, `"password"`, `""`, 1), missing("grant_type"),
		},
		"an empty grant type is none": {
			urlencoded, "grant_type=&username=amy&password=secret", strings.Replace(amy, `"password"`, `""`, 1), missing("grant_type"),
		},
		"another grant type":           {urlencoded, "grant_type=Password&username=amy&password=secret", mismatch("Password"), mismatch("Password")},
		"one with something behind it": {urlencoded, "grant_type=passwordblah&username=amy&password=secret", mismatch("passwordblah"), mismatch("passwordblah")},
		"one with a line behind it":    {urlencoded, "grant_type=password%0A&username=amy&password=secret", mismatch(`password\n`), mismatch(`password\n`)},
		"nothing at all":               {"", "", missing("username", "password"), missing("grant_type", "username", "password")},
		"an empty name":                {urlencoded, "grant_type=password&username=&password=secret", missing("username"), missing("username")},
		"an empty password":            {urlencoded, "grant_type=password&username=amy&password=", missing("password"), missing("password")},
		"JSON is no form":              {"application/json", `{"username":"amy","password":"secret"}`, missing("username", "password"), missing("grant_type", "username", "password")},
		"scopes are split at white space": {
			urlencoded, "grant_type=password&username=amy&password=secret&scope=+a++b%09c%0Aa+",
			strings.Replace(amy, `[]`, `["a","b","c","a"]`, 1), strings.Replace(amy, `[]`, `["a","b","c","a"]`, 1),
		},
		"a multipart form": {
			multipart, "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\namy\r\n" +
				"--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nsecret\r\n" +
				"--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\npassword\r\n--x--\r\n", amy, amy,
		},
		"a field given twice is refused, and not shown": {
			urlencoded, "grant_type=password&username=amy&password=secret&password=hunter2",
			`{"detail":[{"type":"repeated","loc":["body","password"],"msg":"Field given more than once"}]}`,
			`{"detail":[{"type":"repeated","loc":["body","password"],"msg":"Field given more than once"}]}`,
		},
	}
	app := forms()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for path, want := range map[string]string{"/lenient": test.lenient, "/strict": test.strict} {
				r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(test.body))
				r.Header.Set("Content-Type", test.kind)
				w := httptest.NewRecorder()
				app.ServeHTTP(w, r)
				status := http.StatusOK
				if strings.HasPrefix(want, `{"detail"`) {
					status = http.StatusUnprocessableEntity
				}
				if got := strings.Replace(w.Body.String(), `"Scopes":null`, `"Scopes":[]`, 1); w.Code != status || got != want {
					t.Errorf("POST %s = %d %s, want %d %s", path, w.Code, got, status, want)
				}
			}
		})
	}
}

// Only JSON bodies are strict about what they do not know, and a form that is sent
// as something else is one without fields: both as in FastAPI.
func TestUnknownParametersAndFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	type fields struct {
		Name string `form:"name" required:"true"`
	}
	type page struct {
		Skip int `query:"skip"`
	}
	app := quiet()
	holdfast.Post(app, "/form", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in fields) (string, error) { return in.Name, nil })
	holdfast.Post(app, "/json", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in newItem) (string, error) { return in.Body.Name, nil })
	holdfast.Get(app, "/query", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in page) (int, error) { return in.Skip, nil })
	const form, json = "application/x-www-form-urlencoded", "application/json"
	for name, test := range map[string]struct {
		method, target, kind, body string
		status                     int
		want                       string
	}{
		"a field of a form":     {"POST", "/form", form, "name=a&other=b", 200, `"a"`},
		"a query parameter":     {"GET", "/query?skip=3&utm_source=x", "", "", 200, "3"},
		"a member of a body":    {"POST", "/json", json, `{"name":"a","other":1}`, 422, `"extra_forbidden"`},
		"JSON for a form":       {"POST", "/form", json, `{"name":"a"}`, 422, `"loc":["body","name"],"msg":"Field required"`},
		"a form for JSON":       {"POST", "/json", form, "name=a", 415, "Content-Type must be application/json"},
		"a type that is no one": {"POST", "/form", "text/plain", "name=a", 422, `"missing"`},
	} {
		r := httptest.NewRequest(test.method, test.target, strings.NewReader(test.body))
		if test.kind != "" {
			r.Header.Set("Content-Type", test.kind)
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s: %d %s, want %d with %s", name, w.Code, w.Body, test.status, test.want)
		}
	}
}
