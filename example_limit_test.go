package holdfast_test

import (
	"context"
	"fmt"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/work"
)

// What burns a core goes through a lane, which is as wide as the machine; what
// waits for something slow has a limit, so that it cannot take everything that
// the other routes need. Only callers who may call come so far.
func ExampleInLane() {
	lane := work.NewLane(work.Config{Name: "thumbnails"})
	defer lane.Close()
	began, finish := make(chan struct{}), make(chan struct{})

	app := holdfast.New("Photos", "1.0.0")
	thumbnail := func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
		close(began)
		<-finish
		return "a small photo", nil
	}
	holdfast.Post(app, "/thumbnails", holdfast.Public(), thumbnail,
		holdfast.InLane(lane),
		holdfast.Limit(holdfast.AtOnce{Requests: 1}))

	first := make(chan string)
	go func() { first <- call(app, "POST", "/thumbnails", "") }()
	<-began
	fmt.Println(call(app, "POST", "/thumbnails", "")) // with Retry-After
	close(finish)
	fmt.Println(<-first)
	// Output:
	// 503 {"detail":"Service Unavailable"}
	// 200 "a small photo"
}
