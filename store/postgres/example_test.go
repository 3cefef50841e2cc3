package postgres_test

import (
	"context"
	"fmt"
	"os"

	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/postgres"
)

// A program with users in PostgreSQL is one with users in a file, but for the line
// that opens the store.
func ExampleOpen() {
	ctx := context.Background()
	store, err := postgres.Open(ctx, postgres.Config{URL: os.Getenv("DATABASE_URL"), MaxConns: 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = store.Close() }()
	id, err := identity.Open(ctx, identity.Config{Scheme: identity.NewScheme(), Store: store, URL: "https://library.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = id.Close() }()
}
