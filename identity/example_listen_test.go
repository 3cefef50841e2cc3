package identity_test

import (
	"fmt"
	"net"

	"github.com/holdfast-go/holdfast/identity"
)

// A program asks, before it opens anything, whether it may serve where it was told
// to listen: what others can reach is served over TLS, by itself or by a proxy that it
// trusts, or on purpose without.
func ExampleConfig_CheckServe() {
	everywhere := &net.TCPAddr{IP: net.IPv4zero, Port: 8000}
	for _, config := range []identity.Config{
		{URL: "https://library.example"},
		{URL: "https://library.example", TrustedProxies: []string{"10.0.0.1"}},
		{URL: "http://library.example", InsecureHTTP: true},
	} {
		fmt.Println(config.CheckServe(everywhere) == nil)
	}
	// Output:
	// false
	// true
	// true
}
