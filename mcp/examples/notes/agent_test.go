package main

import (
	"context"
	"errors"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	sdkauth "github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/holdfast-go/holdfast/account"
)

// An agent is given an address and a client's id. It finds out where to sign in and
// what for, and asks for more when a tool wants more: one step, for all that it
// wants.
func TestAnAgentFindsOutByItself(t *testing.T) {
	t.Parallel()
	id, app, _ := served(t)
	if _, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: "ann", Password: "correct horse battery", Roles: []string{"writer"}}); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(id.Handler(app))
	t.Cleanup(web.Close)
	browser := &ann{client: reaching(web), cookies: map[string]string{}}
	handler, err := sdkauth.NewAuthorizationCodeHandler(&sdkauth.AuthorizationCodeHandlerConfig{
		PreregisteredClient:      &oauthex.ClientCredentials{ClientID: account.BuiltInClient},
		RedirectURL:              "http://127.0.0.1:4711/callback",
		AuthorizationCodeFetcher: browser.signIn,
		Client:                   reaching(web),
	})
	if err != nil {
		t.Fatal(err)
	}
	session, err := sdk.NewClient(&sdk.Implementation{Name: "agent", Version: "1"}, nil).Connect(t.Context(),
		&sdk.StreamableClientTransport{Endpoint: address + "/mcp", HTTPClient: reaching(web), OAuthHandler: handler}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	for _, step := range []struct {
		tool      string
		arguments any
		want      string
		asked     []string // what it has asked for by then
	}{
		{"find_notes", search{}, `{"notes":[]}`, []string{"notes:read"}},
		{"add_note", newNote{"buy milk"}, "buy milk", []string{"notes:read", "notes:read notes:write"}},
		{"remove_note", which{1}, "buy milk", []string{"notes:read", "notes:read notes:write"}},
	} {
		if got := said(session, step.tool, step.arguments); !strings.Contains(got, step.want) || !slices.Equal(browser.asked, step.asked) {
			t.Errorf("%s: %s, after asking for %q; want %s, after %q", step.tool, got, browser.asked, step.want, step.asked)
		}
	}
	if !slices.Equal(browser.resources, []string{address + "/mcp", address + "/mcp"}) {
		t.Errorf("tokens are asked for %q", browser.resources)
	}
}

// reaching is a client for which every address is the server's.
func reaching(web *httptest.Server) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, web.Listener.Addr().String())
	}}}
}

// ann has a browser, as far as a sign-in needs one.
type ann struct {
	client           *http.Client
	cookies          map[string]string
	asked, resources []string
}

var (
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	button = regexp.MustCompile(`<button name="([^"]*)" value="([^"]*)">`)
	target = regexp.MustCompile(`<form method="post" action="([^"]*)">`)
)

// signIn goes where an agent sends the person, and comes back with a code.
func (a *ann) signIn(ctx context.Context, args *sdkauth.AuthorizationArgs) (*sdkauth.AuthorizationResult, error) {
	to, err := url.Parse(args.URL)
	if err != nil {
		return nil, err
	}
	scopes := strings.Fields(to.Query().Get("scope"))
	slices.Sort(scopes) // the SDK adds what is missing in any order
	a.asked, a.resources = append(a.asked, strings.Join(scopes, " ")), append(a.resources, to.Query()["resource"]...)
	a.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	page, err := a.send(ctx, http.MethodGet, to, nil)
	for range 5 {
		switch form := target.FindStringSubmatch(page.text); {
		case err != nil:
			return nil, err
		case page.to == nil && form == nil:
			return nil, errors.New("neither a form nor another page: " + page.text)
		case page.to == nil:
			page, err = a.fill(ctx, to, form[1], page.text)
		case page.to.Host == "127.0.0.1:4711":
			q := page.to.Query()
			return &sdkauth.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}, nil
		default:
			to = page.to
			page, err = a.send(ctx, http.MethodGet, to, nil)
		}
	}
	return nil, errors.New("sent in a circle: " + page.text)
}

// fill fills in the form of a page, with all that it hides, and presses its first
// button: to sign in, or to allow what the agent asks for.
func (a *ann) fill(ctx context.Context, page *url.URL, action, text string) (seen, error) {
	form := url.Values{}
	if strings.Contains(text, `type="password"`) {
		form = url.Values{"username": {"ann"}, "password": {"correct horse battery"}}
	}
	for _, field := range hidden.FindAllStringSubmatch(text, -1) {
		form.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	if press := button.FindStringSubmatch(text); press != nil {
		form.Set(press[1], press[2])
	}
	to, err := page.Parse(action)
	if err != nil {
		return seen{}, err
	}
	return a.send(ctx, http.MethodPost, to, form)
}

// seen is a page, or where the browser is sent.
type seen struct {
	text string
	to   *url.URL
}

// send sends a request with the cookies that there are. A cookiejar would keep
// those back that browsers send to their own machine.
func (a *ann) send(ctx context.Context, method string, to *url.URL, form url.Values) (seen, error) {
	r, err := http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return seen{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range a.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // a request carries the name and the value alone
	}
	answer, err := a.client.Do(r)
	if err != nil {
		return seen{}, err
	}
	defer answer.Body.Close()
	for _, cookie := range answer.Cookies() {
		a.cookies[cookie.Name] = cookie.Value
	}
	text, err := io.ReadAll(answer.Body)
	next, _ := answer.Location()
	return seen{string(text), next}, err
}
