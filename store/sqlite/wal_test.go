package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

// bulky writes a quarter of a mebibyte.
func bulky(n int) func(account.Writer) error {
	return func(w account.Writer) error {
		return w.PutRole(account.Role{Name: fmt.Sprint("bulky-", n%4), Description: strings.Repeat(string(rune('a'+n%26)), 256<<10)})
	}
}

func walSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	check(t, err)
	return info.Size()
}

// Readers who follow each other without a gap keep SQLite from beginning its
// write-ahead log again. It stays bounded all the same.
func TestTheWriteAheadLogIsBoundedUnderReaders(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	store := open(t, path)
	store.BoundLog(2 << 20)
	read := func(account.Reader) error { return nil }
	next := func() (end func()) { // a reader who has begun
		begun, ending, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			_ = store.View(context.WithoutCancel(t.Context()), func(r account.Reader) error {
				_, err := r.Roles() // from here on it sees the same
				close(begun)
				<-ending
				return err
			})
		}()
		<-begun
		return func() { close(ending); <-ended }
	}
	var most int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // there is always one, and mostly two
		defer close(done)
		end := next()
		for {
			another := next()
			end()
			end = another
			select {
			case <-stop:
				end()
				return
			default:
			}
		}
	}()
	for n := range 120 { // 30 MiB
		check(t, store.Update(t.Context(), bulky(n)))
		most = max(most, walSize(t, path))
	}
	close(stop)
	<-done
	check(t, store.View(t.Context(), read))
	if most > 8<<20 {
		t.Errorf("the write-ahead log had %d bytes, want at most %d", most, 8<<20)
	}
	t.Logf("at most %d bytes", most)
}

// While somebody reads for long the log grows, and no writer waits for it; then it is
// cut down.
func TestALongReaderIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	store := open(t, path)
	store.BoundLog(2 << 20)
	check(t, store.Update(t.Context(), bulky(0)))
	begun, ending, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- store.View(context.WithoutCancel(t.Context()), func(r account.Reader) error {
			_, err := r.Roles()
			close(begun)
			<-ending
			return err
		})
	}()
	<-begun
	for n := range 80 { // 20 MiB
		check(t, store.Update(t.Context(), bulky(n)))
	}
	if size := walSize(t, path); size < 16<<20 {
		t.Errorf("the log has %d bytes under a reader, so this tests nothing", size)
	}
	close(ending)
	check(t, <-ended)
	for n := 0; n < 80 && walSize(t, path) > 16<<20; n++ { // a busy machine may want more than one
		check(t, store.Update(t.Context(), bulky(n)))
	}
	if size := walSize(t, path); size > 16<<20 { // which are kept
		t.Errorf("the log has %d bytes after the reader, want 16 MiB at most", size)
	}
}
