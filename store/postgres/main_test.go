package postgres_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/pgtest"
	"github.com/holdfast-go/holdfast/store/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// ready makes the tables of the database that others are copies of, once.
var ready sync.Once

// database is a new one that has its tables already.
func database(t testing.TB) (url string) {
	t.Helper()
	server := pgtest.Shared(t)
	ready.Do(func() {
		server.Exec(t, "postgres", "CREATE DATABASE ready TEMPLATE template0")
		store, err := postgres.Open(context.Background(), postgres.Config{URL: server.URL("ready"), Listen: postgres.DoNotListen})
		if err != nil {
			t.Error(err)
			return
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.Copy(t, "ready")
}

// open opens a store with a configuration that says what is not usual.
func open(t testing.TB, config postgres.Config) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(context.Background(), config)
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return store
}

// fresh is a store in a database of its own, with more patience than a server has:
// some tests write thousands of rows in one transaction.
func fresh(t testing.TB) *postgres.Store {
	t.Helper()
	return open(t, postgres.Config{URL: database(t), Timeout: time.Minute})
}
