package holdfast_test

import (
	"context"
	"errors"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// Check is Verify for credentials that know no scopes.
func TestCheck(t *testing.T) {
	t.Parallel()
	key := holdfast.APIKeyHeader("X-Key")
	machine := holdfast.Check(key, func(_ context.Context, k string) (string, error) {
		if k != "good" {
			return "", errors.New("unknown key")
		}
		return "machine", nil
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(machine), shown[string])
	for lines, want := range map[string]string{
		"X-Key: good": `"machine"`, "X-Key: bad": `{"detail":"Could not validate credentials"}`, "": `{"detail":"Not authenticated"}`,
	} {
		w := send(app, "/", lines)
		if w.Body.String() != want || w.Code != 200 && (w.Code != 401 || w.Header().Get("WWW-Authenticate") != "APIKey") {
			t.Errorf("GET / with %q = %d %s, challenge %q", lines, w.Code, w.Body, w.Header().Get("WWW-Authenticate"))
		}
	}
}
