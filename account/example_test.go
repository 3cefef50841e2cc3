package account_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// A user is added, signs in, and is then asked about at each request: what the
// roles grant counts from that moment on, not what they granted at sign-in.
func Example() {
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
	anna, err := accounts.CreateUser(ctx, account.NewUser{Name: "anna", Password: "correct horse battery", Roles: []string{"manager"}})
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = accounts.Login(ctx, "anna", "a wrong password", account.Ask{})
	fmt.Println("wrong password:", errors.Is(err, account.ErrBadLogin))
	grant, err := accounts.Login(ctx, "anna", "correct horse battery", account.Ask{Scopes: []string{"me", "users:read", "users:write"}})
	fmt.Println("signed in:", grant.Scopes, err)

	caller, err := accounts.Caller(ctx, grant.User.ID, grant.SessionID, grant.Scopes)
	fmt.Println("a manager:", caller.HasRole("manager"), caller.HasScope("users:read"), err)
	if _, err := accounts.SetRoles(ctx, anna.ID, []string{"user"}); err != nil {
		fmt.Println(err)
		return
	}
	caller, err = accounts.Caller(ctx, grant.User.ID, grant.SessionID, grant.Scopes)
	fmt.Println("a manager:", caller.HasRole("manager"), caller.HasScope("users:read"), err)
	// Output:
	// wrong password: true
	// signed in: [me users:read] <nil>
	// a manager: true true <nil>
	// a manager: false false <nil>
}

// A refresh token works once. One that is used twice was copied by somebody, so
// its session ends.
func ExampleService_Refresh() {
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
	if _, err := accounts.CreateUser(ctx, account.NewUser{Name: "anna", Password: "correct horse battery", Roles: []string{"user"}}); err != nil {
		fmt.Println(err)
		return
	}
	first, err := accounts.Login(ctx, "anna", "correct horse battery", account.Ask{Scopes: []string{"me"}})
	if err != nil {
		fmt.Println(err)
		return
	}

	second, err := accounts.Refresh(ctx, string(first.RefreshToken), account.Ask{})
	fmt.Println("the same session:", second.SessionID == first.SessionID, err)
	_, err = accounts.Refresh(ctx, string(first.RefreshToken), account.Ask{})
	fmt.Println("used twice:", errors.Is(err, account.ErrBadGrant))
	_, err = accounts.Caller(ctx, second.User.ID, second.SessionID, second.Scopes)
	fmt.Println("the session has ended:", errors.Is(err, account.ErrNoCaller))
	// Output:
	// the same session: true <nil>
	// used twice: true
	// the session has ended: true
}
