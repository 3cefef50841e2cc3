package identity

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/store/memory"
)

// book is a log that may be read while it is written.
type book struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *book) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(data)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// An application is served, with what stands in front of it, until the context
// ends.
func TestServing(t *testing.T) {
	t.Parallel()
	var log book
	id, app := opened(t, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- id.Serve(ctx, app, listener) }()
	resp, err := http.Get("http://" + listener.Addr().String() + "/healthz") //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	request := resp.Header.Get("X-Request-Id")
	if err != nil || strings.TrimSpace(string(body)) != `{"status":"ok"}` || request == "" {
		t.Errorf("GET /healthz = %s, %v, X-Request-Id %q", body, err, request)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Serve = %v after the context has ended", err)
	}
	for _, want := range []string{"id=" + request, "path=/healthz", "from=127.0.0.1", "hashing is bounded", "requests in progress may finish"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, &log)
		}
	}
}

// What cannot be served is an error at once.
func TestWhatIsNotServed(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{})
	if err := id.ListenAndServe(t.Context(), app, "nonsense"); err == nil || !strings.Contains(err.Error(), "listen on nonsense") {
		t.Errorf("ListenAndServe on nonsense = %v", err)
	}
	wrong := id.NewApp(holdfast.Config{Title: "Wrong"})
	holdfast.Get(wrong, "/healthz", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", nil })
	if err := id.ListenAndServe(t.Context(), wrong, "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "GET /healthz is registered already") {
		t.Errorf("ListenAndServe of two /healthz = %v", err)
	}
}

// Without a file, refusals are kept in memory.
func TestRefusalsInMemory(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{Store: memory.New()})
	answer := holdfasttest.As(t, app, holdfasttest.Served(id.Handler)).Get("/users/me")
	request := answer.Header.Get("X-Request-Id")
	got, err := FindRefusal(t.Context(), id.refusals.store, request)
	if err != nil || got.Route != "GET /users/me" || got.Status != http.StatusUnauthorized {
		t.Fatalf("FindRefusal = %+v, %v", got, err)
	}
	admin := holdfasttest.As(t, app, everyCaller(t, id), roles("admin"), holdfasttest.Scopes(id.config.Scheme.ReadUsers), holdfasttest.Served(id.Handler))
	if got := admin.Get("/refusals/" + request); got.Status != http.StatusOK || !strings.Contains(string(got.Body), `"route":"GET /users/me"`) {
		t.Errorf("GET /refusals/{id} = %v", got)
	}
	last, err := LastRefusals(t.Context(), id.refusals.store, 10)
	if err != nil || len(last) != 1 || last[0].ID != request {
		t.Errorf("LastRefusals = %v, %v", last, err)
	}
}

// Who is served after Close gets an answer, and breaks nothing.
func TestAfterClose(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{})
	if err := id.Close(); err != nil {
		t.Fatal(err)
	}
	for range refusalQueue + 2 {
		if got := holdfasttest.As(t, app, holdfasttest.Served(id.Handler)).Get("/users/me"); got.Status != http.StatusUnauthorized {
			t.Fatalf("GET /users/me = %v", got)
		}
	}
	if err := id.Close(); err != nil {
		t.Errorf("Close again = %v", err)
	}
}

// A command adds users without keys and without a URL.
func TestOpenAccounts(t *testing.T) {
	t.Parallel()
	store := memory.New()
	config := quick(t, Config{Store: store})
	config.URL = ""
	accounts, err := OpenAccounts(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	roles, err := accounts.Roles(t.Context())
	if err != nil || len(roles) != 4 {
		t.Errorf("Roles = %v, %v, want the built-in ones", roles, err)
	}
	if keys, err := store.Keys(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("OpenAccounts has made keys: %v, %v", keys, err)
	}
	if err := accounts.Close(); err != nil {
		t.Error(err)
	}
	if _, err := OpenAccounts(t.Context(), Config{Scheme: NewScheme()}); err == nil {
		t.Error("OpenAccounts without a store = nil")
	}
}
