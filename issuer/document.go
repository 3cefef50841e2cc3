package issuer

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

// ErrOtherIssuer says that a discovery document names another issuer than the
// one that was asked for. If it were followed, one issuer's tokens could pass
// for the other's (RFC 8414 section 3.3; RFC 9207 calls it mix-up).
var ErrOtherIssuer = errors.New("issuer: the document is another issuer's")

// places are the URLs at which an issuer may publish its document. The first is
// OpenID Connect's, to which most issuers keep; the second RFC 8414's, which
// puts the issuer's path behind the well-known one; the third that of OpenID
// providers who do as RFC 8414 does (its section 5).
func places(issuer *url.URL) []string {
	const well = "/.well-known/"
	host, path := issuer.Scheme+"://"+issuer.Host, strings.TrimRight(issuer.EscapedPath(), "/")
	list := []string{host + path + well + "openid-configuration", host + well + "oauth-authorization-server" + path}
	if path != "" {
		list = append(list, host+well+"openid-configuration"+path)
	}
	return list
}

// document is what is used of a discovery document.
type document struct {
	issuer string
	keySet string // jwks_uri
}

func parseDocument(text string) (document, error) {
	var d document
	o := strictjson.NewObject(text, maxDepth)
	for o.Next() {
		ok := true
		switch o.Name() {
		case "issuer":
			d.issuer, ok = strictjson.String(o.Value())
		case "jwks_uri":
			d.keySet, ok = strictjson.String(o.Value())
		}
		if !ok {
			return document{}, fmt.Errorf("%s is not a string", o.Name())
		}
	}
	switch {
	case o.Err() != nil:
		return document{}, o.Err()
	case d.issuer == "":
		return document{}, errors.New("it names no issuer")
	case d.keySet == "":
		return document{}, errors.New("it has no jwks_uri")
	}
	return d, nil
}

// of makes sure that the document is the issuer's.
func (d document) of(issuer, place string) error {
	if d.issuer != issuer {
		return fmt.Errorf("%w: the one at %s names %q, and wanted is exactly %q", ErrOtherIssuer, place, d.issuer, issuer)
	}
	return nil
}
