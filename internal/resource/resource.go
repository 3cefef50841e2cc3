// Package resource writes the metadata of a protected resource (RFC 9728). It
// imports nothing of this module.
package resource

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// wellKnown is what stands between the host and the path of a resource's address
// in that of its metadata (RFC 9728 section 3.1).
const wellKnown = "/.well-known/oauth-protected-resource"

// Path is where the metadata of a resource stands on its host.
func Path(resource string) string {
	u, err := url.Parse(resource)
	if err != nil {
		return wellKnown
	}
	return wellKnown + strings.TrimSuffix(u.EscapedPath(), "/")
}

// Address is where the metadata of a resource stands; "" for no resource.
func Address(resource string) string {
	u, err := url.Parse(resource)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + Path(resource)
}

// Metadata is the document (RFC 9728 section 2).
type Metadata struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers"`
	Scopes               []string `json:"scopes_supported,omitempty"`
	BearerMethods        []string `json:"bearer_methods_supported"`
	Name                 string   `json:"resource_name,omitempty"`
	Documentation        string   `json:"resource_documentation,omitempty"`
	Terms                string   `json:"resource_tos_uri,omitempty"`
}

// Wanted is what the routes of an application want of bearer tokens.
type Wanted struct {
	any     bool
	scopes  []string
	issuers []string // of the OpenID Connect schemes
}

// Token adds a token with scopes, whose security scheme object is the one given.
func (w *Wanted) Token(scopes []string, scheme map[string]any) {
	w.any = true
	for _, one := range scopes {
		if !slices.Contains(w.scopes, one) {
			w.scopes = append(w.scopes, one)
		}
	}
	at, ok := scheme["openIdConnectUrl"].(string)
	if at = strings.TrimSuffix(at, "/.well-known/openid-configuration"); ok && !slices.Contains(w.issuers, at) {
		w.issuers = append(w.issuers, at)
	}
}

// Metadata is the document of what was said, which what is wanted completes. The
// error is a mistake in what was said.
func (w *Wanted) Metadata(said Metadata) ([]byte, error) {
	for _, one := range said.Scopes {
		if !slices.Contains(w.scopes, one) {
			return nil, fmt.Errorf("Config.API.Resource.Scopes: no route wants %s of a bearer token", one)
		}
	}
	if said.Scopes == nil {
		said.Scopes = w.scopes
	}
	if said.AuthorizationServers == nil {
		said.AuthorizationServers = w.issuers
	}
	if len(said.AuthorizationServers) == 0 {
		return nil, errors.New("Config.API.Resource: it has no AuthorizationServers, and no scheme of OpenIDConnect says who issues the tokens")
	}
	if said.BearerMethods = []string{}; w.any {
		said.BearerMethods = []string{"header"}
	}
	return json.Marshal(said)
}
