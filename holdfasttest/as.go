package holdfasttest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/access"
)

// Client calls an application in process, as one caller.
type Client struct {
	t       testing.TB
	app     http.Handler
	present Credential
}

// Response is an answer to a [Client].
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// JSON reads the body into a value of type T, or fails the test.
func JSON[T any](t testing.TB, r Response) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(r.Body), &value); err != nil {
		t.Fatalf("the answer %d %q is no JSON for %T: %v", r.Status, r.Body, value, err)
	}
	return value
}

// As is a client that calls as somebody:
//
//	bob := holdfasttest.As(t, app, callers, holdfasttest.User("bob"))
//	bob.Get("/items/")
//
// The callers mint the credential. A client without a user, role, scope or
// kind presents no credential. Within testing/synctest a credential expires
// without anybody sleeping.
func As(t testing.TB, app *holdfast.App, who ...Option) *Client {
	t.Helper()
	s := newSettings(who)
	document, err := documentOf(app)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{t: t, app: s.front(app, func(app http.Handler) http.Handler { return app })}
	nameless := s.who.Kind == Good && !s.who.Machine && s.who.User == "" && s.who.Roles == nil && !s.scoped
	if nameless {
		return c
	}
	if !s.scoped {
		s.who.Scopes = scopesOf(document, s.who)
	}
	if c.present, err = s.mint(t.Context(), s.who); err != nil {
		t.Fatalf("holdfasttest.As: %v", err)
	}
	return c
}

// scopesOf are the scopes that come with a caller's roles; all of them if no
// role was named.
func scopesOf(d access.Document, who Caller) []string {
	if who.Roles == nil {
		return d.ScopeNames()
	}
	var out []string
	for _, role := range who.Roles {
		out = append(out, d.Grants(role)...)
	}
	return out
}

// documentOf is the application's table.
func documentOf(app *holdfast.App) (access.Document, error) {
	var text bytes.Buffer
	if err := app.WriteAccessJSON(&text); err != nil {
		return access.Document{}, err
	}
	return access.Read(&text)
}

// Get calls GET.
func (c *Client) Get(path string) Response { c.t.Helper(); return c.Do(http.MethodGet, path, nil) }

// Post calls POST with a body: nil for none, a string for a form, anything
// else as JSON.
func (c *Client) Post(path string, body any) Response {
	c.t.Helper()
	return c.Do(http.MethodPost, path, body)
}

// Put calls PUT with a body as Post has it.
func (c *Client) Put(path string, body any) Response {
	c.t.Helper()
	return c.Do(http.MethodPut, path, body)
}

// Patch calls PATCH with a body as Post has it.
func (c *Client) Patch(path string, body any) Response {
	c.t.Helper()
	return c.Do(http.MethodPatch, path, body)
}

// Delete calls DELETE.
func (c *Client) Delete(path string) Response {
	c.t.Helper()
	return c.Do(http.MethodDelete, path, nil)
}

// Do calls a method with a body as Post has it.
func (c *Client) Do(method, path string, body any) Response {
	c.t.Helper()
	var reader io.Reader
	kind := ""
	switch body := body.(type) {
	case nil:
	case string:
		reader, kind = strings.NewReader(body), "application/x-www-form-urlencoded"
	default:
		data, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		reader, kind = bytes.NewReader(data), "application/json"
	}
	r := httptest.NewRequestWithContext(c.t.Context(), method, path, reader)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if c.present.Apply != nil {
		c.present.Apply(r)
	}
	w := httptest.NewRecorder()
	c.app.ServeHTTP(w, r)
	return Response{Status: w.Code, Header: w.Header(), Body: w.Body.String()}
}
