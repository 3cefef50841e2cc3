package mcp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/mcp"
)

var (
	oauth = holdfast.OAuth2PasswordBearer("token")
	read  = oauth.Scope("read", "Read notes")
	write = oauth.Scope("write", "Write notes")
	admin = holdfast.NewRole("admin", "Everything")
	who   = holdfast.Verify(oauth, verify)
)

// caller is what a token "name:scopes:roles" proves.
type caller struct {
	name          string
	scopes, roles []string
}

func (c caller) HasScope(name string) bool { return slices.Contains(c.scopes, name) }
func (c caller) HasRole(name string) bool  { return slices.Contains(c.roles, name) }

func verify(_ context.Context, token string) (caller, error) {
	parts := strings.Split(token, ":")
	if len(parts) != 3 {
		return caller{}, errors.New("no such token")
	}
	return caller{parts[0], strings.Fields(parts[1]), strings.Fields(parts[2])}, nil
}

type note struct {
	Text string `json:"text"`
}

type noInput struct{}

func greet(_ context.Context, c caller, _ noInput) (note, error) {
	return note{"hello " + c.name}, nil
}

// log is what a program logs.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(data)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newApp(to io.Writer) *holdfast.App {
	return holdfast.NewApp(holdfast.Config{
		Title: "Notes", Version: "1", Logger: slog.New(slog.NewTextHandler(to, nil)),
		API: apidoc.API{Resource: apidoc.Resource{URL: "https://notes.example.org/mcp", AuthorizationServers: []string{"https://auth.example.org"}}},
	})
}

// notes is a server whose tools want nothing more than the server does, a scope
// more, and a role.
func notes(to io.Writer) (*holdfast.App, *mcp.Server) {
	app := newApp(to)
	server := mcp.New(app, holdfast.Security(who, read), mcp.Config{Name: "notes", Origins: []string{"https://app.example.org"}, Logger: slog.New(slog.NewTextHandler(to, nil))})
	mcp.AddTool(server, holdfast.Security(who), &sdk.Tool{Name: "greet", Description: "Says hello"}, greet)
	mcp.AddTool(server, holdfast.Security(who, write), &sdk.Tool{Name: "add"}, func(_ context.Context, c caller, in note) (note, error) {
		return note{c.name + " wrote " + in.Text}, nil
	})
	mcp.AddTool(server, holdfast.AnyRole(who, admin), &sdk.Tool{Name: "wipe"}, func(_ context.Context, c caller, _ noInput) (note, error) {
		return note{"wiped by " + c.name}, nil
	})
	return app, server
}

// message is a call of a tool as clients of an older protocol send it, which say
// nothing of it in headers.
func message(tool, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tool, arguments)
}

const listing = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`

// post sends a message; header lines may follow the path.
func post(h http.Handler, path, token, body string) *httptest.ResponseRecorder {
	path, lines, _ := strings.Cut(path, "\n")
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for line := range strings.SplitSeq(lines, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Add(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhoMayCallATool(t *testing.T) {
	t.Parallel()
	app, _ := notes(io.Discard)
	const where = `resource_metadata="https://notes.example.org/.well-known/oauth-protected-resource/mcp"`
	for name, test := range map[string]struct {
		token, body string
		status      int
		challenge   string
		answer      string
	}{
		"the list, by nobody":                  {"", listing, 401, `Bearer scope="read", ` + where, "Not authenticated"},
		"the list, by a caller":                {"amy:read:", listing, 200, "", `"name":"wipe"`},
		"a tool, by nobody":                    {"", message("greet", "{}"), 401, `Bearer scope="read", ` + where, "Not authenticated"},
		"a tool, with a bad token":             {"bad", message("greet", "{}"), 401, `Bearer error="invalid_token", scope="read", ` + where, "Could not validate credentials"},
		"a tool that wants no more":            {"amy:read:", message("greet", "{}"), 200, "", `"structuredContent":{"text":"hello amy"}`},
		"a tool that wants a scope more":       {"amy:read:", message("add", `{"text":"x"}`), 403, `Bearer error="insufficient_scope", scope="read write", ` + where, "Not enough permissions"},
		"the same, after the step up":          {"amy:read write:", message("add", `{"text":"x"}`), 200, "", "amy wrote x"},
		"its scope is not enough by itself":    {"amy:write:", message("add", `{"text":"x"}`), 403, `Bearer error="insufficient_scope", scope="read", ` + where, "Not enough permissions"},
		"a tool that wants a role":             {"amy:read:", message("wipe", "{}"), 403, "", "Operation not permitted"},
		"the same, by who has it":              {"eve:read:admin", message("wipe", "{}"), 200, "", "wiped by eve"},
		"a tool that is not there":             {"amy:read:", message("nothing", "{}"), 200, "", `unknown tool \"nothing\"`},
		"an input that does not fit":           {"amy:read write:", message("add", `{"text":7}`), 200, "", `"isError":true`},
		"an input that nobody may send, first": {"amy:read:", message("add", `{"text":7}`), 403, `Bearer error="insufficient_scope", scope="read write", ` + where, "Not enough permissions"},
	} {
		w := post(app, "/mcp", test.token, test.body)
		if got := w.Header().Get("WWW-Authenticate"); w.Code != test.status || got != test.challenge || !strings.Contains(w.Body.String(), test.answer) {
			t.Errorf("%s: %d, challenge %q, %s", name, w.Code, got, w.Body)
		}
	}
	if w := post(app, "/mcp/tools/greet", "amy:read:", message("greet", "{}")); w.Code != 200 || !strings.Contains(w.Body.String(), "hello amy") {
		t.Errorf("a tool at its own address: %d %s", w.Code, w.Body)
	}
}

// However a message is written, no tool runs whose policy was not asked.
func TestNoCallGoesByTheToolsPolicy(t *testing.T) {
	t.Parallel()
	app, server := notes(io.Discard)
	var ran bool
	sdk.AddTool(server.SDK(), &sdk.Tool{Name: "direct"}, func(context.Context, *sdk.CallToolRequest, noInput) (*sdk.CallToolResult, any, error) {
		ran = true
		return nil, nil, nil
	})
	wipe := message("wipe", "{}")
	for name, test := range map[string]struct{ path, body string }{
		"a batch":                            {"/mcp", "[" + message("greet", "{}") + "," + wipe + "]"},
		"a batch of one":                     {"/mcp", "[" + wipe + "]"},
		"at the address of another tool":     {"/mcp/tools/greet", wipe},
		"a batch at the address of another":  {"/mcp/tools/greet", "[" + message("greet", "{}") + "," + wipe + "]"},
		"a name said twice":                  {"/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","name":"wipe","arguments":{}}}`},
		"a name said twice, the other first": {"/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","name":"greet","arguments":{}}}`},
		"a name in another case":             {"/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"greet","name":"wipe","arguments":{}}}`},
		"the other one in another case":      {"/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","NAME":"greet","arguments":{}}}`},
		"a method said twice":                {"/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"wipe","arguments":{}}}`},
		"a method in another case":           {"/mcp", `{"jsonrpc":"2.0","id":1,"METHOD":"ping","method":"tools/call","params":{"name":"wipe","arguments":{}}}`},
		"no id":                              {"/mcp", `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"wipe","arguments":{}}}`},
		"a header that names another tool":   {"/mcp\nMcp-Name: greet\nMcp-Method: tools/call", wipe},
		"a tool that the SDK was given":      {"/mcp", message("direct", "{}")},
		"the same in a batch":                {"/mcp", "[" + message("direct", "{}") + "]"},
	} {
		w := post(app, test.path, "amy:read:", test.body)
		if got := w.Body.String(); strings.Contains(got, "wiped") || ran {
			t.Errorf("%s: %d %s", name, w.Code, got)
		}
		if w := post(app, test.path, "", test.body); w.Code != 401 {
			t.Errorf("%s, by nobody: %d %s", name, w.Code, w.Body)
		}
	}
	// What passed is the caller's own, and only for that tool.
	w := post(app, "/mcp", "eve:read:admin", "["+wipe+"]")
	if strings.Contains(w.Body.String(), "wiped") {
		t.Errorf("a batch is not decided as a whole: %s", w.Body)
	}
	greet := message("greet", "{}")
	w = post(app, "/mcp/tools/greet", "amy:read:", "["+greet+","+strings.Replace(greet, `"id":1`, `"id":2`, 1)+"]")
	if got := strings.Count(w.Body.String(), `"structuredContent"`); got != 1 {
		t.Errorf("what passes once runs %d times: %s", got, w.Body)
	}
}

func TestTheMethodsAndOriginsOfAServer(t *testing.T) {
	t.Parallel()
	app, _ := notes(io.Discard)
	const token = "amy:read:"
	for origin, want := range map[string]int{
		"": 200, "Origin: https://app.example.org": 200,
		"Origin: http://evil.example.org": 403, "Origin: http://example.com": 403, // the host that the test asks
		"Origin: null": 403, "Origin: https://app.example.org\nOrigin: https://app.example.org": 403,
	} {
		for _, path := range []string{"/mcp", "/mcp/tools/greet"} {
			if w := post(app, path+"\n"+origin, token, message("greet", "{}")); w.Code != want {
				t.Errorf("POST %s with %q = %d, want %d", path, origin, w.Code, want)
			}
		}
	}
	for host, want := range map[string]int{"localhost:8000": 200, "127.0.0.1:8000": 200, "[::1]:8000": 200, "evil.example.org": 403, "10.0.0.7": 403} {
		r := httptest.NewRequest("POST", "/mcp", strings.NewReader(listing))
		r.Host = host
		r.Header = http.Header{"Authorization": {"Bearer " + token}, "Origin": {"http://" + host}, "Content-Type": {"application/json"}, "Accept": {"*/*"}}
		w := httptest.NewRecorder()
		if app.ServeHTTP(w, r); w.Code != want {
			t.Errorf("a page of %s that asks its own server: %d, want %d", host, w.Code, want)
		}
	}
	for _, method := range []string{"GET", "DELETE", "PUT"} {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(method, "/mcp", nil))
		if w.Code != 405 || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s /mcp = %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
	if w := post(app, "/mcp", token, message("greet", `{"x":"`+strings.Repeat("x", 1<<20)+`"}`)); w.Code != 413 {
		t.Errorf("a message of a MiB: %d, want 413", w.Code)
	}
	if w := post(app, "/mcp", token, "{"); w.Code != 400 {
		t.Errorf("no message: %d %s, want 400", w.Code, w.Body)
	}
}

// What goes wrong in a tool is told as everywhere else: what the program chose to
// tell, and of everything else nothing.
func TestWhatAToolTellsOfErrors(t *testing.T) {
	t.Parallel()
	var logged log
	app := newApp(&logged)
	server := mcp.New(app, holdfast.Public(), mcp.Config{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	for name, err := range map[string]error{
		"chosen":   &holdfast.Error{Status: 409, Detail: "Somebody was faster", Cause: errors.New("row 7 of db-3")},
		"listed":   &holdfast.Error{Status: 400, Detail: map[string]int{"left": 2}},
		"bare":     &holdfast.Error{Status: 404},
		"invalid":  &holdfast.ValidationError{Violations: []holdfast.Violation{{Type: "value_error", Loc: []any{"text"}, Msg: "it is too dull"}}},
		"busy":     &holdfast.Error{Status: 503, Detail: "Come again", Cause: errors.New("db-4 is away")},
		"other":    errors.New("the disk of db-7 is full"),
		"protocol": fmt.Errorf("x: %w", &jsonrpc.Error{Code: -32001, Message: "of the protocol"}),
	} {
		mcp.AddTool(server, holdfast.Public(), &sdk.Tool{Name: name}, func(context.Context, holdfast.Anyone, noInput) (note, error) { return note{}, err })
	}
	mcp.AddTool(server, holdfast.Public(), &sdk.Tool{Name: "panics"}, func(context.Context, holdfast.Anyone, noInput) (note, error) {
		panic("the disk of db-9 is full")
	})
	for tool, want := range map[string]string{
		"chosen": `"text":"Somebody was faster"}],"isError":true`, "listed": `{\"left\":2}`, "bare": `"text":"Not Found"`, "invalid": "it is too dull", "busy": `"text":"Come again"`,
		"other": `"text":"Internal Server Error"}],"isError":true`, "protocol": `"error":{"code":-32001,"message":"of the protocol"}`,
		"panics": `"error":{"code":-32603,"message":"Internal Server Error"}`,
	} {
		w := post(app, "/mcp", "", message(tool, "{}"))
		if got := w.Body.String(); !strings.Contains(got, want) || strings.Contains(got, "db-") {
			t.Errorf("%s: %d %s, want %s", tool, w.Code, got, want)
		}
	}
	for _, want := range []string{"the disk of db-7 is full", "the disk of db-9 is full", "db-4 is away"} {
		if !strings.Contains(logged.String(), want) {
			t.Errorf("the log has nothing of %q", want)
		}
	}
	if strings.Contains(logged.String(), "row 7") {
		t.Errorf("an error that the program chose is logged: %s", logged.String())
	}
}

// A tool may say itself what its content is, and knows the request.
func TestAToolWithContentOfItsOwn(t *testing.T) {
	t.Parallel()
	app := newApp(io.Discard)
	server := mcp.New(app, holdfast.Public(), mcp.Config{Path: "/agents"})
	mcp.AddTool(server, holdfast.Security(who), &sdk.Tool{Name: "draw"}, func(ctx context.Context, c caller, _ noInput) (*sdk.CallToolResult, error) {
		text := &sdk.TextContent{Text: c.name + " drew for " + mcp.Request(ctx).Params.Name}
		return &sdk.CallToolResult{Content: []sdk.Content{text, &sdk.ImageContent{Data: []byte("x"), MIMEType: "image/png"}}}, nil
	})
	if w := post(app, "/agents", "amy::", message("draw", "{}")); !strings.Contains(w.Body.String(), "amy drew for draw") || !strings.Contains(w.Body.String(), "image/png") || strings.Contains(w.Body.String(), "structuredContent") {
		t.Errorf("draw: %d %s", w.Code, w.Body)
	}
	if mcp.Request(t.Context()) != nil {
		t.Error("a context of something else has a request")
	}
}

// The function ends with the request, for clients of each version.
func TestAToolEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string]string{"older": "", "2025-11-25": "\nMcp-Protocol-Version: 2025-11-25"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := newApp(io.Discard)
			server := mcp.New(app, holdfast.Public(), mcp.Config{})
			begun, ended := make(chan struct{}), make(chan error, 1)
			mcp.AddTool(server, holdfast.Public(), &sdk.Tool{Name: "wait"}, func(ctx context.Context, _ holdfast.Anyone, _ noInput) (note, error) {
				close(begun)
				<-ctx.Done()
				ended <- context.Cause(ctx)
				return note{}, ctx.Err()
			})
			left := errors.New("the caller left")
			ctx, leave := context.WithCancelCause(t.Context())
			go func() {
				<-begun
				leave(left)
			}()
			post(within{app, ctx}, "/mcp"+headers, "", message("wait", "{}"))
			if err := <-ended; !errors.Is(err, left) {
				t.Errorf("the context ended with %v, want %v", err, left)
			}
		})
	}
}

// within serves requests in a context.
type within struct {
	next http.Handler
	ctx  context.Context //nolint:containedctx // of the requests, which the test makes
}

func (h within) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.next.ServeHTTP(w, r.WithContext(h.ctx))
}

func TestMistakesOfTools(t *testing.T) {
	t.Parallel()
	var none func(context.Context, caller, noInput) (note, error)
	for want, declare := range map[string]func(*mcp.Server){
		"the tool is nil":                      func(s *mcp.Server) { mcp.AddTool(s, holdfast.Security(who), nil, greet) },
		`tool "": a name has 1 to 128 letters`: func(s *mcp.Server) { mcp.AddTool(s, holdfast.Security(who), &sdk.Tool{}, greet) },
		`tool "..": a name has`:                func(s *mcp.Server) { mcp.AddTool(s, holdfast.Security(who), &sdk.Tool{Name: ".."}, greet) },
		`tool "a/b": a name has`:               func(s *mcp.Server) { mcp.AddTool(s, holdfast.Security(who), &sdk.Tool{Name: "a/b"}, greet) },
		"tool x: the function is nil":          func(s *mcp.Server) { mcp.AddTool(s, holdfast.Security(who), &sdk.Tool{Name: "x"}, none) },
		"tool greet is there already":          func(s *mcp.Server) { mcp.AddTool(s, holdfast.Security(who), &sdk.Tool{Name: "greet"}, greet) },
		"POST /mcp/tools/x: the zero Policy":   func(s *mcp.Server) { mcp.AddTool(s, holdfast.Policy[caller]{}, &sdk.Tool{Name: "x"}, greet) },
		"tool x: AddTool: tool \"x\": input schema": func(s *mcp.Server) {
			mcp.AddTool(s, holdfast.Security(who), &sdk.Tool{Name: "x"}, func(context.Context, caller, chan int) (note, error) { return note{}, nil })
		},
	} {
		app, server := notes(io.Discard)
		declare(server)
		if err := app.Err(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "mcp/mcp_test.go:") {
			t.Errorf("Err() = %v, want %s with its place", err, want)
		}
	}
	app := newApp(io.Discard)
	mcp.New(app, nil, mcp.Config{})
	if err := app.Err(); err == nil || !strings.Contains(err.Error(), "the zero Policy") {
		t.Errorf("a server without a policy: %v", err)
	}
}

func minted(_ context.Context, who holdfasttest.Caller) (holdfasttest.Credential, error) {
	switch who.Kind {
	case holdfasttest.Good:
		return holdfasttest.Bearer("ann:" + strings.Join(who.Scopes, " ") + ":" + strings.Join(who.Roles, " ")), nil
	case holdfasttest.Garbage:
		return holdfasttest.Bearer("garbage"), nil
	}
	return holdfasttest.Credential{}, holdfasttest.CannotMint("the tokens of this test are words")
}

// Tools stand where routes stand: in the table, declared where the program did it,
// and in the matrix.
func TestToolsAreRoutes(t *testing.T) {
	t.Parallel()
	app, _ := notes(io.Discard)
	holdfasttest.Golden(t, app)
	holdfasttest.Matrix(t, app, "testdata/matrix.txt", holdfasttest.Callers(minted))
	list, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range list {
		if strings.HasPrefix(row.Path, "/mcp") && !strings.HasPrefix(row.Declared, "mcp/mcp_test.go:") {
			t.Errorf("%s %s is declared at %s", row.Method, row.Path, row.Declared)
		}
	}
}

// A test that replaces who calls replaces it for tools, too.
func TestToolsWithReplacedDependencies(t *testing.T) {
	t.Parallel()
	app, _ := notes(io.Discard)
	fake := holdfasttest.With(app, holdfasttest.ReplaceValue(who, caller{name: "fay", roles: []string{"admin"}}))
	if w := post(fake, "/mcp", "", message("wipe", "{}")); w.Code != 200 || !strings.Contains(w.Body.String(), "wiped by fay") {
		t.Errorf("wipe by a fake: %d %s", w.Code, w.Body)
	}
	if w := post(app, "/mcp", "", message("wipe", "{}")); w.Code != 401 {
		t.Errorf("wipe by nobody: %d %s", w.Code, w.Body)
	}
}

// Each refusal is explained by the route of the tool.
func TestDecisionsAboutTools(t *testing.T) {
	t.Parallel()
	app, _ := notes(io.Discard)
	var got []string
	app.OnDecision(func(d holdfast.Decision) string {
		scopes, roles := d.Missing()
		got = append(got, fmt.Sprintf("%s %d %q %q", d.Route().Path, d.Status(), scopes, roles))
		return "ref-1"
	})
	w := post(app, "/mcp", "amy:read:", message("add", `{"text":"x"}`))
	want := []string{`/mcp 0 [] []`, `/mcp/tools/add 403 ["write"] []`}
	if !slices.Equal(got, want) || !strings.Contains(w.Body.String(), `"request":"ref-1"`) {
		t.Errorf("decisions %q, want %q; %s", got, want, w.Body)
	}
}
