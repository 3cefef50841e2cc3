package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/postgres"
)

// writers write roles until they are told to end, and note what was acknowledged.
type writers struct {
	store  *postgres.Store
	ending chan struct{}
	all    sync.WaitGroup

	mu           sync.Mutex
	acknowledged []string
	failed       int
}

func (w *writers) begin(n int) {
	w.ending = make(chan struct{})
	for writer := range n {
		w.all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-w.ending:
					return
				default:
				}
				name := fmt.Sprintf("role-%d-%d", writer, n)
				err := w.store.Update(context.Background(), putRole(name))
				w.mu.Lock()
				if err == nil {
					w.acknowledged = append(w.acknowledged, name)
				} else {
					w.failed++
				}
				w.mu.Unlock()
			}
		})
	}
}

func (w *writers) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acknowledged)
}

// until waits until so many more were acknowledged.
func (w *writers) until(t *testing.T, more int) {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(time.Millisecond)
	for want := w.count() + more; w.count() < want; {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("nothing is written any more")
		}
	}
}

func (w *writers) end() (acknowledged []string, failed int) {
	close(w.ending)
	w.all.Wait()
	return w.acknowledged, w.failed
}

// waits waits until a query counts something.
func waits(t *testing.T, query func(context.Context, string, ...any) *sql.Row, text string) {
	t.Helper()
	late := time.After(20 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		var n int
		if err := query(t.Context(), text).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("never more than 0: %s", text)
		}
	}
}

// No statement of a transaction that writes is made a program of: without seq scans
// the planner says of the smallest table that it is worth it.
func TestWritersAreNotCompiled(t *testing.T) {
	t.Parallel()
	url := database(t)
	store := open(t, postgres.Config{URL: url, Listen: postgres.DoNotListen})
	alter(t, url, `CREATE FUNCTION no_jit() RETURNS trigger LANGUAGE plpgsql AS
		$$BEGIN IF current_setting('jit')::bool THEN RAISE 'jit is on'; END IF; RETURN NEW; END$$`)
	alter(t, url, "CREATE TRIGGER no_jit BEFORE INSERT ON roles FOR EACH ROW EXECUTE FUNCTION no_jit()")
	if err := store.Update(t.Context(), func(w account.Writer) error { return w.PutRole(account.Role{Name: "new"}) }); err != nil {
		t.Error(err)
	}
}
