package work_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

// All hashing of an application runs in one lane, so that a flood of sign-ins
// takes a bounded part of the machine. With a Headroom the hashing gives way to
// everything else.
func Example() {
	headroom := work.NewHeadroom()
	defer headroom.Close()
	lane := work.NewLane(work.Config{Name: "passwords", Headroom: headroom})
	defer lane.Close()
	passwords, err := password.NewContext(password.Config{Run: lane.Do})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	hash, err := passwords.Hash(ctx, "correct horse battery")
	if err != nil {
		fmt.Println(err)
		return
	}
	right, err := passwords.Verify(ctx, "correct horse battery", hash)
	fmt.Println(right, err, lane.Stats().Done)
	// Output: true <nil> 2
}

// A caller who finds the lane full is told at once. A handler that returns the
// error answers 503 with Retry-After.
func ExampleLane_Do() {
	lane := work.NewLane(work.Config{Name: "thumbnails", Workers: 1, Queue: -1})
	defer lane.Close()

	ctx := context.Background()
	err := lane.Do(ctx, func() error {
		err := lane.Do(ctx, func() error { return nil }) // somebody else, meanwhile
		fmt.Println("meanwhile:", errors.Is(err, work.ErrBusy))
		return errors.New("no such picture")
	})
	fmt.Println("the function's own error:", err)
	fmt.Println("refused:", lane.Stats().Refused)
	// Output:
	// meanwhile: true
	// the function's own error: no such picture
	// refused: 1
}
