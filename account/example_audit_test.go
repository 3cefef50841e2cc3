package account_test

import (
	"context"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// Who removes a user outside of a request says who they are, and the trail says it
// afterwards.
func ExampleService_Audit() {
	ctx, store := context.Background(), memory.New()
	passwords, _ := password.NewContext(password.Config{})
	accounts, _ := account.NewService(ctx, account.Config{Store: store, Passwords: passwords})
	trail := account.NewAuditTrail(store, account.AuditKey{1, 2, 3}, time.Now) // 256 random bits, in a program

	user, _ := accounts.CreateUser(ctx, account.NewUser{Name: "anna", WithoutPassword: true})
	cleanup := account.WithActor(ctx, account.AuditActor{Kind: "program", Name: "nightly cleanup"})
	_ = accounts.RemoveUser(cleanup, user.ID)

	_, _ = trail.Seal(ctx) // a program does that twice a second: see AuditTrail.Run
	list, _ := accounts.Audit(ctx, account.AuditQuery{User: user.ID, Newest: true, Limit: 1})
	fmt.Println(list[0].Kind, "by", list[0].Actor.Name, "on", list[0].On.Name)

	head, _ := trail.Head(ctx) // to be kept elsewhere
	report, _ := trail.Verify(ctx, head)
	fmt.Printf("%d records, fault: %q\n", report.Records, report.Fault)
	// Output:
	// user.removed by nightly cleanup on anna
	// 6 records, fault: ""
}
