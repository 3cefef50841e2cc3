package holdfasttest

import (
	"testing"

	"github.com/holdfast-go/holdfast"
)

// Only fails unless holders of one of the roles alone may call the routes,
// whatever else callers have: it is decided for every combination of roles,
// scopes and credentials, and the smallest counterexample is told.
//
// Routes are a method, which may be left out, and a path in which * stands for
// one segment, and at the end for all that are left: "DELETE /users/*".
func Only(t testing.TB, app *holdfast.App, routes string, role holdfast.Role, more ...holdfast.Role) {
	t.Helper()
	claim := "only role " + role.Name()
	for _, r := range more {
		claim += " or role " + r.Name()
	}
	Prove(t, app, claim+" may call "+routes)
}

// Prove fails unless each claim holds of every caller that there can be, and
// tells the smallest counterexample:
//
//	only role admin or role manager may call GET /users
//	nothing under /admin without role admin
//	no route is open to scope me alone but GET /users/me, POST /logout
//	role manager may call GET /users
//	role manager may not call DELETE /*
//
// Between conditions stand "and" and "or"; conditions are "role NAME", "scope
// NAME", "signed in" and "anyone". `holdfast access prove` takes the same. A
// name or a route that the application does not have is an error. What
// dependencies decide is not known here: they are taken to accept.
func Prove(t testing.TB, app *holdfast.App, claims ...string) {
	t.Helper()
	d, err := documentOf(app)
	if err != nil {
		t.Fatal(err)
	}
	for _, claim := range claims {
		proof, err := d.Prove(claim)
		switch {
		case err != nil:
			t.Error(err)
		case !proof.Holds:
			t.Errorf("%v", proof)
		}
	}
}
