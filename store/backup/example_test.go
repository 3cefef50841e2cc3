package backup_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/backup"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// A program makes a backup of its own store while it serves.
func ExampleWrite() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "app.db"))
	if err != nil {
		panic(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Update(ctx, func(w account.Writer) error { return w.PutRole(account.Role{Name: "editor"}) }); err != nil {
		panic(err)
	}

	report, err := backup.Write(ctx, store, filepath.Join(dir, "backup.db"), backup.Options{})
	if err != nil {
		panic(err)
	}
	for _, t := range report.Tables {
		if t.Name == "roles" {
			fmt.Println(t.Rows, "role")
		}
	}
	// Output: 1 role
}
