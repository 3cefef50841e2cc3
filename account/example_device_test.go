package account_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// Others guess at ann's password from all over the world. She is somewhere else
// today, and signs in with what her device keeps since the last time; a stranger, even
// with the right password, is told when to come again.
func ExampleWithKnownDevice() {
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
	if _, err := accounts.CreateUser(ctx, account.NewUser{Name: "ann", Password: "correct horse battery"}); err != nil {
		fmt.Println(err)
		return
	}
	login := func(from, password string, device account.Secret) (account.Secret, error) {
		ctx := account.WithKnownDevice(account.WithSource(ctx, from), device)
		grant, err := accounts.Login(ctx, "ann", password, account.Ask{})
		return grant.Device, err
	}
	device, err := login("192.0.2.1", "correct horse battery", "")
	fmt.Println("at home:", err)

	for n := range 20 {
		_, _ = login(fmt.Sprintf("198.51.%d.1", n), "a guess", "")
	}
	_, err = login("203.0.113.1", "correct horse battery", "")
	var later *account.ThrottledError
	if errors.As(err, &later) {
		fmt.Println("without the device: come again in", later.RetryAfter)
	}
	_, err = login("203.0.113.1", "correct horse battery", device)
	fmt.Println("with it:", err)
	// Output:
	// at home: <nil>
	// without the device: come again in 5s
	// with it: <nil>
}
