// Command gallery is an API that takes and gives everything: files, values that
// may be null or absent, one of several types, a stream, work for later, and
// errors in a shape of its own. Generated clients and a fuzzer are run against it
// (make clients).
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8000", "where to listen")
	flag.Parse()
	if err := run(*addr); err != nil {
		log.Fatal(err)
	}
}

// run serves the gallery, and prints a token that may do everything in it.
func run(addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	signer, verifier, err := newTokens()
	if err != nil {
		return err
	}
	token, err := signer.Sign(jwt.Claims{Subject: "anna", Scope: "photos:read photos:write"})
	if err != nil {
		return err
	}
	fmt.Println("TOKEN", token)
	return newGallery().routes(verifier).ListenAndServe(ctx, addr)
}

// newTokens signs and verifies with a key that lives as long as the program.
func newTokens() (*jwt.Signer, *jwt.Verifier, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // which never fails
	key, err := jwt.SecretKey(jwt.HS256, secret)
	if err != nil {
		return nil, nil, err
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{
		Key: key, Type: "JWT", TTL: time.Hour, InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	if err != nil {
		return nil, nil, err
	}
	verifier, err := newVerifier(key)
	return signer, verifier, err
}

func newVerifier(key jwt.Key) (*jwt.Verifier, error) {
	return jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.HS256}, Type: "JWT",
		InsecureNoIssuer: true, InsecureNoAudience: true,
	})
}
