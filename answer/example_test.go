package answer_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
)

type item struct {
	Name string `json:"name"`
}

type newItem struct {
	Name string `path:"name"`
	Body item
}

// A PUT answers 201 with the place of what it made, and 200 where it replaced
// something.
func ExampleAnswer() {
	items := map[string]item{}
	put := func(_ context.Context, _ holdfast.Anyone, in newItem) (answer.Answer[item], error) {
		_, known := items[in.Name]
		items[in.Name] = in.Body
		if known {
			return answer.OK(in.Body), nil
		}
		return answer.Created(in.Body, "/items/"+in.Name), nil
	}
	app := holdfast.New("Shop", "1.0.0")
	holdfast.Put(app, "/items/{name}", holdfast.Public(), put, holdfast.Status(200, 201))

	for range 2 {
		r := httptest.NewRequest(http.MethodPut, "/items/1", strings.NewReader(`{"name":"sword"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Location"), w.Body)
	}
	// Output:
	// 201 /items/1 {"name":"sword"}
	// 200  {"name":"sword"}
}

// A resource that has not changed is not sent again.
func ExampleNotModified() {
	read := func(_ context.Context, _ holdfast.Anyone, in struct {
		Known string `header:"If-None-Match"`
	},
	) (answer.Answer[item], error) {
		const tag = `"v1"`
		if in.Known == tag {
			return answer.NotModified[item]().WithHeader("ETag", tag), nil
		}
		return answer.OK(item{"sword"}).WithHeader("ETag", tag), nil
	}
	app := holdfast.New("Shop", "1.0.0")
	holdfast.Get(app, "/sword", holdfast.Public(), read, holdfast.Status(200, 304))

	for _, known := range []string{"", `"v1"`} {
		r := httptest.NewRequest(http.MethodGet, "/sword", nil)
		r.Header.Set("If-None-Match", known)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("ETag"), w.Body)
	}
	// Output:
	// 200 "v1" {"name":"sword"}
	// 304 "v1"
}

// A shape may begin with that of RFC 9457 and give problems a type of their own.
func ExampleShape() {
	type problem struct {
		answer.ProblemDetails
		Retry bool `json:"retry"`
	}
	format := answer.Shape("application/problem+json", func(_ *http.Request, f answer.Failure) problem {
		out := problem{f.Problem(), f.Status == http.StatusServiceUnavailable}
		out.Type = "https://errors.example.org/" + strings.ReplaceAll(f.Reason, " ", "-")
		return out
	})

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	kind, err := format.Encode(os.Stdout, r, answer.Failure{Status: 503, Detail: "Come again", Reason: "busy"})
	fmt.Println(kind, err)
	// Output:
	// {"detail":"Come again","status":503,"title":"Service Unavailable","type":"https://errors.example.org/busy","retry":true}
	// application/problem+json <nil>
}
