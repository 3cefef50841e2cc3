package keyring_test

import (
	"context"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
)

// A signer and a verifier ask the ring for each token, so that keys change
// while they run.
func Example() {
	ctx := context.Background()
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return now }
	ring, err := keyring.Open(ctx, keyring.Config{
		Store: memory.New(), TokenTTL: 15 * time.Minute, Period: 30 * 24 * time.Hour, Announce: 24 * time.Hour, Now: clock,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{SigningKey: ring.SigningKey, Issuer: "https://id.example", Audience: []string{"shop"}, Now: clock})
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: ring.Keys, Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: "https://id.example", Audience: "shop", Now: clock,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	text, err := signer.SignContext(ctx, jwt.Claims{Subject: "alice"})
	if err != nil {
		fmt.Println(err)
		return
	}
	next, err := ring.RotateNow(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	now = now.Add(keyring.Settle)
	signing, err := ring.SigningKey(ctx)
	fmt.Println("the next key signs:", signing.ID() == next.ID, err)
	claims, err := verifier.Verify(ctx, text)
	fmt.Println("the old one's token is good:", claims.Subject, err)
	// Output:
	// the next key signs: true <nil>
	// the old one's token is good: alice <nil>
}
