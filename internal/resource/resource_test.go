package resource_test

import (
	"testing"

	"github.com/holdfast-go/holdfast/internal/resource"
)

// RFC 9728 section 3.1: the well-known path stands between host and path, and a
// slash that ends the address is not part of it.
func TestWhereMetadataStands(t *testing.T) {
	t.Parallel()
	for of, want := range map[string]string{
		"https://api.example.org":           "https://api.example.org/.well-known/oauth-protected-resource",
		"https://api.example.org/":          "https://api.example.org/.well-known/oauth-protected-resource",
		"http://127.0.0.1:8000/mcp":         "http://127.0.0.1:8000/.well-known/oauth-protected-resource/mcp",
		"https://api.example.org/a/b%20c/":  "https://api.example.org/.well-known/oauth-protected-resource/a/b%20c",
		"https://[::1]:8443/resource1?k=v1": "https://[::1]:8443/.well-known/oauth-protected-resource/resource1",
		"":                                  "",
		"not an address":                    "",
		"%":                                 "",
	} {
		if got := resource.Address(of); got != want {
			t.Errorf("Address(%q) = %q, want %q", of, got, want)
		}
	}
	if got := resource.Path("%"); got != "/.well-known/oauth-protected-resource" {
		t.Errorf("Path of no address = %q", got)
	}
}
