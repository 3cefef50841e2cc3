package holdfast_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

type letter struct {
	Owner string `json:"owner"`
	Text  string `json:"text"`
}

type letterID struct {
	ID string `path:"id"`
}

var letters = map[string]letter{"1": {"alice", "Dear Bob"}, "2": {"bob", "Dear Alice"}}

// ownLetter finds a letter for its owner. To others it is as if there were
// none.
func ownLetter(_ context.Context, caller string, in letterID) (letter, error) {
	found, ok := letters[in.ID]
	if !ok || found.Owner != caller {
		return letter{}, holdfast.Errorf(http.StatusNotFound, "Letter not found")
	}
	return found, nil
}

// An owner check is a dependency of who calls and of what the path names. As
// the policy of a route, it hands the handler the very thing that may be
// touched.
func ExampleDepends2() {
	// The bearer of a token is who the token names: look it up here.
	caller := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) { return token, nil })
	own := holdfast.Depends2(caller, holdfast.Params[letterID](), ownLetter)

	app := holdfast.New("Letters", "1.0.0")
	readLetter := func(_ context.Context, l letter, _ holdfast.NoInput) (letter, error) { return l, nil }
	holdfast.Get(app, "/letters/{id}", holdfast.Security(own), readLetter)

	fmt.Println(call(app, "GET", "/letters/1", "alice"))
	fmt.Println(call(app, "GET", "/letters/1", "bob"))
	fmt.Println(call(app, "GET", "/letters/1", ""))
	// Output:
	// 200 {"owner":"alice","text":"Dear Bob"}
	// 404 {"detail":"Letter not found"}
	// 401 {"detail":"Not authenticated"}
}
