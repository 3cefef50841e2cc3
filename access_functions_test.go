package holdfast_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// acceptAll accepts whatever is presented, as a verifier must not.
func acceptAll(context.Context, string) (grantee, error) { return grantee{"items", "admin"}, nil }

// acceptToo is another function than accept.
func acceptToo(_ context.Context, h grantee) (grantee, error) { return h, nil }

// spelling makes verifiers. It is small, so that the compiler inlines it;
// behind a variable it is not.
func spelling(suffix string) func(context.Context, string) (grantee, error) {
	return func(ctx context.Context, token string) (grantee, error) {
		return spell(ctx, strings.TrimSuffix(token, suffix))
	}
}

var spellingVia = spelling

// deciding makes deciders as spelling makes verifiers.
func deciding() func(context.Context, grantee) (grantee, error) {
	return func(_ context.Context, h grantee) (grantee, error) {
		return h, nil
	}
}

var decidingVia = deciding

// TestAShadowWithAnotherFunctionIsAnError has routes whose rules differ in who
// verifies or decides alone.
func TestAShadowWithAnotherFunctionIsAnError(t *testing.T) {
	t.Parallel()
	here := reflect.TypeFor[grantee]().PkgPath() + "."
	oauth := holdfast.OAuth2PasswordBearer("token")
	admin := holdfast.NewRole("admin", "")
	user, again := holdfast.Verify(oauth, spell), holdfast.Verify(oauth, spell)
	anyone := holdfast.Verify(oauth, acceptAll)
	active := holdfast.Depends1(user, accept)
	literal := holdfast.Verify(oauth, func(ctx context.Context, token string) (grantee, error) { return spell(ctx, token) })
	other := holdfast.Verify(oauth, func(ctx context.Context, token string) (grantee, error) { return spell(ctx, token) })
	byHand := func(fn func(context.Context, string) (grantee, error)) holdfast.Policy[grantee] {
		return holdfast.Security(holdfast.Depends1(oauth.Credential(), fn))
	}
	security, all := holdfast.Security[grantee], holdfast.All[grantee]
	for name, test := range map[string]struct {
		one, me holdfast.Policy[grantee] // who may call /users/{id}, and who /users/me
		want    string                   // the caller that only /users/me admits; "" for no error
	}{
		"the same function":              {security(user), security(again), ""},
		"a verifier that accepts all":    {security(user), security(anyone), "somebody with a credential of OAuth2PasswordBearer that " + here + "acceptAll accepts"},
		"with the same role":             {holdfast.AnyRole(user, admin), holdfast.AnyRole(anyone, admin), "somebody with a credential of OAuth2PasswordBearer that " + here + "acceptAll accepts, role admin"},
		"a difference without it":        {holdfast.AnyRole(user, admin), security(anyone), "somebody with a credential of OAuth2PasswordBearer, which"},
		"a verifier more":                {security(user), all(security(user), security(anyone)), ""},
		"a verifier less":                {all(security(user), security(anyone)), security(anyone), "somebody with a credential of OAuth2PasswordBearer that " + here + "acceptAll accepts"},
		"either verifier":                {holdfast.AnyOf(security(user), security(anyone)), security(anyone), ""},
		"two literals":                   {security(literal), security(other), "that func literal at "},
		"one literal":                    {security(literal), security(literal), ""},
		"who takes the credential":       {byHand(spell), byHand(acceptAll), "the consent of " + here + "acceptAll"},
		"a decider more":                 {security(user), security(active), ""},
		"a decider less":                 {security(active), security(user), "somebody with a credential of OAuth2PasswordBearer, which"},
		"another decider":                {security(active), security(holdfast.Depends1(user, acceptToo)), "the consent of " + here + "acceptToo"},
		"one of two of the same decider": {all(security(active), security(holdfast.Depends1(user, accept))), security(active), "the consent of " + here + "accept, which"},
	} {
		app := holdfast.New("Test", "1")
		holdfast.Get(app, "/users/{id}", test.one, done)
		holdfast.Get(app, "/users/me", test.me, done)
		got := ""
		if err := app.Err(); err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s: Err() = %s\nwant %q", name, got, test.want)
		}
	}
}

// TestInliningChangesNoTable declares an application with literals of functions
// that the compiler inlines, and once more with those of the same functions
// behind variables.
func TestInliningChangesNoTable(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	table := func(verify func(context.Context, string) (grantee, error), decide func(context.Context, grantee) (grantee, error)) string {
		app := holdfast.NewApp(holdfast.Config{Docs: holdfast.Docs{NoDocument: true}})
		holdfast.Get(app, "/", holdfast.Security(holdfast.Depends1(holdfast.Verify(oauth, verify), decide)), done)
		var text strings.Builder
		if err := app.WriteAccessJSON(&text); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	inlined, called := table(spelling("x"), deciding()), table(spellingVia("x"), decidingVia())
	if inlined != called {
		t.Errorf("inlined:\n%s\nnot inlined:\n%s", inlined, called)
	}
	if n := strings.Count(inlined, `"func literal at `); n != 3 { // one verifies, one decides in the row and in its way
		t.Errorf("the table names %d literals, want 3:\n%s", n, inlined)
	}
}
