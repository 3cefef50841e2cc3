package console

import (
	"net/http"

	"github.com/holdfast-go/holdfast/keyring"
)

// keyOf is a signing key as a page shows it.
type keyOf struct {
	keyring.Record
	Stage, Text string
}

func (c *console) keyList(r *http.Request) (out []keyOf, err error) {
	list, err := c.id.SigningKeys(r.Context())
	now := c.now()
	for _, one := range list {
		out = append(out, keyOf{one, one.Term.At(now).String(), one.Term.Describe(now)})
	}
	return out, err
}

func (c *console) keys(r *http.Request, _ caller) (page, error) {
	list, err := c.keyList(r)
	return page{"keys", "Signing keys", list}, err
}

// rotateKey announces the next key, or lets the one that is announced, or a new one,
// sign at once.
func (c *console) rotateKey(r *http.Request, _ caller) (done, error) {
	rotate, what := c.id.KeyRing().Rotate, "announced"
	if r.PostForm.Get("do") == "now" {
		rotate, what = c.id.KeyRing().RotateNow, "rotated"
	}
	_, err := rotate(r.Context())
	return done{to: "keys?done=" + what}, err
}
