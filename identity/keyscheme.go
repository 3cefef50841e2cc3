package identity

import (
	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/keytext"
	"github.com/holdfast-go/holdfast/internal/plan"
)

// keyName is the name of the scheme of API keys in the document and in the access
// table.
const keyName = "APIKey"

// APIKeyPattern is a regular expression, of RE2 and of all that know more, for
// those who search source code and logs for API keys that have leaked. What it
// finds is a key if the checksum at its end is right: docs/howto/api-keys.md says
// how that is made.
const APIKeyPattern = keytext.Pattern

// keyScheme is how a program presents an API key: where a token would be, with
// the scopes of tokens. An access token is no key, not even a wrong one.
func keyScheme(tokens *holdfast.Scheme[string]) *holdfast.Scheme[string] {
	return holdfast.HTTPBearer(holdfast.Named(keyName), holdfast.ScopesOf(tokens), holdfast.BearerFormat("hfp_… or hfk_…"), plan.OnlyTokens(keytext.Is),
		holdfast.Described("An API key of a user (hfp_…) or of a client (hfk_…), in place of an access token"))
}
