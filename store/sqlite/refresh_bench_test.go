//go:build unix

package sqlite_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// BenchmarkRefresh rotates one session's token again and again. cpu-us/op is what it
// costs beside the disk.
func BenchmarkRefresh(b *testing.B) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "test.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
	if err != nil {
		b.Fatal(err)
	}
	accounts, err := account.NewService(b.Context(), account.Config{Store: store, Passwords: passwords})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := accounts.CreateUser(b.Context(), account.NewUser{Name: "anna", Password: "correct horse battery", Roles: []string{"user"}}); err != nil {
		b.Fatal(err)
	}
	grant, err := accounts.Login(b.Context(), "anna", "correct horse battery", account.Ask{Scopes: []string{"me"}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	began := cpu(b)
	for b.Loop() {
		if grant, err = accounts.Refresh(b.Context(), string(grant.RefreshToken), account.Ask{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu(b)-began)/float64(b.N), "cpu-us/op")
}

// cpu is the processor time of this process, in microseconds.
func cpu(b *testing.B) int64 {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Sec*1e6 + int64(used.Utime.Usec) + used.Stime.Sec*1e6 + int64(used.Stime.Usec)
}
