package issuer

import (
	"context"
	"net"
)

// Dialled reports whether an address may be dialled, for an issuer that is on
// this machine or not, where private ones are allowed or not.
func Dialled(address string, loopback, private bool) error {
	return rules{loopback: loopback, private: private}.dialled("tcp", address, nil)
}

// Dial dials with the package's own transport.
func Dial(ctx context.Context, address string, loopback bool) (net.Conn, error) {
	return rules{loopback: loopback}.transport().DialContext(ctx, "tcp", address)
}

// ParseDocument reads a discovery document.
func ParseDocument(text string) (issuer, keySet string, err error) {
	d, err := parseDocument(text)
	return d.issuer, d.keySet, err
}

// Judge reads an introspection's answer: what it says, or why the token is
// refused, or why the answer says nothing.
func Judge(c IntrospectionConfig, text string) (claims Claims, refusal, err error) {
	c, err = c.withDefaults()
	if err != nil {
		return Claims{}, nil, err
	}
	v, err := c.judge(text)
	return v.claims, v.refusal, err
}

// Bare is claims without the text they were read from.
func Bare(c Claims) Claims { c.text = ""; return c }
