package issuer_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

// exampleIssuer stands for the server that issues tokens: it publishes a
// document and its keys, and signs a token for ann.
func exampleIssuer() (url, token string, end func()) {
	key := must(jwt.GenerateKey(jwt.EdDSA))
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, srv.URL, srv.URL+"/keys")
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(must(jwt.MarshalPublicSet(key))) })
	mux.HandleFunc("POST /introspect", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"active":%v,"sub":"ann","scope":"books:read","aud":"shop"}`, r.FormValue("token") == "opaque-token-of-ann")
	})
	signer := must(jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: srv.URL, Audience: []string{"shop"}}))
	return srv.URL, must(signer.Sign(jwt.Claims{Subject: "ann", Scope: "books:read"})), srv.Close
}

// get calls the service with a token.
func get(app http.Handler, path, token string) {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	fmt.Fprintln(os.Stdout, path, w.Code, w.Body)
}

// A service of its own accepts the tokens of an issuer.
func ExampleDiscover() {
	url, token, end := exampleIssuer()
	defer end()

	tokens, err := issuer.Discover(context.Background(), url, issuer.Config{Audience: "shop"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tokens.Close()

	oauth := holdfast.OpenIDConnect(url + "/.well-known/openid-configuration")
	read, write := oauth.Scope("books:read", "Read books"), oauth.Scope("books:write", "Write books")
	who := holdfast.Verify(oauth, tokens.Verify)
	hello := func(_ context.Context, c issuer.Claims, _ holdfast.NoInput) (string, error) {
		return "hello " + c.Subject, nil
	}
	ready := func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		return "ready", tokens.Ready(ctx)
	}

	app := holdfast.New("Shop", "1.0.0")
	holdfast.Get(app, "/ready", holdfast.Public(), ready)
	holdfast.Get(app, "/books", holdfast.Security(who, read), hello)
	holdfast.Get(app, "/books/new", holdfast.Security(who, write), hello)

	get(app, "/ready", "")
	get(app, "/books", token)
	get(app, "/books/new", token)
	get(app, "/books", token[:len(token)-4]+"AAAA")
	// Output:
	// /ready 200 "ready"
	// /books 200 "hello ann"
	// /books/new 403 {"detail":"Not enough permissions"}
	// /books 401 {"detail":"Could not validate credentials"}
}

// The same service asks the issuer about each token.
func ExampleIntrospect() {
	url, _, end := exampleIssuer()
	defer end()

	tokens, err := issuer.Introspect(url+"/introspect", issuer.IntrospectionConfig{
		ClientID: "shop", ClientSecret: "from a file", Audience: "shop",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, token := range []string{"opaque-token-of-ann", "one-that-was-revoked"} {
		claims, err := tokens.Verify(context.Background(), token)
		fmt.Printf("%q %q %v\n", claims.Subject, claims.Scopes, err)
	}
	// Output:
	// "ann" ["books:read"] <nil>
	// "" [] issuer: the token is not active
}
