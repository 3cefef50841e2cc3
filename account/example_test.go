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
	tab, err := accounts.Refresh(ctx, string(first.RefreshToken), account.Ask{})
	fmt.Println("a second tab gets the same:", tab.RefreshToken == second.RefreshToken, err)

	// The new one is used: the first, if it comes again, is a copy.
	_, _ = accounts.Refresh(ctx, string(second.RefreshToken), account.Ask{})
	_, err = accounts.Refresh(ctx, string(first.RefreshToken), account.Ask{})
	fmt.Println("stolen:", errors.Is(err, account.ErrBadGrant))
	_, err = accounts.Caller(ctx, second.User.ID, second.SessionID, second.Scopes)
	fmt.Println("the session has ended:", errors.Is(err, account.ErrNoCaller))
	// Output:
	// the same session: true <nil>
	// a second tab gets the same: true <nil>
	// stolen: true
	// the session has ended: true
}

// A machine is a client that calls for itself: it has scopes and no role, and
// what it was given ends with its secret.
func ExampleService_MachineCaller() {
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
	job, secret, err := accounts.CreateClient(ctx, account.Client{ID: "nightly", Name: "Nightly job", Scopes: []string{"users:read"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(job.Grants, secret)

	_, credential, err := accounts.AuthenticateClient(ctx, "nightly", secret) // as POST /token does
	fmt.Println("known:", err)
	caller, err := accounts.MachineCaller(ctx, "nightly", credential, []string{"users:read"})
	fmt.Println(caller.ClientID, caller.Machine(), caller.HasScope("users:read"), caller.HasRole("admin"), err)
	if _, err := accounts.RotateClientSecret(ctx, "nightly", 0); err != nil {
		fmt.Println(err)
		return
	}
	_, err = accounts.MachineCaller(ctx, "nightly", credential, []string{"users:read"})
	fmt.Println("after the secret was rotated away:", errors.Is(err, account.ErrNoCaller))
	// Output:
	// [client_credentials] [secret]
	// known: <nil>
	// nightly true true false <nil>
	// after the secret was rotated away: true
}

func ExampleService_Sessions() {
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
	anna, err := accounts.CreateUser(ctx, account.NewUser{Name: "anna", Password: "correct horse battery", Roles: []string{"user"}})
	if err != nil {
		fmt.Println(err)
		return
	}

	// A server does this for each request; package identity does it for its own.
	phone := account.WithDevice(account.WithSource(ctx, "192.0.2.7"), "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0")
	if _, err := accounts.LoginSession(phone, "anna", "correct horse battery"); err != nil {
		fmt.Println(err)
		return
	}
	list, err := accounts.Sessions(ctx, anna.ID)
	for _, one := range list {
		fmt.Println(one.Device, "at", one.Address, err)
		fmt.Println("ended:", accounts.EndSession(ctx, anna.ID, one.ID))
	}
	list, err = accounts.Sessions(ctx, anna.ID)
	fmt.Println(len(list), "left", err)
	// Output:
	// Firefox on Android at 192.0.2.7 <nil>
	// ended: <nil>
	// 0 left <nil>
}
