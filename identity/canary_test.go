package identity

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/pgtest"
	"github.com/holdfast-go/holdfast/metrics"
	"github.com/holdfast-go/holdfast/store/backup"
	"github.com/holdfast-go/holdfast/store/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// watched is a story in which everything that could give a secret away is kept.
type watched struct {
	*story
	log     *lines
	metrics *metrics.Metrics
}

func openWatched(t *testing.T, store Store) *watched {
	t.Helper()
	w := &watched{log: &lines{}, metrics: metrics.New()}
	w.story = openStory(t, Config{
		Store: store, Metrics: w.metrics,
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}, brokenRoutes)
	return w
}

// everything does all that leaves a record, and what goes wrong.
func (w *watched) everything() {
	w.t.Helper()
	w.breakDown()
	for _, one := range allSteps() {
		one.do(w.story)
	}
	for range 3 { // throttled and not
		w.form(http.StatusBadRequest, "/token", credentials("sue", w.secrets["a wrong password"]))
	}
	w.inAddresses()
}

// brokenRoutes adds routes of which handlers and checks fail that have a secret in hand.
func brokenRoutes(w *shop) {
	w.t.Helper()
	type body struct {
		Password account.Secret `json:"password"`
	}
	type in struct {
		Body  body
		Token account.Secret `header:"X-Token"`
	}
	app := w.app
	caller := w.Caller()
	holdfast.Post(app, "/panics", holdfast.Security(caller), func(_ context.Context, _ Caller, in in) (string, error) {
		panic(fmt.Sprintf("with %v, %+v", in, in))
	})
	holdfast.Post(app, "/fails", holdfast.Security(caller), func(_ context.Context, c Caller, in in) (string, error) {
		return "", fmt.Errorf("it fails for %v with %v, %+v, %#v", c, in, in, in.Body.Password)
	})
	holdfast.Post(app, "/range", holdfast.Security(caller), func(_ context.Context, _ Caller, in in) (string, error) {
		return strings.Fields(string(in.Body.Password))[len(in.Body.Password)], nil // there are not so many
	})
	check := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) {
		return strings.Fields(token)[len(token)], nil
	})
	holdfast.Post(app, "/check", holdfast.Security(check), func(context.Context, string, in) (string, error) { return "", nil })
	fails := holdfast.Check(holdfast.HTTPBasic("staff"), func(context.Context, holdfast.BasicCredentials) (string, error) {
		return "", errors.New("the directory is away")
	})
	holdfast.Post(app, "/basic", holdfast.Security(fails), func(context.Context, string, in) (string, error) { return "", nil })
}

// breakDown calls them.
func (w *watched) breakDown() {
	w.t.Helper()

	token := w.keep("a token that fails", tokens(w.t, w.Identity, w.app, credentials("ann", secret)+"&scope=me").AccessToken)
	typed, sent := w.keep("a password in a body", "glass marbles rolling"), w.keep("a header", "header-secret-4711")
	for _, path := range []string{"/panics", "/fails", "/range", "/check", "/basic"} {
		r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, shopURL+path, strings.NewReader(`{"password":"`+typed+`"}`))
		if err != nil {
			w.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Token", sent)
		r.Header.Set("Authorization", "Bearer "+token)
		if path == "/basic" {
			r.SetBasicAuth("ann", typed)
			w.keep("basic credentials", strings.TrimPrefix(r.Header.Get("Authorization"), "Basic "))
		}
		answer, err := w.server.Client().Do(r)
		if err != nil {
			w.t.Fatal(err)
		}
		said, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if want := map[bool]int{true: http.StatusUnauthorized, false: http.StatusInternalServerError}[path == "/basic"]; answer.StatusCode != want {
			w.t.Errorf("POST %s = %d, want %d", path, answer.StatusCode, want)
		}
		w.refused = append(w.refused, string(said))
	}
	if n := strings.Count(w.log.String(), "stack="); n != 3 {
		w.t.Errorf("the log has %d stacks, want those of 3 panics", n)
	}
}

// inAddresses sends secrets where they do not belong, or where only links have them.
func (w *watched) inAddresses() {
	w.t.Helper()
	link, err := w.ResetLink(w.t.Context(), w.person("ann"))
	if err != nil {
		w.t.Fatal(err)
	}
	_, once, _ := strings.Cut(link, "?secret=")
	w.keep("the secret of a link that is looked at", once)
	token := w.secrets["a token that fails"]
	for _, path := range []string{"/reset?secret=" + once, "/setup?secret=" + once, "/users/me?access_token=" + token, "/users?after=" + token, "/nowhere?key=" + token} {
		a := w.browser().do("GET", path, "", "Referer: "+shopURL+path)
		if a.status >= 400 {
			w.refused = append(w.refused, a.body)
		}
	}
	w.form(http.StatusBadRequest, "/token", url.Values{"grant_type": {w.keep("a grant type", "password-typed-as-grant")}}.Encode())
}

// tell reports which secrets stand where.
func (w *watched) tell(found map[string][]byte) {
	w.t.Helper()
	found["the log"], found["errors"] = []byte(w.log.String()), []byte(strings.Join(w.refused, "\n"))
	page := httptest.NewRecorder()
	w.metrics.Handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if found["the metrics"] = page.Body.Bytes(); !bytes.Contains(found["the metrics"], []byte("holdfast_logins_total")) {
		w.t.Errorf("the metrics are %d %s", page.Code, page.Body)
	}
	for _, r := range everyRecord(w.t, w.config.Store) {
		found["records"] = fmt.Appendf(found["records"], "%+v\n", r)
	}
	if len(w.secrets) < 45 || len(found["records"]) < 10_000 || len(w.refused) < 14 {
		w.t.Fatalf("too little was looked at: %d secrets, %d bytes of records, %d errors", len(w.secrets), len(found["records"]), len(w.refused))
	}
	for where, data := range found {
		for what, value := range w.secrets {
			for how, text := range map[string]string{"": value, " in hexadecimal digits": hex.EncodeToString([]byte(value)), " in base64": base64.StdEncoding.EncodeToString([]byte(value))} {
				if bytes.Contains(data, []byte(text)) {
					w.t.Errorf("%s is in %s%s", what, where, how)
				}
			}
		}
	}
	w.t.Logf("%d secrets were looked for in %d places", len(w.secrets), len(found))
}

// No secret that was issued or typed is in the log at its lowest level, in a record, in
// an error, in the metrics, in any file of the store, or in a backup of it: also where a
// handler, a dependency or a check panics with one in hand.
func TestNoSecretIsKeptAnywhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "test.db")
	store := openedOnDisk(t, file)
	w := openWatched(t, store)
	w.everything()
	found := map[string][]byte{}
	w.files(found, dir) // with the log that is written ahead
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	vacuumInto(t, file, filepath.Join(dir, "vacuumed.db"))
	if _, err := backup.Write(t.Context(), store, filepath.Join(dir, "backup.db"), backup.Options{}); err != nil {
		t.Fatal(err)
	}
	w.files(found, dir)
	if len(found) < 8 {
		t.Fatalf("there are %d files", len(found))
	}
	w.tell(found)
}

// The same on PostgreSQL, whose errors quote what they are about: in the log, in every
// row of every table, and in a backup.
func TestNoSecretIsKeptInPostgreSQL(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	store, err := postgres.Open(t.Context(), postgres.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := openWatched(t, store)
	w.everything()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	found := pgtest.Dump(t, address)
	if len(found) < 15 {
		t.Fatalf("there are %d tables", len(found))
	}
	dir := t.TempDir()
	if _, err := backup.Write(t.Context(), store, filepath.Join(dir, "backup.db"), backup.Options{}); err != nil {
		t.Fatal(err)
	}
	w.files(found, dir)
	w.tell(found)
}
