package identity_test

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/memory"
)

var loansPage = template.Must(template.New("loans").Parse(`<h1>Loans of {{.User.Name}}</h1>`))

func showLoans(w http.ResponseWriter, _ *http.Request, caller identity.Caller) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return loansPage.Execute(w, caller)
}

// Pages ask for a session where an API asks for a token; scopes and roles are
// the same. People sign in on a page.
func ExampleIdentity_Session() {
	ctx := context.Background()
	id, err := identity.Open(ctx, identity.Config{
		Scheme: auth, Store: memory.New(), URL: "https://library.example", Roles: []holdfast.Role{member},
		Pages:  &identity.Pages{Home: "/loans"},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = id.Close() }()
	app := id.NewAppWith(identity.SignIns, holdfast.Config{Title: "Library"})
	app.Handle("GET /loans", holdfast.Raw(holdfast.Security(id.Session(), borrow), showLoans))

	if _, err := id.Accounts().CreateUser(ctx, account.NewUser{Name: "ann", Password: "correct horse battery", Roles: []string{"member"}}); err != nil {
		fmt.Println(err)
		return
	}
	browser := func(method, path, form, cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "https://library.example"+path, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		id.Handler(app).ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprintln(method, path, w.Code, w.Header().Get("Location")+w.Body.String())))
		return w
	}
	browser("GET", "/loans", "", "")
	w := browser("POST", "/signin", url.Values{"username": {"ann"}, "password": {"correct horse battery"}, "next": {"/loans"}}.Encode(), "")
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	browser("GET", "/loans", "", cookie)
	browser("POST", "/signout", "", cookie)
	browser("GET", "/loans", "", cookie)
	// Output:
	// GET /loans 303 /signin?next=%2Floans
	// POST /signin 303 /loans
	// GET /loans 200 <h1>Loans of ann</h1>
	// POST /signout 303 /signin
	// GET /loans 303 /signin?next=%2Floans
}
