package holdfast_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

// ticks is an answer that writes itself, one event after the other.
type ticks struct{ n int }

func (t ticks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range t.n {
		if r.Context().Err() != nil {
			return // the caller has left
		}
		fmt.Fprintf(w, "data: tick %d\n\n", i+1)
		_ = http.NewResponseController(w).Flush() // the last write fails if the caller has left
	}
}

type howMany struct {
	Ticks int `query:"ticks" default:"2" minimum:"1" maximum:"100"`
}

// A handler that returns an http.Handler has its input read and its errors
// answered as any other, and what it returns writes the response: a stream, a
// file, a redirect.
func ExampleTo() {
	caller := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) { return token, nil })

	app := holdfast.New("Clock", "1.0.0")
	stream := func(_ context.Context, who string, in howMany) (http.Handler, error) {
		if who == "mallory" {
			return nil, holdfast.Errorf(http.StatusTooManyRequests, "You listen too much")
		}
		return ticks{in.Ticks}, nil
	}
	app.Handle("GET /ticks", holdfast.To(holdfast.Security(caller), stream), holdfast.Answers("text/event-stream"))

	fmt.Printf("%q\n", call(app, "GET", "/ticks", "alice"))
	fmt.Println(call(app, "GET", "/ticks", "mallory"))
	fmt.Println(call(app, "GET", "/ticks", ""))
	// Output:
	// "200 data: tick 1\n\ndata: tick 2\n\n"
	// 429 {"detail":"You listen too much"}
	// 401 {"detail":"Not authenticated"}
}

// A raw handler writes the response itself. Until it has begun to, an error is
// answered as everywhere.
func ExampleRaw() {
	caller := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) { return token, nil })
	photos := map[string]string{"cat": "\x89PNG"}

	app := holdfast.New("Photos", "1.0.0")
	photo := func(w http.ResponseWriter, r *http.Request, who string) error {
		data, ok := photos[r.PathValue("name")]
		if !ok {
			return holdfast.Errorf(http.StatusNotFound, "No such photo, %s", who)
		}
		w.Header().Set("Content-Type", "image/png")
		_, err := fmt.Fprint(w, data)
		return err
	}
	app.Handle("GET /photos/{name}", holdfast.Raw(holdfast.Security(caller), photo), holdfast.Answers("image/png"))

	fmt.Printf("%q\n", call(app, "GET", "/photos/cat", "alice"))
	fmt.Println(call(app, "GET", "/photos/dog", "alice"))
	fmt.Println(call(app, "GET", "/photos/cat", ""))
	// Output:
	// "200 \x89PNG"
	// 404 {"detail":"No such photo, alice"}
	// 401 {"detail":"Not authenticated"}
}
