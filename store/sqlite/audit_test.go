package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestTheTrailInTheFile(t *testing.T) {
	t.Parallel()
	storetest.Trail(t, func(t *testing.T) (func() account.Store, *sql.DB) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "test.db")
		raw, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = raw.Close() })
		return func() account.Store { return open(t, file) }, raw
	})
}
