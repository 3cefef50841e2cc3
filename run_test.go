package holdfast_test

import (
	"context"
	"encoding"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

type positive struct {
	ID int `path:"id" minimum:"1"`
}

// A parameter that was invalid for one alternative is invalid for the handler,
// also when the caller passes by another alternative.
func TestAnotherWayInDoesNotExcuseAParameter(t *testing.T) {
	t.Parallel()
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	params := holdfast.Params[positive]()
	loaded := holdfast.Depends1(params, func(_ context.Context, in positive) (*int, error) { return &in.ID, nil })
	own := holdfast.Depends2(s.user, params, func(_ context.Context, u user, _ positive) (string, error) { return u.Name, nil })
	app := quiet()
	app.Handle("GET /x/{id}", holdfast.To2(
		holdfast.AnyOf(holdfast.Security(own), holdfast.Security(key.Credential())), params, loaded,
		func(_ context.Context, who string, in positive, item *int, _ holdfast.NoInput) (string, error) {
			return fmt.Sprint(who, in.ID, *item), nil
		}))
	for lines, want := range map[string]int{
		"Authorization: Bearer amy::\nX-Key: k": 422, "X-Key: k": 422, "Authorization: Bearer amy::": 422, "Authorization: Bearer bad": 401,
	} {
		if w := send(app, "/x/-5", lines); w.Code != want {
			t.Errorf("GET /x/-5 with %q = %d %s, want %d", lines, w.Code, w.Body, want)
		}
	}
	if w := send(app, "/x/5", "X-Key: k"); w.Body.String() != `"k5 5"` {
		t.Errorf("GET /x/5 = %d %s, want k 5 5", w.Code, w.Body)
	}
}

// brittle panics when it reads some texts.
type brittle string

func (b *brittle) UnmarshalText(text []byte) error {
	if string(text) == "boom" {
		panic("boom")
	}
	*b = brittle(text)
	return nil
}

var _ encoding.TextUnmarshaler = new(brittle)

// What a request left behind when it panicked is not the next one's.
func TestNothingOfOneRequestIsSeenByTheNext(t *testing.T) {
	t.Parallel()
	type in struct {
		Name string  `query:"name"`
		X    brittle `query:"x"`
	}
	app := quiet()
	holdfast.Get(app, "/dep", holdfast.Security(holdfast.Params[in]()), shown[in])
	holdfast.Get(app, "/own", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, i in) (in, error) { return i, nil })
	for _, path := range []string{"/dep", "/own"} {
		for range 20 {
			if w := send(app, path, "?name=secret&x=boom"); w.Code != http.StatusInternalServerError {
				t.Fatalf("GET %s = %d, want 500", path, w.Code)
			}
			if w := send(app, path, ""); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "secret") {
				t.Fatalf("GET %s = %d %s: the request before is seen", path, w.Code, w.Body)
			}
		}
	}
}
