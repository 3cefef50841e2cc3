package identity

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// TestEveryStep refuses a caller for every reason that there is and reads why.
func TestEveryStep(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "test.db")
	store, err := sqlite.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	id, app := opened(t, Config{Store: store})
	callers := everyCaller(t, id)
	const ok, no, unknown = "✓", "✗", "·"
	// credential, signature, type, expiry, issuer, audience, revocation, user
	// active, scopes, roles
	for name, test := range map[string]struct {
		who    []holdfasttest.Option
		steps  string
		detail string
		change string
	}{
		"nobody":         {nil, no + strings.Repeat(unknown, 9), "", "a good access token, from POST /token, or an API key"},
		"garbage":        {of(holdfasttest.Garbage), ok + no + strings.Repeat(unknown, 8), "it is no token", "a good access token, from POST /token, or an API key"},
		"wrong type":     {of(holdfasttest.WrongType), ok + ok + no + strings.Repeat(unknown, 7), "it is no access token", "a good access token, from POST /token, or an API key"},
		"expired":        {of(holdfasttest.Expired), ok + ok + ok + no + strings.Repeat(unknown, 6), "it has expired", "a good access token, from POST /token, or an API key"},
		"wrong issuer":   {of(holdfasttest.WrongIssuer), strings.Repeat(ok, 4) + no + strings.Repeat(unknown, 5), "another issuer", "a good access token, from POST /token, or an API key"},
		"wrong audience": {of(holdfasttest.WrongAudience), strings.Repeat(ok, 5) + no + strings.Repeat(unknown, 4), "it is for another audience", "a good access token, from POST /token, or an API key"},
		"revoked":        {of(holdfasttest.Revoked), strings.Repeat(ok, 6) + no + strings.Repeat(unknown, 3), "its session has ended", "a good access token, from POST /token, or an API key"},
		"disabled":       {of(holdfasttest.DisabledUser), strings.Repeat(ok, 7) + no + strings.Repeat(unknown, 2), "the user is disabled", "a good access token, from POST /token, or an API key"},
		"no scope":       {[]holdfasttest.Option{holdfasttest.User("mia"), roles("admin"), holdfasttest.Scopes()}, strings.Repeat(ok, 8) + no + ok, "the caller has none of them", "a token that carries scope users:write"},
		"no role":        {[]holdfasttest.Option{holdfasttest.User("eve"), roles("manager")}, strings.Repeat(ok, 8) + no + no, "the caller has none of them", "a token that carries scope users:write, and the role admin"},
	} {
		t.Run(name, func(t *testing.T) {
			who := append([]holdfasttest.Option{callers, holdfasttest.Served(id.Handler)}, test.who...)
			answer := holdfasttest.As(t, app, who...).Delete("/users/7?token=hunter2")
			request := answer.Header.Get("X-Request-Id")
			body := holdfasttest.JSON[map[string]any](t, answer)
			if body["request"] != request || request == "" {
				t.Errorf("the answer %s does not name its request %q", answer.Body, request)
			}
			file, err := sqlite.ReadRefusals(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			got, err := FindRefusal(t.Context(), file, request)
			if err != nil {
				t.Fatal(err)
			}
			marks, details := "", []string{}
			for i, s := range got.Steps {
				if s.Way != got.Steps[0].Way {
					if rest := got.Steps[i:]; name != "nobody" && (len(rest) != 1 || s.Text != "a credential of APIKey" || s.State != stateFailed) {
						t.Errorf("of an API key, which none has presented, there is %+v", rest)
					}
					break
				}
				marks += map[string]string{stateOK: ok, stateFailed: no, stateUnknown: unknown}[s.State]
				details = append(details, s.Detail)
			}
			if marks != test.steps || !slices.Contains(details, test.detail) || got.Change != test.change {
				t.Errorf("steps %s %q, change %q\nwant  %s %q, change %q", marks, details, got.Change, test.steps, test.detail, test.change)
			}
			if got.Route != "DELETE /users/{id}" || got.Path != "/users/7" || !strings.HasPrefix(got.Declared, "accountapi/accountapi.go:") {
				t.Errorf("refusal = %+v", got)
			}
		})
	}
	if err := id.Close(); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(sqlite.RefusalsOf(db) + suffix)
		if err == nil && (strings.Contains(string(data), "hunter2") || strings.Contains(string(data), "eyJ")) {
			t.Errorf("a secret is in %s%s", sqlite.RefusalsOf(db), suffix)
		}
	}
}

func of(kind holdfasttest.Kind) []holdfasttest.Option {
	return []holdfasttest.Option{holdfasttest.Of(kind), roles("admin", "manager", "user")}
}

// roles are roles of the server by name.
func roles(names ...string) holdfasttest.Option {
	var out []holdfast.Role
	for _, name := range names {
		out = append(out, holdfast.NewRole(name, ""))
	}
	return holdfasttest.Role(out...)
}

// TestRefusalsNeverWait floods the queue while nothing is written.
func TestRefusalsNeverWait(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{})
	stuck := &refusalLog{now: time.Now, queue: make(chan noted, refusalQueue)}
	app.OnDecision(stuck.keep)
	handler := id.Handler(app)
	for range 3 * refusalQueue {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/users/me", nil))
		if w.Code != http.StatusUnauthorized {
			t.Fatalf("GET /users/me = %d %s", w.Code, w.Body)
		}
	}
	if got := stuck.dropped.Load(); got != 2*refusalQueue {
		t.Errorf("%d refusals were dropped, want %d", got, 2*refusalQueue)
	}
}

// BenchmarkRefusal is a refused request that is kept, and one that is not.
func BenchmarkRefusal(b *testing.B) {
	for _, kept := range []bool{false, true} {
		b.Run(fmt.Sprintf("kept=%v", kept), func(b *testing.B) {
			id, app := opened(b, Config{Store: memory.New()})
			if !kept {
				app.OnDecision(nil)
			}
			handler := id.Handler(app)
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/me", nil))
			}
		})
	}
}

// A list of refusals has a line for each, also where the caller is unknown.
func TestWriteRefusals(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	var out strings.Builder
	err := WriteRefusals(&out, []Refusal{
		{ID: "R2", Time: at, Method: "GET", Path: "/users", Status: 401, Change: "a good access token"},
		{ID: "R1", Time: at, Caller: "mia", Method: "DELETE", Path: "/users/7", Status: 403, Change: "the role admin"},
	})
	want := strings.TrimPrefix(`
TIME                  REQUEST  CALLER  CALLED           STATUS  MISSING
2030-01-02T03:04:05Z  R2       -       GET /users       401     a good access token
2030-01-02T03:04:05Z  R1       mia     DELETE /users/7  403     the role admin
`, "\n")
	if err != nil || out.String() != want {
		t.Errorf("WriteRefusals = %v\n%swant\n%s", err, out.String(), want)
	}
}
