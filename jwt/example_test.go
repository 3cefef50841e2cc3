package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// A tool checks what somebody signed with a key it was given. RFC 8037 has
// this key and this signature.
func ExampleVerifyJWS() {
	key, err := jwt.ParseKey([]byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	const text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	jws, err := jwt.VerifyJWS(text, key)
	fmt.Printf("%s %v\n", jws.Payload, err)

	_, err = jwt.VerifyJWS(text[:len(text)-2]+"AA", key)
	fmt.Println(errors.Is(err, jwt.ErrSignature), err)
	// Output:
	// Example of Ed25519 signing <nil>
	// true jwt: bad signature
}

// A set says what it leaves out, and why.
func ExampleParsePublicSet() {
	set, err := jwt.ParsePublicSet([]byte(`{"keys":[
		{"kid":"1","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		{"kid":"2","kty":"EC","crv":"P-256","use":"enc","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
	]}`))
	fmt.Println(set.Keys, err)
	for _, skipped := range set.Skipped {
		fmt.Println(skipped.ID, skipped.Reason)
	}
	// Output:
	// [[EdDSA key "1"]] <nil>
	// 2 the key is for another use than signatures, "enc"
}

// A report names everything that is wrong, for people.
func ExampleInspect() {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	key, err := jwt.GenerateKey(jwt.EdDSA)
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{
		Key: key, Issuer: "https://id.example", Audience: []string{"shop"}, Now: func() time.Time { return now.Add(-time.Hour) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := signer.Sign(jwt.Claims{Subject: "alice"})
	if err != nil {
		fmt.Println(err)
		return
	}
	report := jwt.Inspect(context.Background(), text, jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Issuer: "https://id.example", Audience: "bank", Now: func() time.Time { return now },
	})
	for _, f := range report.Findings {
		if f.Verdict != jwt.Right {
			fmt.Printf("%s: %s: %s\n", f.Verdict, f.Of, f.Text)
		}
	}
	// Output:
	// wrong: expiry: 2030-01-02T02:19:05Z, 45m0s ago
	// wrong: audience: it is for "shop", wanted is "bank"
}
