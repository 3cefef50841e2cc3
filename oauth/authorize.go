package oauth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// AuthorizeRequest is a request for a code (RFC 6749 section 4.1.1) in which
// everything is right. Who shows pages asks the user, and answers with Answer or
// Refuse.
type AuthorizeRequest struct {
	Client   account.Client
	Redirect string // where the answer goes
	Scopes   []string
	Audience []string // the resources of RFC 8707; the issuer's default if nil

	// None, Login, Consent and SelectAccount are the values of prompt (OpenID
	// Connect Core section 3.1.2.1).
	None, Login, Consent, SelectAccount bool

	MaxAge time.Duration // how long ago the user may have signed in; negative if nothing was said
	Hint   string        // login_hint: who is expected to sign in

	// Query is the request again, as far as it is known: to be sent once more, by a
	// form or as a query.
	Query url.Values

	asked   string // redirect_uri as it was sent, "" if it was not
	state   string
	issuer  string
	present string // the challenge

	standard []string // the issuer's default audience
}

// The names of the parameters. Others are ignored (RFC 6749 section 3.1).
var authorizeParameters = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "state", "scope", "resource",
	"code_challenge", "code_challenge_method", "prompt", "max_age", "login_hint",
}

// The bounds of a request: of all of it, and of what is sent back, shown or kept.
const (
	maxAuthorize = 8 << 10
	maxState     = 2 << 10
	maxHint      = 256
	maxScopes    = 2 << 10
	maxResources = 8
)

// AuthorizeError is why a request gets no code.
type AuthorizeError struct {
	Code        string // of RFC 6749 section 4.1.2.1, or OpenID Connect Core section 3.1.2.6
	Description string // a sentence without the full stop, in ASCII

	location string
	cause    error
}

func (e *AuthorizeError) Error() string { return "authorize: " + e.Code + ": " + e.Description }

// Unwrap returns the store's error, if it is why.
func (e *AuthorizeError) Unwrap() error { return e.cause }

// Location returns where the browser is sent with the error. There is no such
// place if it is not known that the client wants it there (RFC 6749 section
// 4.1.2.1): the error is then for the person alone, on a page.
func (e *AuthorizeError) Location() (url string, ok bool) { return e.location, e.location != "" }

// ReadAuthorize checks a request for a code: a query, or a form. Its error is an
// *AuthorizeError, or that of a store that cannot be asked. There must be
// Config.Codes.
//
// The clients are the administrator's, so an error may be sent to a redirect URI
// before somebody has signed in (RFC 9700 section 4.11.2).
func (s *Server) ReadAuthorize(ctx context.Context, raw string) (AuthorizeRequest, error) {
	said, err := readParameters(raw)
	if err != nil {
		return AuthorizeRequest{}, err
	}
	a := AuthorizeRequest{MaxAge: -1, issuer: s.config.Issuer, standard: s.config.Audience, Query: said.values}
	if err := s.readClient(ctx, &a, said); err != nil {
		return AuthorizeRequest{}, err
	}
	// From here on the client hears of what is wrong.
	a.state = said.one("state")
	if len(a.state) > maxState || !isText(a.state) {
		a.state = ""
		return a, a.Refuse("invalid_request", "state is too long, or not printable ASCII")
	}
	for _, name := range authorizeParameters {
		if len(said.values[name]) > 1 && name != "resource" {
			return a, a.Refuse("invalid_request", name+" is there more than once")
		}
	}
	for _, read := range []func(*AuthorizeRequest, parameters) error{readFlow, readChallenge, readScopes, s.readResources, readPrompt} {
		if err := read(&a, said); err != nil {
			return a, err
		}
	}
	return a, nil
}

// parameters are what a request says, without what is empty: that is as if it were
// not there (RFC 6749 section 3.1).
type parameters struct{ values url.Values }

func (p parameters) one(name string) string { return p.values.Get(name) }

func readParameters(raw string) (parameters, error) {
	if len(raw) > maxAuthorize {
		return parameters{}, &AuthorizeError{Code: "invalid_request", Description: "The request is too long"}
	}
	all, err := url.ParseQuery(raw)
	if err != nil {
		return parameters{}, &AuthorizeError{Code: "invalid_request", Description: "The request cannot be read"}
	}
	known := url.Values{}
	for _, name := range authorizeParameters {
		if values := slices.DeleteFunc(all[name], func(one string) bool { return one == "" }); len(values) > 0 {
			known[name] = values
		}
	}
	return parameters{known}, nil
}

// readClient finds who asks and where the answer goes: what is wrong here is for
// the person alone.
func (s *Server) readClient(ctx context.Context, a *AuthorizeRequest, said parameters) error {
	for _, name := range []string{"client_id", "redirect_uri"} {
		if len(said.values[name]) > 1 {
			return &AuthorizeError{Code: "invalid_request", Description: "The request has more than one " + name}
		}
	}
	id := said.one("client_id")
	if id == "" {
		return &AuthorizeError{Code: "invalid_request", Description: "The request does not say which application it comes from"}
	}
	client, err := s.config.Clients.Client(ctx, id)
	switch {
	case errors.Is(err, account.ErrNoClient), err == nil && client.Disabled:
		return &AuthorizeError{Code: "invalid_client", Description: "The application is not known here"}
	case err != nil:
		return unavailable(err)
	}
	a.Client, a.asked = client, said.one("redirect_uri")
	switch {
	case a.asked == "" && len(client.Redirects) == 1:
		a.Redirect = client.Redirects[0]
	case s.allowsRedirect(client, a.asked):
		a.Redirect = a.asked
	default:
		return &AuthorizeError{Code: "invalid_request", Description: "The request does not lead back to an address that the application has registered"}
	}
	return nil
}

// allowsRedirect reports whether the client may be answered there. The built-in
// client's docs pages are known only when an application is made.
func (s *Server) allowsRedirect(client account.Client, uri string) bool {
	return client.AllowsRedirect(uri) || client.ID == account.BuiltInClient && slices.Contains(s.redirects, uri)
}

// AllowRedirect adds an exact redirect URI to those of the built-in client, such
// as that of an application's docs page. It is for the time before the first
// request.
func (s *Server) AllowRedirect(uri string) { s.redirects = append(s.redirects, uri) }

// AnnounceAuthorize says in the metadata that /authorize is there, below the
// issuer: the application shows the pages. It is for the time before the first
// request.
func (s *Server) AnnounceAuthorize() { s.authorizes = true }

func readFlow(a *AuthorizeRequest, said parameters) error {
	switch kind, mode := said.one("response_type"), said.one("response_mode"); {
	case !a.Client.MayUse(account.GrantCode):
		return a.Refuse("unauthorized_client", "The client may not use codes")
	case kind == "":
		return a.Refuse("invalid_request", "response_type is missing; it is code")
	case kind != "code":
		return a.Refuse("unsupported_response_type", "response_type must be code")
	case mode != "" && mode != "query":
		return a.Refuse("invalid_request", "response_mode must be query")
	}
	return nil
}

func readChallenge(a *AuthorizeRequest, said parameters) error {
	a.present = said.one("code_challenge")
	switch {
	case a.present == "":
		return a.Refuse("invalid_request", "code_challenge is missing (RFC 7636)")
	case said.one("code_challenge_method") != "S256": // none means plain
		return a.Refuse("invalid_request", "code_challenge_method must be S256")
	case !account.IsChallenge(a.present):
		return a.Refuse("invalid_request", "code_challenge must be 43 characters of base64url")
	}
	return nil
}

func readScopes(a *AuthorizeRequest, said parameters) error {
	text := said.one("scope")
	if len(text) > maxScopes || !isText(text) || strings.ContainsAny(text, `"\`) {
		return a.Refuse("invalid_scope", "scope is too long, or not as RFC 6749 section 3.3 has it")
	}
	a.Scopes = strings.Fields(text)
	slices.Sort(a.Scopes)
	a.Scopes = slices.Compact(a.Scopes)
	if slices.ContainsFunc(a.Scopes, func(one string) bool { return !a.Client.MayAsk(one) }) {
		return a.Refuse("invalid_scope", "The client may not ask for one of the scopes")
	}
	return nil
}

// readResources reads what the tokens are to be for (RFC 8707 section 2).
func (s *Server) readResources(a *AuthorizeRequest, said parameters) error {
	wanted := said.values["resource"]
	if len(wanted) > maxResources {
		return a.Refuse("invalid_target", "There are too many resources")
	}
	audience, err := s.audience(a.Client, wanted)
	if err != nil {
		return a.Refuse("invalid_target", "The client may not ask for tokens for one of the resources")
	}
	a.Audience = audience
	return nil
}

func readPrompt(a *AuthorizeRequest, said parameters) error {
	words := strings.Fields(said.one("prompt"))
	for _, one := range words {
		switch one {
		case "none":
			a.None = true
		case "login":
			a.Login = true
		case "consent":
			a.Consent = true
		case "select_account":
			a.SelectAccount = true
		default:
			return a.Refuse("invalid_request", "prompt is of none, login, consent and select_account")
		}
	}
	if a.None && len(words) > 1 {
		return a.Refuse("invalid_request", "prompt is none and something else")
	}
	if text := said.one("max_age"); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return a.Refuse("invalid_request", "max_age must be a number of seconds")
		}
		a.MaxAge = time.Duration(seconds) * time.Second
	}
	a.Hint = said.one("login_hint")
	if len(a.Hint) > maxHint {
		return a.Refuse("invalid_request", "login_hint is too long")
	}
	return nil
}

// isText reports whether a text is printable ASCII, as RFC 6749 appendix A has it
// of state and scope.
func isText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// CodeAsk is what is asked for, in the words of accounts.
func (a AuthorizeRequest) CodeAsk() account.CodeAsk {
	return account.CodeAsk{
		ClientID: a.Client.ID, Redirect: a.asked, Challenge: a.present, Scopes: a.Scopes, Audience: a.Audience, DefaultAudience: a.standard,
	}
}

// Answer returns where the browser is sent with a code.
func (a AuthorizeRequest) Answer(code account.Secret) (location string) {
	return a.answer(url.Values{"code": {string(code)}})
}

// Refuse returns the error with which the client is told that there is no code.
func (a AuthorizeRequest) Refuse(code, description string) *AuthorizeError {
	return &AuthorizeError{
		Code: code, Description: description,
		location: a.answer(url.Values{"error": {code}, "error_description": {description}}),
	}
}

// answer is the redirect URI with what is said, beside what it has of its own
// (RFC 6749 section 4.1.2), and with the issuer (RFC 9207).
func (a AuthorizeRequest) answer(said url.Values) string {
	said.Set("iss", a.issuer)
	if a.state != "" {
		said.Set("state", a.state)
	}
	joint := "?"
	if strings.Contains(a.Redirect, "?") {
		joint = "&"
	}
	return a.Redirect + joint + said.Encode()
}
