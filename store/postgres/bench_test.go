package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/postgres"
)

// BenchmarkSessions begins sessions as a sign-in does, for 100 users at once, and
// says how many transactions had to be run again.
func BenchmarkSessions(b *testing.B) {
	store := open(b, postgres.Config{URL: database(b)})
	for n := range 100 {
		name := fmt.Sprint("user-", n)
		err := store.Update(context.Background(), func(w account.Writer) error {
			return w.PutUser(account.User{ID: name, Name: name, Created: day})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	var n atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			i := n.Add(1)
			user := fmt.Sprint("user-", i%100)
			err := store.Update(context.Background(), func(w account.Writer) error {
				if _, err := w.User(user); err != nil {
					return err
				}
				id := fmt.Sprintf("%x-%d", i*2654435761%1e9, i)
				if err := w.PutSession(account.Session{ID: id, UserID: user, Handle: id, Created: day, Expires: day.AddDate(1, 0, 0), LastUsed: day}); err != nil {
					return err
				}
				return w.TrimSessions(user, 100, 10)
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(store.Stats().Retried)/float64(b.N), "retries/op")
}
