package breached_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/password/breached"
)

// A list of hashes becomes a filter once; a policy asks it whenever a password is
// set.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file, err := os.Create(filepath.Join(dir, "breached.filter"))
	if err != nil {
		fmt.Println(err)
		return
	}
	// The SHA-1 of "four words from a breach", found three times.
	list := strings.NewReader("1C5B15F41A29733B237FFFC1FF97A080937E02AA:3\n")
	stats, err := breached.Build(context.Background(), list, file, breached.Config{})
	fmt.Println(stats.Entries, "entry,", err, file.Close())

	filter, err := breached.Open(file.Name())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = filter.Close() }()
	policy := password.Policy{Breached: filter}
	fmt.Println(policy.Check("four words from a breach"))
	fmt.Println(policy.Check("four words from nowhere"))
	// Output:
	// 1 entry, <nil> <nil>
	// the password is known from a breach of another service
	// <nil>
}
