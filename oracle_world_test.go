package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
)

// This file builds the oracle's policies with the library.

// modelCaller is what a good credential says: "amy/a+b/admin" is a caller with
// the scopes a and b and the role admin.
type modelCaller struct {
	via    modelScheme
	guest  bool
	scopes []string
	roles  []string
}

func (c modelCaller) HasScope(name string) bool { return slices.Contains(c.scopes, name) }
func (c modelCaller) HasRole(name string) bool  { return slices.Contains(c.roles, name) }

// token is how a good credential is spelled.
func (c modelCredential) token() string {
	name := "amy"
	if c.guest {
		name = "guest"
	}
	return name + "/" + strings.Join(c.scopes, "+") + "/" + strings.Join(c.roles, "+")
}

func readToken(via modelScheme, text string) (modelCaller, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return modelCaller{}, errors.New("not one of ours")
	}
	return modelCaller{via, parts[0] == "guest", strings.Split(parts[1], "+"), strings.Split(parts[2], "+")}, nil
}

// modelWorld is the schemes, scopes, roles and dependencies of which policies
// are made.
type modelWorld struct {
	scopes map[modelScope]holdfast.Scope
	roles  map[string]holdfast.Role
	deps   []*modelDep
	built  map[*modelDep]holdfast.Dep[modelCaller]
}

func newModelWorld() *modelWorld {
	bearer, key := holdfast.OAuth2PasswordBearer("token"), holdfast.APIKeyHeader("X-Key")
	basic, cookie := holdfast.HTTPBasic("shop"), holdfast.APIKeyCookie("session")
	onlyA, looseX := modelScope{bearerScheme, "a"}, modelScope{noScheme, "x"}
	w := &modelWorld{
		scopes: map[modelScope]holdfast.Scope{ // of one name, which must not be taken for one scope
			onlyA: bearer.Scope("a", ""), {bearerScheme, "b"}: bearer.Scope("b", ""),
			{keyScheme, "a"}: key.Scope("a", ""), {keyScheme, "b"}: key.Scope("b", ""),
			{basicScheme, "a"}: basic.Scope("a", ""), looseX: holdfast.NewScope("x", ""),
		},
		roles: map[string]holdfast.Role{"admin": holdfast.NewRole("admin", ""), "clerk": holdfast.NewRole("clerk", "")},
		built: map[*modelDep]holdfast.Dep[modelCaller]{},
	}
	user, machine := holdfast.Verify(bearer, readAs(bearerScheme)), holdfast.Verify(key, readAs(keyScheme))
	browser := holdfast.Check(cookie, readAs(cookieScheme))
	byHand := holdfast.Depends2(bearer.Credential(), holdfast.SecurityScopes(), readByHand)
	ofBearer, ofKey := []modelScheme{bearerScheme}, []modelScheme{keyScheme}

	w.add(user, modelDep{name: "user", reads: ofBearer})
	w.add(machine, modelDep{name: "machine", reads: ofKey})
	w.add(holdfast.Verify(basic, readBasic), modelDep{name: "person", reads: []modelScheme{basicScheme}})
	w.add(browser, modelDep{name: "browser", reads: []modelScheme{cookieScheme}})
	w.add(holdfast.Depends1(user.Require(w.scopes[onlyA]), takeFirst), modelDep{name: "active", reads: ofBearer, requires: []modelScope{onlyA}})
	w.add(holdfast.Verify(bearer, readMember), modelDep{name: "member", reads: ofBearer, noGuests: true})
	w.add(holdfast.Depends2(user, machine, takeFirstOf2), modelDep{name: "userAndMachine", reads: []modelScheme{bearerScheme, keyScheme}})
	w.add(holdfast.Depends2(machine, browser, takeFirstOf2), modelDep{name: "machineAndBrowser", reads: []modelScheme{keyScheme, cookieScheme}})
	w.add(byHand, modelDep{name: "byHand", reads: ofBearer, byHand: true})
	w.add(holdfast.Depends1(byHand.Require(w.scopes[onlyA]), takeFirst), modelDep{name: "activeByHand", reads: ofBearer, byHand: true, requires: []modelScope{onlyA}})
	w.add(holdfast.Depends2(machine, holdfast.SecurityScopes(), checkLoose), modelDep{name: "loose", reads: ofKey, loose: true})
	return w
}

func (w *modelWorld) add(built holdfast.Dep[modelCaller], dep modelDep) {
	w.deps = append(w.deps, &dep)
	w.built[&dep] = built
}

func readAs(via modelScheme) func(context.Context, string) (modelCaller, error) {
	return func(_ context.Context, text string) (modelCaller, error) { return readToken(via, text) }
}

func readBasic(_ context.Context, c holdfast.BasicCredentials) (modelCaller, error) {
	return readToken(basicScheme, c.Username+"/"+c.Password)
}

func readMember(_ context.Context, text string) (modelCaller, error) {
	c, err := readToken(bearerScheme, text)
	if err == nil && c.guest {
		return modelCaller{}, errors.New("a guest is no member")
	}
	return c, err
}

func takeFirst(_ context.Context, c modelCaller) (modelCaller, error)       { return c, nil }
func takeFirstOf2(_ context.Context, c, _ modelCaller) (modelCaller, error) { return c, nil }

// readByHand is FastAPI's way: the dependency verifies, and compares scopes.
func readByHand(_ context.Context, text string, scopes holdfast.Scopes) (modelCaller, error) {
	c, err := readToken(bearerScheme, text)
	if err != nil {
		refused := holdfast.Errorf(http.StatusUnauthorized, "Not one of ours")
		refused.Header = http.Header{"Www-Authenticate": {"Bearer"}}
		return modelCaller{}, refused
	}
	return c, c.lackOf(scopes)
}

// checkLoose compares x, which has no scheme; the library compares the others.
func checkLoose(_ context.Context, c modelCaller, scopes holdfast.Scopes) (modelCaller, error) {
	return c, c.lackOf(slices.DeleteFunc(slices.Clone(scopes), func(s holdfast.Scope) bool { return s.Name() != "x" }))
}

func (c modelCaller) lackOf(scopes holdfast.Scopes) error {
	for _, scope := range scopes {
		if !c.HasScope(scope.Name()) {
			return holdfast.Errorf(http.StatusForbidden, "Scope %s is missing", scope)
		}
	}
	return nil
}

// register registers the policy's route, whose handler answers with the
// principal.
func (w *modelWorld) register(app *holdfast.App, path string, p *modelPolicy) {
	var on holdfast.Routes = app
	if p.kind == groupPolicy {
		last := len(p.parts) - 1
		group := app.Group(path, w.build(p.parts[0]))
		for _, outer := range p.parts[1:last] {
			group = group.Group("", w.build(outer))
		}
		on, path, p = group, "", p.parts[last]
	}
	switch p.kind {
	case handlerPolicy:
		dep := w.require(p.parts[1])
		on.Handle("GET "+path, holdfast.To1(w.build(p.parts[0]), dep, func(_ context.Context, principal string, _ modelCaller, _ holdfast.NoInput) (string, error) {
			return principal, nil
		}))
	case optionalPolicy: // without a conversion, too
		holdfast.Get(on, path, holdfast.Optional(w.build(p.parts[0])), func(_ context.Context, m holdfast.Maybe[string], _ holdfast.NoInput) (string, error) {
			return p.maybe(m), nil
		})
	default:
		holdfast.Get(on, path, w.build(p), shown[string])
	}
}

// maybe is the principal of an optional policy in words.
func (p *modelPolicy) maybe(m holdfast.Maybe[string]) string {
	if principal, ok := m.Get(); ok {
		return fmt.Sprintf("some%d(%s)", p.id, principal)
	}
	return fmt.Sprintf("nobody%d", p.id)
}

// build makes the policy with the library. Its principal says which part of the
// policy it comes from.
func (w *modelWorld) build(p *modelPolicy) holdfast.Policy[string] {
	switch p.kind {
	case publicPolicy:
		return holdfast.As(holdfast.Public(), func(holdfast.Anyone) string { return fmt.Sprintf("anyone%d", p.id) })
	case allPolicy:
		var others []holdfast.AnyPolicy
		for _, part := range p.parts[1:] {
			others = append(others, w.build(part))
		}
		return holdfast.All(w.build(p.parts[0]), others...)
	case anyOfPolicy:
		var more []holdfast.Policy[string]
		for _, part := range p.parts[1:] {
			more = append(more, w.build(part))
		}
		return holdfast.AnyOf(w.build(p.parts[0]), more...)
	case asPolicy:
		return holdfast.As(w.build(p.parts[0]), func(principal string) string { return fmt.Sprintf("as%d(%s)", p.id, principal) })
	case optionalPolicy:
		return holdfast.As(holdfast.Optional(w.build(p.parts[0])), p.maybe)
	case securityPolicy, handlerPolicy, groupPolicy: // the last two are register's
	}
	policy := holdfast.Security(w.require(p), w.list(p.scopes)...)
	if len(p.roles) > 0 {
		var more []holdfast.Role
		for _, role := range p.roles[1:] {
			more = append(more, w.roles[role])
		}
		policy = holdfast.AnyRole(w.require(p), w.roles[p.roles[0]], more...)
	}
	return holdfast.As(policy, func(c modelCaller) string { return fmt.Sprintf("%d by %v", p.id, c.via) })
}

// require is the policy's dependency with what it requires.
func (w *modelWorld) require(p *modelPolicy) holdfast.Dep[modelCaller] {
	dep := w.built[p.dep]
	if scopes := w.list(p.requires); len(scopes) > 0 {
		dep = dep.Require(scopes[0], scopes[1:]...)
	}
	return dep
}

func (w *modelWorld) list(scopes []modelScope) []holdfast.Scope {
	var out []holdfast.Scope
	for _, one := range scopes {
		out = append(out, w.scopes[one])
	}
	return out
}
