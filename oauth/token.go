package oauth

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/strictform"
	"github.com/holdfast-go/holdfast/jwt"
)

// TokenRequest is the form of POST /token (RFC 6749 sections 4.3.2 and 6). A
// grant_type that is left out means password, as FastAPI's form has it.
type TokenRequest struct {
	GrantType    string `form:"grant_type" doc:"What the tokens are asked for with; the description lists what there is"`
	Username     string `form:"username"`
	Password     string `form:"password" format:"password"`
	RefreshToken string `form:"refresh_token" format:"password"`
	Code         string `form:"code" format:"password"`
	RedirectURI  string `form:"redirect_uri" doc:"Of a code: where it was sent"`
	CodeVerifier string `form:"code_verifier" format:"password" doc:"Of a code (RFC 7636)"`
	Scope        string `form:"scope" doc:"Space-separated scopes; none asked, none granted"`

	// Resource is what the access token is for (RFC 8707): the issuer's default if
	// there is none. It is the one parameter that may stand in the form more than
	// once.
	Resource []string `form:"resource" doc:"Absolute URIs of the services that the token is for"`
	ClientForm

	audience []string // what Resource means; nil for the default
	standard []string // the default
}

// tokenForm is TokenRequest as it is read.
type tokenForm struct {
	strictform.Strict
	TokenRequest
}

// TokenResponse is a successful answer (RFC 6749 section 5.1). Scope says what
// was granted, which may be less than was asked for.
type TokenResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in" doc:"Seconds"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
}

// grant is a grant type: it decides what a client gets that has been
// authenticated. Its errors are answers already.
type grant func(ctx context.Context, client account.Client, in TokenRequest) (account.Grant, error)

// token answers POST /token.
func (s *Server) token(ctx context.Context, _ holdfast.Anyone, presented Authorization, in tokenForm) (TokenResponse, error) {
	noKeeping(holdfast.ResponseHeader(ctx))
	grant, err := s.dispatch(ctx, presented, in.TokenRequest)
	if err != nil {
		return TokenResponse{}, err
	}
	return s.Issue(ctx, grant)
}

// Issue makes the access token of a grant, and the answer of POST /token with it:
// for programs with a way of their own to let somebody in. Error: 503 where there
// is no key to sign with.
func (s *Server) Issue(ctx context.Context, grant account.Grant) (TokenResponse, error) {
	access, err := s.config.Signer.SignContext(ctx, jwt.Claims{
		Subject:   cmp.Or(grant.User.ID, grant.ClientID), // a machine is its client
		SessionID: grant.SessionID,
		ClientID:  grant.ClientID,
		Audience:  grant.Audience,
		AuthTime:  grant.AuthTime,
		Scope:     strings.Join(grant.Scopes, " "),
	})
	if errors.Is(err, jwt.ErrNoSigningKey) {
		err = unavailable(err)
	}
	if err != nil {
		return TokenResponse{}, err
	}
	return TokenResponse{
		AccessToken:  access,
		TokenType:    "bearer",
		ExpiresIn:    int(s.config.TTL.Seconds()),
		RefreshToken: string(grant.RefreshToken),
		Scope:        strings.Join(grant.Scopes, " "),
	}, nil
}

// dispatch authenticates the client, and runs the grant that it asks for if it
// may use it.
func (s *Server) dispatch(ctx context.Context, presented Authorization, in TokenRequest) (account.Grant, error) {
	asks, err := s.authenticate(ctx, presented, in.ClientForm)
	if err != nil {
		return account.Grant{}, err
	}
	run, err := s.grantOf(asks.Client, in)
	if err != nil {
		return account.Grant{}, err
	}
	if err := checkScope(asks.Client, in.Scope); err != nil {
		return account.Grant{}, err
	}
	if in.audience, err = s.audience(asks.Client, in.Resource); err != nil {
		return account.Grant{}, err
	}
	in.credential, in.standard = asks.credential, s.config.Audience
	grant, err := run(ctx, asks.Client, in)
	if err != nil {
		return grant, err
	}
	if !s.stillFor(asks.Client, grant.Audience) { // since the code was made
		return s.giveUp(ctx, grant, "What was granted is for nothing that the client may ask for any more")
	}
	return s.narrow(ctx, grant, in)
}

// stillFor reports whether a client may ask for all of an audience.
func (s *Server) stillFor(client account.Client, audience []string) bool {
	return !slices.ContainsFunc(audience, func(one string) bool {
		return !slices.Contains(client.Audiences, one) && !slices.Contains(s.config.Audience, one)
	})
}

// narrow gives the token the part of what was granted that the request names (RFC
// 8707 section 2.2). Where it names something else, what the grant has begun ends:
// the code that it was for is used up.
func (s *Server) narrow(ctx context.Context, grant account.Grant, in TokenRequest) (account.Grant, error) {
	granted := grant.Audience
	if granted == nil {
		granted = in.standard
	}
	for _, one := range in.audience {
		if slices.Contains(granted, one) {
			continue
		}
		return s.giveUp(ctx, grant, "What was granted is not for "+one)
	}
	if len(in.audience) > 0 {
		grant.Audience = in.audience
	}
	return grant, nil
}

// giveUp ends what a grant has begun that is for the wrong resource.
func (s *Server) giveUp(ctx context.Context, grant account.Grant, why string) (account.Grant, error) {
	if grant.SessionID != "" {
		if err := s.config.Accounts.Logout(ctx, grant.SessionID); err != nil {
			return grant, unavailable(err)
		}
	}
	return grant, refuse("invalid_target", why)
}

// grantOf finds the grant that a client asks for. None means password, as
// FastAPI's form has it, where that is on and somebody's name or password is there.
func (s *Server) grantOf(client account.Client, in TokenRequest) (grant, error) {
	name := in.GrantType
	if name == "" && in.Username+in.Password != "" && !s.config.NoPasswordGrant {
		name = account.GrantPassword
	}
	run, ok := s.grants[name]
	switch {
	case ok && client.MayUse(name):
		return run, nil
	case ok:
		return nil, refuse("unauthorized_client", "The client may not use this grant_type")
	case name == "":
		return nil, refuse("invalid_request", "The parameter grant_type is missing; it is one of "+s.grantNames())
	case name == account.GrantPassword:
		return nil, refuse("unsupported_grant_type", passwordIsOff)
	}
	return nil, refuse("unsupported_grant_type", "grant_type must be one of "+s.grantNames())
}

// passwordIsOff says what to do instead.
const passwordIsOff = "The password grant is off here, since it shows people's passwords to clients: sign in by grant_type authorization_code with PKCE, as holdfast login does, or get a token in the server's shell by holdfast token create; who runs the server can turn the grant on (--allow-password-grant, Config.AllowPasswordGrant)"

func (s *Server) grantNames() string { return strings.Join(slices.Sorted(maps.Keys(s.grants)), ", ") }

// checkScope refuses a scope that is none (RFC 6749 section 3.3), and one that the
// client may never ask for. What a user is not granted is no error: the client
// cannot know, and is told what was granted.
func checkScope(client account.Client, text string) error {
	if plain(text) != text {
		return refuse("invalid_scope", "Scopes are printable ASCII without quotes and backslashes, with blanks between them")
	}
	for _, one := range strings.Fields(text) {
		if !client.MayAsk(one) {
			return refuse("invalid_scope", "The client may not ask for "+one)
		}
	}
	return nil
}

// describeGrants is what the document says of POST /token.
func (s *Server) describeGrants() string {
	text := "The body is a form of at most 16 KiB in which every parameter stands once (resource may be repeated); empty ones are as if left out, and unknown ones are ignored. " +
		"grant_type is one of " + s.grantNames()
	if !s.config.NoPasswordGrant {
		text += "; left out, it is password"
	}
	return text + ". Errors are those of RFC 6749 section 5.2, and no answer may be kept by a cache."
}

// withoutFlows has the document and the docs page not offer what is off.
func (s *Server) withoutFlows() holdfast.RouteOption {
	var off apidoc.Operation
	if s.config.NoPasswordGrant {
		off.WithoutFlows = []string{"password"}
	}
	return holdfast.Document(off)
}
