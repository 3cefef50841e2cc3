package holdfast_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/holdfast-go/holdfast"
)

type startIn struct {
	ID   int    `path:"id" minimum:"1"`
	Q    string `query:"q" maxLength:"50"`
	Page int    `query:"page" default:"1"`
}
type startOut struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// How long an application of many routes takes to start.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				o := holdfast.OAuth2PasswordBearer("token")
				me := o.Scope("me", "x")
				dep := holdfast.Verify(o, func(context.Context, string) (startClaims, error) { return startClaims{}, nil })
				app := holdfast.New("Many", "1")
				for i := range n {
					holdfast.Get(app, fmt.Sprintf("/r%d/{id}", i), holdfast.Security(dep, me), func(_ context.Context, _ startClaims, in startIn) (startOut, error) { return startOut{ID: in.ID}, nil })
				}
				if err := app.Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type startClaims struct{}

func (startClaims) HasScope(string) bool { return true }
