package oauth

import (
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/account"
)

// audience is what tokens are to be for: the resources that a request names (RFC
// 8707), each as the configuration or the client's registration writes it. Nil is
// the issuer's default. The error is an answer.
func (s *Server) audience(client account.Client, resources []string) ([]string, error) {
	var out []string
	for _, one := range resources {
		wanted, ok := canonical(one)
		if !ok {
			return nil, refuse("invalid_target", "A resource must be an absolute URI without a fragment")
		}
		found, ok := s.findAudience(client, wanted)
		if !ok {
			return nil, refuse("invalid_target", "The client may not ask for tokens for "+one)
		}
		if !slices.Contains(out, found) {
			out = append(out, found)
		}
	}
	return out, nil
}

// findAudience finds a resource among what the client may ask tokens for.
func (s *Server) findAudience(client account.Client, wanted string) (string, bool) {
	for _, one := range slices.Concat(s.config.Audience, client.Audiences) {
		if have, ok := canonical(one); ok && have == wanted {
			return one, true
		}
	}
	if have, ok := canonical(s.config.Resource); ok && have == wanted && len(s.config.Audience) > 0 {
		return s.config.Audience[0], true
	}
	return "", false
}

// canonical is an absolute URI without a fragment in the one spelling of RFC 3986
// section 6.2: clients write "https://api.example" with a slash and without.
func canonical(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || !u.IsAbs() || strings.Contains(text, "#") || u.User != nil || u.Host == "" && u.Opaque == "" {
		return "", false
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if u.Path == "" && u.Opaque == "" {
		u.Path = "/"
	}
	return u.String(), true
}
