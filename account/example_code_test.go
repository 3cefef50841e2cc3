package account_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// A browser's session allows an application something, and the application begins
// a session of its own with the code, once.
func ExampleService_RedeemCode() {
	ctx := context.Background()
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	accounts, err := account.NewService(ctx, account.Config{Store: memory.New(), Passwords: passwords, Clients: []account.Client{{
		ID: "photos", Name: "Photo Prints", Public: true, Redirects: []string{"https://photos.example/cb"},
		Grants: []string{account.GrantCode, account.GrantRefresh}, Scopes: []string{"me"}, Created: time.Unix(0, 0),
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	anna, err := accounts.CreateUser(ctx, account.NewUser{Name: "anna", Password: "correct horse battery", Roles: []string{"user"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	browser, err := accounts.LoginSession(ctx, "anna", "correct horse battery")
	if err != nil {
		fmt.Println(err)
		return
	}
	caller, err := accounts.SessionCaller(ctx, browser.Secret)
	if err != nil {
		fmt.Println(err)
		return
	}

	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // the application's secret, of which it sends this first:
	ask := account.CodeAsk{ClientID: "photos", Redirect: "https://photos.example/cb", Challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", Scopes: []string{"me"}}
	_, err = accounts.NewCode(ctx, caller, ask)
	fmt.Println("has to be asked:", errors.Is(err, account.ErrNoConsent))
	if err := accounts.GiveConsent(ctx, anna.ID, account.CodeAsk{ClientID: "photos", Scopes: []string{"me"}}); err != nil {
		fmt.Println(err)
		return
	}
	code, err := accounts.NewCode(ctx, caller, ask)
	fmt.Println(code, err)

	grant, err := accounts.RedeemCode(ctx, "photos", string(code), "https://photos.example/cb", verifier)
	fmt.Println("signed in:", grant.User.Name, grant.Scopes, err)
	_, err = accounts.RedeemCode(ctx, "photos", string(code), "https://photos.example/cb", verifier)
	fmt.Println("a second time:", errors.Is(err, account.ErrBadGrant))
	_, err = accounts.Caller(ctx, anna.ID, grant.SessionID, grant.Scopes)
	fmt.Println("and the session has ended:", errors.Is(err, account.ErrNoCaller))
	// Output:
	// has to be asked: true
	// [secret] <nil>
	// signed in: anna [me] <nil>
	// a second time: true
	// and the session has ended: true
}
