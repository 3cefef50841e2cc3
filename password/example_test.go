package password_test

import (
	"context"
	"fmt"
	"log"

	"github.com/holdfast-go/holdfast/password"
)

// Passlib's CryptContext(schemes=["argon2", "bcrypt"], deprecated="auto"): a
// right password with an old hash comes with a new one to store.
func ExampleContext_VerifyAndUpdate() {
	passwords, err := password.NewContext(password.Config{
		Schemes: []password.Scheme{password.Argon2id(password.Argon2Params{}), password.Bcrypt(12)},
	})
	if err != nil {
		log.Fatal(err)
	}
	stored := "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
	ok, newHash, err := passwords.VerifyAndUpdate(context.Background(), "U*U", stored)
	if err != nil {
		log.Fatal(err)
	}
	if newHash != "" {
		stored = newHash
	}
	fmt.Println(ok, passwords.Identify(stored), passwords.NeedsUpdate(stored))
	// Output: true argon2 false
}

func ExamplePolicy_Check() {
	policy := password.Policy{Forbidden: []string{"Acme"}}
	fmt.Println(policy.Check("secret"))
	fmt.Println(policy.Check("I love acme so much"))
	fmt.Println(policy.Check("anna and the horse", "anna"))
	fmt.Println(policy.Check("correct horse battery", "anna"))
	// Output:
	// the password has fewer than 15 characters
	// the password contains the name of the product
	// the password contains the name or the e-mail address
	// <nil>
}
