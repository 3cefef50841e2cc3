package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestSessionsAreLinearizableAtTwoStoresOnOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	storetest.Linear(t, open(t, path), open(t, path))
}

func TestAThousandRefreshesAreOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	storetest.Refreshes(t, func(t *testing.T) storetest.Closer { return open(t, path) })
}
