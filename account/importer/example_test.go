package importer_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/account/importer"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// Users come along from a program of Django's with the passwords that they know.
func Example() {
	dump := strings.NewReader(`[{"model": "auth.user", "fields": {
		"username": "anna", "is_active": true,
		"password": "pbkdf2_sha256$100$36jtn50sG6Bha5fYwVhSra$st6KXUAWePwJ9o8aipRaDGODqQy7pPqdeIpvW77+eek="}}]`)
	ctx := context.Background()
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	accounts, err := account.NewService(ctx, account.Config{Store: memory.New(), Passwords: passwords})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := importer.Import(ctx, accounts, dump, importer.Config{Format: importer.Django, Roles: []string{"user"}})
	fmt.Println(report.Read, "read,", report.Added, "added,", len(report.Refused), "refused,", err)
	// Output: 1 read, 1 added, 0 refused, <nil>
}
