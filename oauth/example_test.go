package oauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/oauth"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

const (
	issuer   = "https://id.example"
	tokenTTL = 15 * time.Minute
)

// newAccounts has one user.
func newAccounts(ctx context.Context) (*account.Service, error) {
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		return nil, err
	}
	accounts, err := account.NewService(ctx, account.Config{Store: memory.New(), Passwords: passwords})
	if err != nil {
		return nil, err
	}
	_, err = accounts.CreateUser(ctx, account.NewUser{Name: "anna", Password: "correct horse battery", Roles: []string{"user"}})
	return accounts, err
}

// newTokens signs with a key that lives as long as the process; package keyring
// keeps keys and changes them.
func newTokens(accounts *account.Service) (*oauth.Server, error) {
	key, err := jwt.GenerateKey(jwt.EdDSA)
	if err != nil {
		return nil, err
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: issuer, Audience: []string{"shop"}, TTL: tokenTTL})
	if err != nil {
		return nil, err
	}
	verifier, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: issuer, Audience: "shop",
	})
	if err != nil {
		return nil, err
	}
	return oauth.New(oauth.Config{
		Accounts: accounts, Clients: accounts, Issuer: issuer, Scheme: holdfast.OAuth2PasswordBearer("token"), Signer: signer, Verifier: verifier, TTL: tokenTTL,
		KeySet: func(context.Context) ([]byte, error) { return jwt.MarshalPublicSet(key) },
	}), nil
}

// A machine gets a token of its own with its id and secret, and is a caller like
// any other.
func Example_machine() {
	accounts, err := newAccounts(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, secret, err := accounts.CreateClient(context.Background(), account.Client{ID: "nightly", Name: "Nightly job", Scopes: []string{"stock:read"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	tokens, err := newTokens(accounts)
	if err != nil {
		fmt.Println(err)
		return
	}
	app := holdfast.New("Shop", "1.0.0")
	tokens.Register(app)
	holdfast.Get(app, "/stock", holdfast.Security(tokens.Caller()), func(_ context.Context, caller account.Caller, _ holdfast.NoInput) (string, error) {
		return "7 swords, for " + caller.ClientID, nil
	})

	r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader("grant_type=client_credentials"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("nightly", string(secret))
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	var answer oauth.TokenResponse
	fmt.Println("POST /token:", w.Code, json.Unmarshal(w.Body.Bytes(), &answer))
	fmt.Println(answer.Scope, answer.RefreshToken == "")

	r = httptest.NewRequest(http.MethodGet, "/stock", nil)
	r.Header.Set("Authorization", "Bearer "+answer.AccessToken)
	w = httptest.NewRecorder()
	app.ServeHTTP(w, r)
	fmt.Println("GET /stock:", w.Code, w.Body)
	// Output:
	// POST /token: 200 <nil>
	// stock:read true
	// GET /stock: 200 "7 swords, for nightly"
}

func hello(_ context.Context, caller account.Caller, _ holdfast.NoInput) (string, error) {
	return "hello " + caller.User.Name, nil
}

// An application that issues its own tokens: POST /token, POST /logout and the
// key set come with Register, and Caller is the dependency for its routes.
func Example() {
	accounts, err := newAccounts(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	tokens, err := newTokens(accounts)
	if err != nil {
		fmt.Println(err)
		return
	}
	app := holdfast.New("Shop", "1.0.0")
	tokens.Register(app)
	holdfast.Get(app, "/hello", holdfast.Security(tokens.Caller()), hello)

	form := url.Values{"grant_type": {"password"}, "username": {"anna"}, "password": {"correct horse battery"}, "scope": {"me"}}
	r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	var answer oauth.TokenResponse
	fmt.Println("POST /token:", w.Code, json.Unmarshal(w.Body.Bytes(), &answer))
	fmt.Println(answer.TokenType, answer.ExpiresIn, answer.Scope)

	for _, token := range []string{answer.AccessToken, "made up"} {
		r := httptest.NewRequest(http.MethodGet, "/hello", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		fmt.Println("GET /hello:", w.Code, w.Body)
	}
	// Output:
	// POST /token: 200 <nil>
	// bearer 900 me
	// GET /hello: 200 "hello anna"
	// GET /hello: 401 {"detail":"Could not validate credentials"}
}
