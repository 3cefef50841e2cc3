package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/oauth"
)

const formType = "application/x-www-form-urlencoded"

// failure is the body of an error.
type failure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Detail      string `json:"detail"`
}

// sends sends a request as it is, and fails the test unless its answer is an error
// as RFC 6749 section 5.2 has it.
func (s *server) sends(r *http.Request) (int, failure) {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.checked.ServeHTTP(w, r)
	var out failure
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		s.t.Errorf("%s %s = %d %s: %v", r.Method, r.URL, w.Code, w.Body, err)
	}
	if out.Error == "" || out.Description == "" || out.Detail != out.Description {
		s.t.Errorf("%s %s = %d %s, want error, error_description and the same as detail", r.Method, r.URL, w.Code, w.Body)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		s.t.Errorf("%s %s = %d, Cache-Control %q, want no-store", r.Method, r.URL, w.Code, got)
	}
	if kind := w.Header().Get("Content-Type"); kind != "application/json" {
		s.t.Errorf("%s %s = %d, Content-Type %q", r.Method, r.URL, w.Code, kind)
	}
	for _, c := range []byte(out.Error + out.Description) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			s.t.Errorf("%s %s = %d %s: the letter %q may not be there (RFC 6749 section 5.2)", r.Method, r.URL, w.Code, w.Body, c)
		}
	}
	return w.Code, out
}

// badRequests are such that none of the endpoints can do anything with.
var badRequests = map[string]struct {
	kind, body string
	status     int
	says       string // what is wrong
}{
	"JSON":                           {"application/json", `{"grant_type":"password"}`, 400, "The body is JSON, and a form is wanted"},
	"JSON that is said to be more":   {"application/problem+json", `{}`, 400, "a form is wanted"},
	"JSON that is said to be a form": {formType, `{"grant_type":"password"}`, 400, "The parameter"},
	"parts":                          {"multipart/form-data; boundary=x", "--x--\r\n", 400, "multipart/form-data"},
	"text":                           {"text/plain", "token=x&grant_type=x", 400, "Content-Type"},
	"no type":                        {"", "token=x&grant_type=x", 400, "Content-Type is missing"},
	"half a type":                    {"application/", "token=x&grant_type=x", 400, "Content-Type"},
	"another charset":                {formType + "; charset=iso-8859-1", "token=x&grant_type=x", 400, "UTF-8"},
	"one parameter twice":            {formType, "client_id=a&token=x&grant_type=x&client_id=a", 400, "The parameter client_id is given more than once"},
	"a secret twice":                 {formType, "token=x&token=x&grant_type=x&grant_type=x", 400, "is given more than once"},
	"a broken escape":                {formType, "token=%zz&grant_type=%zz", 400, "not form-encoded"},
	"an escape that is cut off":      {formType, "token=%&grant_type=%", 400, "not form-encoded"},
	"a value that is not UTF-8":      {formType, "token=%ff&grant_type=%ff", 400, "is not UTF-8"},
	"a name that is not UTF-8":       {formType, "%c3=x&token=x&grant_type=x", 400, "is not UTF-8"},
	"a letter of two bytes, halved":  {formType, "token=\xc3&grant_type=\xc3", 400, "is not UTF-8"},
	"too large a form":               {formType, "token=" + strings.Repeat("x", 17<<10), 413, "The form is larger than 16384 bytes"},
	"nothing":                        {formType, "", 400, "The parameter"},
	"nothing and no type":            {"", "", 400, "The parameter"},
	"nothing but empty ones":         {formType, "token=&grant_type=&username=&password=", 400, "The parameter"},
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *oauth.Config) { c.NoPasswordGrant = true })
	for _, path := range []string{"/token", "/revoke", "/introspect"} {
		for name, test := range badRequests {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(test.body))
			if test.kind != "" {
				r.Header.Set("Content-Type", test.kind)
			}
			if path == "/introspect" {
				r.SetBasicAuth("a+shop", "its+secret%3A+100+%25+safe+%2B+sound")
			}
			status, got := s.sends(r)
			if status != test.status || got.Error != "invalid_request" || !strings.Contains(got.Description, test.says) {
				t.Errorf("POST %s with %s = %d %+v, want %d invalid_request %q", path, name, status, got, test.status, test.says)
			}
		}
	}
}

// A password that was sent by mistake is not repeated in the answer.
func TestARefusalDoesNotRepeatASecret(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, form := range []string{
		"username=anna&password=my+secret%ff", "username=anna&password=my+secret&password=my+secret",
		"username=anna&password=my+secret&username=anna", "my+secret=%ff", "grant_type=my+secret&password=my+secret",
	} {
		r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form))
		r.Header.Set("Content-Type", formType)
		if status, got := s.sends(r); status != 400 || strings.Contains(got.Description, "my secret") {
			t.Errorf("POST /token %s = %d %+v", form, status, got)
		}
	}
}

// What the RFC says is not sent, an endpoint does not see.
func TestEmptyAndUnknownParameters(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, form := range map[string]string{
		"empty ones":           login + "&scope=&client_id=&client_secret=&resource=&grant_type=",
		"empty beside full":    login + "&scope=&scope=me&username=",
		"unknown ones":         login + "&audience=a&audience=b&%3Cscript%3E=1",
		"a name in other case": login + "&Grant_Type=implicit&SCOPE=me&PASSWORD=x",
		"in the address":       "?" + login,
	} {
		target := "/token"
		if query, ok := strings.CutPrefix(form, "?"); ok {
			target, form = "/token?"+query+"&grant_type=refresh_token&username=eve", query
		}
		if w := s.call("POST", target, "", form); w.Code != http.StatusOK {
			t.Errorf("%s: POST %s %s = %d %s, want 200", name, target, form, w.Code, w.Body)
		}
	}
}

func TestOtherMethods(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range []string{"/token", "/revoke", "/introspect"} {
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
			w := httptest.NewRecorder()
			s.app.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
				t.Errorf("%s %s = %d, Allow %q, want 405 and POST", method, path, w.Code, w.Header().Get("Allow"))
			}
		}
	}
}

// Neither the framework's 422 nor its 415 is among what the document says of these
// endpoints, and every error has one shape.
func TestTheDocumentSpeaksTheProtocol(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	data, err := s.app.OpenAPI()
	check(t, err)
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
			RequestBody struct {
				Content map[string]any
			}
		}
	}
	check(t, json.Unmarshal(data, &doc))
	for path, want := range map[string][]string{
		"/token":      {"200", "400", "401", "413", "429", "503", "default"},
		"/revoke":     {"200", "400", "401", "413", "503", "default"},
		"/introspect": {"200", "400", "401", "413", "503", "default"},
	} {
		op := doc.Paths[path]["post"]
		var have []string
		for status, answer := range op.Responses {
			have = append(have, status)
			if ref := answer.Content["application/json"].Schema.Ref; status != "200" && ref != "#/components/schemas/TokenError" {
				t.Errorf("POST %s: a %s is %q, want TokenError", path, status, ref)
			}
		}
		slices.Sort(have)
		if !slices.Equal(have, want) {
			t.Errorf("POST %s answers %v, want %v", path, have, want)
		}
		if _, ok := op.RequestBody.Content[formType]; !ok || len(op.RequestBody.Content) != 1 {
			t.Errorf("POST %s takes %v, want a form alone", path, op.RequestBody.Content)
		}
	}
}

// Where the grant is off, everything says so, and what to do.
func TestWithoutThePasswordGrant(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *oauth.Config) { c.NoPasswordGrant = true })
	for form, want := range map[string]string{
		"grant_type=password&" + login: "unsupported_grant_type",
		login:                          "invalid_request",
	} {
		r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form))
		r.Header.Set("Content-Type", formType)
		status, got := s.sends(r)
		if status != 400 || got.Error != want || want == "unsupported_grant_type" && !strings.Contains(got.Description, "holdfast login") {
			t.Errorf("POST /token %s = %d %+v, want 400 %s", form, status, got, want)
		}
	}
	if w := s.call("GET", "/.well-known/oauth-authorization-server", "", ""); strings.Contains(w.Body.String(), "password") {
		t.Errorf("the metadata: %s, want no password", w.Body)
	}
	data, err := s.app.OpenAPI()
	check(t, err)
	if strings.Contains(string(data), `"tokenUrl"`) {
		t.Errorf("the document offers a flow with a tokenUrl:\n%s", data)
	}
	on := newServer(t)
	if data, err = on.app.OpenAPI(); err != nil || !strings.Contains(string(data), `"tokenUrl":"token"`) {
		t.Errorf("where the grant is on, the document does not offer it: %v", err)
	}
}
