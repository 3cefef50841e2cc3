package otel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/otel"
)

// canaries is a server that is observed, with all that it has given out or was sent.
type canaries struct {
	t       *testing.T
	id      *identity.Identity
	handler http.Handler
	secrets map[string]string
	calls   int
}

// call sends a request, and returns the answer's fields.
func (c *canaries) call(want int, method, target, token, kind, body string) map[string]any {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Referer", "http://127.0.0.1:8000"+target)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if c.calls++; w.Code != want {
		c.t.Fatalf("%s %s = %d %s, want %d", method, target, w.Code, w.Body, want)
	}
	out := map[string]any{}
	_ = json.Unmarshal(w.Body.Bytes(), &out)
	for _, name := range []string{"access_token", "refresh_token", "key", "client_secret"} {
		if text, ok := out[name].(string); ok {
			c.secrets[fmt.Sprintf("%s of %s, no. %d", name, method, len(c.secrets))] = text
		}
	}
	return out
}

const form = "application/x-www-form-urlencoded"

// live does what gives secrets out and takes them, well and wrongly.
func (c *canaries) live() {
	c.t.Helper()
	const password, wrong, next = "correct horse battery", "glass marbles rolling", "quiet lanterns drift"
	c.secrets["a password"], c.secrets["a wrong password"], c.secrets["the next password"] = password, wrong, next
	ann, err := c.id.Accounts().CreateUser(c.t.Context(), account.NewUser{Name: "ann", Password: password, Roles: []string{"admin"}})
	if err != nil {
		c.t.Fatal(err)
	}
	got := c.call(http.StatusOK, http.MethodPost, "/token", "", form, url.Values{"username": {"ann"}, "password": {password}, "scope": {"me keys:write clients:write"}}.Encode())
	token := fmt.Sprint(got["access_token"])
	c.call(http.StatusBadRequest, http.MethodPost, "/token", "", form, url.Values{"username": {"ann"}, "password": {wrong}}.Encode())
	c.call(http.StatusOK, http.MethodPost, "/token", "", form, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {fmt.Sprint(got["refresh_token"])}}.Encode())
	key := c.call(http.StatusCreated, http.MethodPost, "/users/me/keys", token, "application/json", `{"name":"x","scopes":["me"]}`)
	c.call(http.StatusOK, http.MethodGet, "/users/me", fmt.Sprint(key["key"]), form, "")
	c.call(http.StatusCreated, http.MethodPost, "/clients", token, "application/json", `{"client_id":"robot","client_name":"Robot","grant_types":["client_credentials"],"scope":"me"}`)
	c.call(http.StatusUnauthorized, http.MethodGet, "/users/me?access_token="+url.QueryEscape(token), "", form, "")
	c.call(http.StatusUnauthorized, http.MethodGet, "/users/me", token[:len(token)-4]+"AAAA", form, "")
	c.call(http.StatusNotFound, http.MethodGet, "/nowhere?token="+url.QueryEscape(token), "", form, "")
	c.call(http.StatusInternalServerError, http.MethodPost, "/panics?key="+url.QueryEscape(fmt.Sprint(key["key"])), token, "application/json", `{"password":"`+next+`"}`)
	link, err := c.id.ResetLink(c.t.Context(), ann.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	_, once, _ := strings.Cut(link, "?secret=")
	c.secrets["the secret of a link"] = once
	c.call(http.StatusOK, http.MethodGet, "/reset?secret="+once, "", form, "")
	c.call(http.StatusOK, http.MethodPost, "/reset", "", form, url.Values{"secret": {once}, "password": {next}, "again": {next}}.Encode())
}

// No span, event, status or metric has a secret, wherever in a request that was, and
// whether the request went well, was refused or panicked.
func TestNoSecretIsTold(t *testing.T) {
	t.Parallel()
	id, app := opened(t)
	type in struct {
		Body struct {
			Password string `json:"password"`
		}
	}
	holdfast.Post(app, "/panics", holdfast.Security(id.Caller()), func(_ context.Context, _ identity.Caller, in in) (string, error) {
		return strings.Fields(in.Body.Password)[len(in.Body.Password)], nil // there are not so many
	})
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	seen, read := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	otel.Observe(app, otel.Config{Traces: trace.NewTracerProvider(trace.WithSyncer(seen)), Metrics: metric.NewMeterProvider(metric.WithReader(read))})
	c := &canaries{t: t, id: id, handler: id.Handler(app), secrets: map[string]string{}}
	c.live()

	var told strings.Builder
	for _, span := range seen.GetSpans() {
		fmt.Fprintf(&told, "%s %v %v %v %v %v\n", span.Name, span.Attributes, span.Events, span.Status, span.Links, span.SpanContext.TraceState())
	}
	var metrics metricdata.ResourceMetrics
	if err := read.Collect(t.Context(), &metrics); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(metrics)
	if err != nil {
		t.Fatal(err)
	}
	told.Write(text)
	if n := len(seen.GetSpans()); n < 3*c.calls || len(text) < 5000 || len(c.secrets) < 10 || !strings.Contains(told.String(), "/reset") {
		t.Fatalf("too little was looked at: %d spans of %d calls, %d bytes of metrics, %d secrets", n, c.calls, len(text), len(c.secrets))
	}
	for what, secret := range c.secrets {
		for _, form := range []string{secret, url.QueryEscape(secret)} {
			if strings.Contains(told.String(), form) {
				t.Errorf("%s was told", what)
			}
		}
	}
}
