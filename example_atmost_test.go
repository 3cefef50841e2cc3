package holdfast_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

// A connection of which there are few is bounded where it is declared: for all
// routes together, and until it is given back.
func ExampleDep_AtMost() {
	free := 2
	connection := holdfast.Depends0(func(ctx context.Context) (int, error) {
		free--
		holdfast.Defer(ctx, func(_ context.Context, err error) error {
			free++
			return err
		})
		return free, nil
	}).AtMost(holdfast.AtOnce{Requests: 2, Queue: 16})

	app := holdfast.New("Reports", "1.0.0")
	report := func(_ context.Context, _ holdfast.Anyone, conn int, _ holdfast.NoInput) (string, error) {
		return fmt.Sprint("free now: ", conn), nil
	}
	app.Handle("GET /sales", holdfast.To1(holdfast.Public(), connection, report))
	app.Handle("GET /stock", holdfast.To1(holdfast.Public(), connection, report))

	fmt.Println(call(app, http.MethodGet, "/sales", ""))
	fmt.Println(call(app, http.MethodGet, "/stock", ""))
	fmt.Println("free at the end:", free)
	// Output:
	// 200 "free now: 1"
	// 200 "free now: 1"
	// free at the end: 2
}
