package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// What the clients ask for.
const scope = "me"

// stage is a started server, with clients that it knows, a person who signs in
// there, and a server of tools that takes its tokens.
type stage struct {
	issuer string
	tools  string // the server of tools
	key    string // the file with the private key of the client web-key

	alice   *person
	secrets map[string]string // of the confidential clients, by client_id
	lie     *liar             // stands between; nil for none
}

// onStage starts a server. If liar is not nil, the server is behind it.
func onStage(t *testing.T, binary string, between *liar) *stage {
	t.Helper()
	server := &program{t, binary, t.TempDir()}
	s := &stage{alice: &person{}, secrets: map[string]string{}, lie: between, key: filepath.Join(server.dir, "key.json")}
	service := filepath.Join(server.dir, "auditor.secret")
	s.secrets["auditor"] = rand.Text() + rand.Text()
	write(t, service, s.secrets["auditor"])
	if between == nil {
		s.issuer, _ = server.serve("--service", "auditor="+service)
	} else {
		front := httptest.NewServer(between)
		t.Cleanup(front.Close)
		address := freeAddress(t) // the server tells the address of the front as its own
		server.serve("--addr", address, "--url", front.URL, "--service", "auditor="+service)
		between.target = "http://" + address
		s.issuer = front.URL
	}
	server.run(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")

	tools := httptest.NewServer(s.toolServer())
	t.Cleanup(tools.Close)
	s.tools = tools.URL + "/mcp"

	const web = "https://app.example/callback"
	keys := filepath.Join(server.dir, "jwks.json")
	s.makeKey(t, keys)
	both := []string{"--redirect", web, "--grant", "authorization_code", "--grant", "refresh_token", "--grant", "client_credentials", "--scope", scope}
	s.add(server, "web", both...)
	s.add(server, "web-key", append(both, "--jwks", keys)...)
	s.add(server, "native", "--public", "--redirect", "http://127.0.0.1/callback", "--scope", scope)
	s.add(server, "agent", "--public", "--redirect", "http://127.0.0.1/callback", "--scope", scope, "--audience", s.tools)
	s.add(server, "tools", "--grant", "client_credentials", "--scope", scope, "--audience", s.tools)
	s.add(server, "robot", "--grant", "client_credentials", "--scope", scope, "--audience", s.tools)
	return s
}

// add has the server know a client.
func (s *stage) add(server *program, id string, args ...string) {
	server.t.Helper()
	cmd := exec.CommandContext(server.t.Context(), server.path, append([]string{"client", "add", "The " + id, "--id", id, "--json"}, args...)...) //nolint:gosec // as built here
	cmd.Dir = server.dir
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err == nil {
		err = json.Unmarshal(out, &client)
	}
	if err != nil || client.ID != id {
		server.t.Fatalf("holdfast client add %s: %v\n%s%s", id, err, out, complaints.String())
	}
	s.secrets[id] = client.Secret
}

// makeKey makes the key with which a client signs in, and writes the set with its
// public half.
func (s *stage) makeKey(t *testing.T, set string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	jwk := map[string]string{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}
	text, _ := json.Marshal(map[string]any{"keys": []any{jwk}})
	write(t, set, string(text))
	delete(jwk, "use") // WebCrypto wants none at a private one
	jwk["d"] = base64.RawURLEncoding.EncodeToString(private)
	text, _ = json.Marshal(jwk)
	write(t, s.key, string(text))
}

// toolServer is a server of MCP with a tool that says who calls it. It knows
// nothing of the server of tokens but its address, and asks it about each token.
func (s *stage) toolServer() http.Handler {
	server := mcp.NewServer(&mcp.Implementation{Name: "tools", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "whoami", Description: "Says who calls"},
		func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			caller := auth.TokenInfoFromContext(ctx)
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: caller.Extra["name"].(string)}}}, nil, nil
		})
	tools := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-protected-resource/mcp", func(w http.ResponseWriter, r *http.Request) {
		about := &oauthex.ProtectedResourceMetadata{
			Resource: s.tools, AuthorizationServers: []string{s.issuer}, ScopesSupported: []string{scope}, BearerMethodsSupported: []string{"header"},
		}
		s.lie.aboutResource(about)
		auth.ProtectedResourceMetadataHandler(about).ServeHTTP(w, r)
	})
	mux.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
		auth.RequireBearerToken(s.introspect, &auth.RequireBearerTokenOptions{
			ResourceMetadataURL: strings.TrimSuffix(s.tools, "/mcp") + "/.well-known/oauth-protected-resource/mcp", Scopes: []string{scope},
		})(tools).ServeHTTP(w, r)
	})
	return mux
}

// introspect asks the server about a token (RFC 7662), which must be for the
// server of tools.
func (s *stage) introspect(ctx context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
	about, err := s.about(ctx, "tools", token)
	if err != nil {
		return nil, err
	}
	if !about.Active || !slices.Contains(about.Audience, s.tools) {
		return nil, errors.Join(auth.ErrInvalidToken, errors.New("it is not for this server"))
	}
	name := about.Username
	if about.Subject == about.Client {
		name = about.Client // a machine
	}
	return &auth.TokenInfo{
		UserID: about.Subject, Scopes: strings.Fields(about.Scope), Expiration: time.Unix(about.Expires, 0), Extra: map[string]any{"name": name},
	}, nil
}

// about is what the server says of a token, to one of its clients or services.
type about struct {
	Active   bool     `json:"active"`
	Subject  string   `json:"sub"`
	Client   string   `json:"client_id"`
	Username string   `json:"username"`
	Scope    string   `json:"scope"`
	Audience audience `json:"aud"`
	Expires  int64    `json:"exp"`
}

func (s *stage) about(ctx context.Context, who, token string) (about, error) {
	form := url.Values{"token": {token}}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, s.issuer+"/introspect", strings.NewReader(form.Encode()))
	if err != nil {
		return about{}, err
	}
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	post.SetBasicAuth(who, s.secrets[who])
	answer, err := http.DefaultClient.Do(post)
	if err != nil {
		return about{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return about{}, errors.New("introspection: " + answer.Status)
	}
	var found about
	return found, json.NewDecoder(answer.Body).Decode(&found)
}

// audience is one or several: RFC 7519 section 4.1.3 writes it both ways.
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}
