package account_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// Where an administrator chooses the first password, it is known to two: it begins no
// session, and is good for setting another.
func ExampleService_ReplaceGivenPassword() {
	ctx := context.Background()
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}}) // for an example
	if err != nil {
		fmt.Println(err)
		return
	}
	accounts, err := account.NewService(ctx, account.Config{Store: memory.New(), Passwords: passwords})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = accounts.CreateUser(ctx, account.NewUser{Name: "anna", Password: "correct horse battery", Given: true})
	fmt.Println(err)

	var given *account.GivenPasswordError
	_, err = accounts.Login(ctx, "anna", "correct horse battery", account.Ask{})
	fmt.Println(errors.As(err, &given), err)

	_, err = accounts.ReplaceGivenPassword(ctx, "anna", "correct horse battery", "battery staple correct")
	fmt.Println(err)
	_, err = accounts.Login(ctx, "anna", "battery staple correct", account.Ask{})
	fmt.Println(err)
	// Output:
	// <nil>
	// true the password was chosen by somebody else: it is good for setting another one
	// <nil>
	// <nil>
}
