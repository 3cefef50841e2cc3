// Package resource writes the metadata of a protected resource (RFC 9728). It
// imports nothing of this module.
package resource

import (
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

// Issuer is the issuer whose OpenID Connect configuration stands at an address.
func Issuer(configuration string) string {
	return strings.TrimSuffix(configuration, "/.well-known/openid-configuration")
}

// Missing lists those of the wanted names that are not among what there is.
func Missing(wanted, there []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(one string) bool { return slices.Contains(there, one) })
}
