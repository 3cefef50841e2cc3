package holdfast_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/work"
)

func findUser(_ context.Context, h holder) (user, error) { return h.user, nil }

func findItem(_ context.Context, _ user, in itemID) (int, error) { return in.ID, nil }

func takeToken(_ context.Context, token string) (user, error) { return user{Name: token}, nil }

func deleteIt(context.Context, holdfast.Anyone, user, holdfast.NoInput) (string, error) {
	return "", nil
}

// lines are the numbers of lines, counted from a mark.
type lines int

// mark makes the next line number 1.
func (l *lines) mark() {
	_, _, line, _ := runtime.Caller(1)
	*l = lines(line)
}

var placeOfThis = regexp.MustCompile(`[^ \n(]+/mistakes_test\.go:(\d+)`)

// counted is a text in which places of this file are numbers: "@1".
func (l *lines) counted(text string) string {
	return placeOfThis.ReplaceAllStringFunc(text, func(place string) string {
		line, _ := strconv.Atoi(place[strings.LastIndexByte(place, ':')+1:])
		return fmt.Sprintf("@%d", line-int(*l))
	})
}

// TestWhatAMistakeIsCalled has the whole text of each error: who made a mistake,
// where that stands, and where what it is about was declared. @1 is the line
// after the mark.
func TestWhatAMistakeIsCalled(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	bearer := holdfast.HTTPBearer()
	items, foreign := oauth.Scope("items", ""), bearer.Scope("foreign", "")
	loose := holdfast.NewScope("loose", "")
	admin := holdfast.NewRole("admin", "")
	who := holdfast.Depends1(holdfast.Verify(oauth, verify), findUser)
	read := holdfast.Depends1(bearer.Credential(), takeToken)
	var noFunction func(context.Context) (user, error)
	var noLane *work.Lane
	tests := map[string]struct {
		declare func(a *holdfast.App, at *lines)
		want    string
	}{
		"a zero Dep as the policy's": {func(a *holdfast.App, at *lines) {
			at.mark()
			holdfast.Get(a, "/", holdfast.Security(holdfast.Dep[user]{}, items), nothing)
			holdfast.Get(a, "/role", holdfast.AnyRole(holdfast.Dep[user]{}, admin), nothing)
		}, `
			@1: GET /: the policy: a zero Dep (make one with Depends0, Verify or their like)
			@2: GET /role: the policy: a zero Dep (make one with Depends0, Verify or their like)`},
		"a zero Dep below": {func(a *holdfast.App, at *lines) {
			at.mark()
			item := holdfast.Depends2(who, holdfast.Dep[itemID]{}, findItem)
			top := holdfast.Depends1(item, func(context.Context, int) (user, error) { return user{}, nil })
			holdfast.Get(a, "/direct", holdfast.Security(item), nothing)
			holdfast.Get(a, "/scope", holdfast.Security(item, items), nothing)
			holdfast.Get(a, "/require", holdfast.Security(item.Require(items)), nothing)
			holdfast.Get(a, "/fresh", holdfast.Security(item.Fresh()), nothing)
			holdfast.Get(a, "/deep", holdfast.AnyRole(top, admin), nothing)
			a.Handle("GET /own", holdfast.To1(holdfast.Public(), top, deleteIt))
		}, `
			@3: GET /direct: the policy: findItem (declared at @1): its dependency 2 is a zero Dep
			@4: GET /scope: the policy: findItem (declared at @1): its dependency 2 is a zero Dep
			@5: GET /require: the policy: findItem (declared at @1): its dependency 2 is a zero Dep
			@6: GET /fresh: the policy: findItem (declared at @1): its dependency 2 is a zero Dep
			@7: GET /deep: the policy: findItem (declared at @1): its dependency 2 is a zero Dep
			@8: GET /own: the handler takes findItem (declared at @1): its dependency 2 is a zero Dep`},
		"a zero Dep of a handler": {func(a *holdfast.App, at *lines) {
			at.mark()
			a.Handle("GET /", holdfast.To1(holdfast.Public(), holdfast.Dep[user]{}, deleteIt))
		}, `
			@1: GET /: the handler takes a zero Dep (make one with Depends0, Verify or their like)`},
		"a nil function": {func(a *holdfast.App, at *lines) {
			at.mark()
			none := holdfast.Depends0(noFunction)
			holdfast.Get(a, "/depends", holdfast.Security(none, items), nothing)
			holdfast.Get(a, "/verify", holdfast.Security(holdfast.Verify[string, holder](oauth, nil)), nothing)
			holdfast.Get(a, "/request", holdfast.Security(holdfast.FromRequest[user](nil)), nothing)
			holdfast.Get(a, "/lifetime", holdfast.Security(holdfast.Lifetime[user](nil)), nothing)
			a.Handle("GET /own", holdfast.To1(holdfast.Public(), none, deleteIt))
		}, `
			@2: GET /depends: the policy: the dependency (declared at @1): its function is nil
			@3: GET /verify: the policy: the dependency (declared at @3): its function is nil
			@4: GET /request: the policy: the dependency (declared at @4): its function is nil
			@5: GET /lifetime: the policy: the dependency (declared at @5): its function is nil
			@6: GET /own: the handler takes the dependency (declared at @1): its function is nil`},
		"a body in an embedded struct": {func(a *holdfast.App, at *lines) {
			type body struct{ Body struct{ Name string } }
			type deep struct{ body }
			at.mark()
			holdfast.Post(a, "/one", holdfast.Public(), func(context.Context, holdfast.Anyone, struct{ body }) (string, error) { return "", nil })
			holdfast.Post(a, "/two", holdfast.Public(), func(context.Context, holdfast.Anyone, struct{ deep }) (string, error) { return "", nil })
		}, `
			@1: POST /one: input struct { holdfast_test.body }: field Body: it is in an embedded struct, where it would not be read; a Body stands in the input itself
			@2: POST /two: input struct { holdfast_test.deep }: field Body: it is in an embedded struct, where it would not be read; a Body stands in the input itself`},
		"a nil scheme": {func(a *holdfast.App, at *lines) {
			at.mark()
			holdfast.Get(a, "/verify", holdfast.Security(holdfast.Verify(nil, verify)), nothing)
			holdfast.Get(a, "/check", holdfast.Security(holdfast.Check(&holdfast.Scheme[string]{}, takeToken)), nothing)
		}, `
			@1: GET /verify: the policy: verify (declared at @1): its scheme is nil or the zero Scheme
			@2: GET /check: the policy: takeToken (declared at @2): its scheme is nil or the zero Scheme`},
		"a scope of another scheme": {func(a *holdfast.App, at *lines) {
			at.mark()
			strict := who.Require(foreign)
			holdfast.Get(a, "/security", holdfast.Security(who, foreign), nothing)
			holdfast.Get(a, "/require", holdfast.Security(strict), nothing)
			a.Handle("GET /own", holdfast.To1(holdfast.Public(), strict, deleteIt))
		}, `
			@2: GET /security: scope "foreign" belongs to scheme HTTPBearer, which findUser does not reach
			@3: GET /require: scope "foreign" belongs to scheme HTTPBearer, which findUser does not reach (declared at @1)
			@4: GET /own: scope "foreign" belongs to scheme HTTPBearer, which findUser does not reach (declared at @1)`},
		"a scope that nothing checks": {func(a *holdfast.App, at *lines) {
			at.mark()
			strict := read.Require(foreign)
			holdfast.Get(a, "/security", holdfast.Security(read, foreign), nothing)
			holdfast.Get(a, "/require", holdfast.AnyRole(strict, admin), nothing)
			a.Handle("GET /own", holdfast.To1(holdfast.Public(), strict, deleteIt))
			holdfast.Get(a, "/loose", holdfast.Security(who, loose), nothing)
		}, `
			@2: GET /security: scope "foreign": takeToken reads the credential of HTTPBearer but neither verifies it with Verify nor asks for SecurityScopes: nothing would check it
			@3: GET /require: scope "foreign": takeToken reads the credential of HTTPBearer but neither verifies it with Verify nor asks for SecurityScopes: nothing would check it (declared at @1)
			@4: GET /own: scope "foreign": takeToken reads the credential of HTTPBearer but neither verifies it with Verify nor asks for SecurityScopes: nothing would check it (declared at @1)
			@5: GET /loose: scope "loose" has no scheme, and nothing that findUser takes asks for SecurityScopes: nothing would check it`},
		"what is zero": {func(a *holdfast.App, at *lines) {
			at.mark()
			holdfast.Get(a, "/scope", holdfast.Security(who, holdfast.Scope{}), nothing)
			holdfast.Get(a, "/role", holdfast.AnyRole(who, holdfast.Role{}), nothing)
			holdfast.Get(a, "/policy", holdfast.Policy[user]{}, nothing)
			holdfast.Get(a, "/any", holdfast.AnyOf(holdfast.Security(who), holdfast.Policy[user]{}), nothing)
			holdfast.Get(a, "/all", holdfast.All(holdfast.Security(who), nil), nothing)
			a.Handle("GET /endpoint", holdfast.Endpoint{})
			a.Group("/group").Handle("GET /endpoint", holdfast.Endpoint{})
			holdfast.Get[holdfast.Anyone, holdfast.NoInput, string](a, "/handler", holdfast.Public(), nil)
			a.Handle("GET /raw", holdfast.Raw[holdfast.Anyone](holdfast.Public(), nil))
			a.Protect("GET /protect", holdfast.Public(), (*http.ServeMux)(nil))
			a.Guard("GET /guard", nil, http.NotFoundHandler())
		}, `
			@2: GET /role: the policy: the zero Role; declare it with NewRole
			@3: GET /policy: the zero Policy; if everybody may call, say Public()
			@4: GET /any: the zero Policy; if everybody may call, say Public()
			@5: GET /all: the zero Policy; if everybody may call, say Public()
			@6: GET /endpoint: the zero Endpoint; make one with To, To1, To2, To3, Raw or RawInput
			@7: GET /group/endpoint: the zero Endpoint; make one with To, To1, To2, To3, Raw or RawInput
			@8: GET /handler: the handler is nil
			@9: GET /raw: the handler is nil
			@10: GET /protect: the handler is nil
			@11: GET /guard: the zero Policy; if everybody may call, say Public()
			@1: GET /scope: findUser requires the zero Scope; declare it with a scheme's Scope method`},
		"a group's policy": {func(a *holdfast.App, at *lines) {
			at.mark()
			zero := a.Group("/zero", holdfast.Policy[user]{})
			holdfast.Get(zero, "/a", holdfast.Public(), nothing)
			holdfast.Get(zero, "/b", holdfast.Public(), nothing)
			broken := zero.Group("/broken", holdfast.Security(who), holdfast.Security(holdfast.Depends0(noFunction)), nil)
			holdfast.Get(broken, "/c", holdfast.Public(), nothing)
		}, `
			@1: group /zero: the zero Policy; if everybody may call, say Public()
			@4: group /zero/broken: the policy: the dependency (declared at @4): its function is nil
			@4: group /zero/broken: the zero Policy; if everybody may call, say Public()`},
		"a route that is there already": {func(a *holdfast.App, at *lines) {
			at.mark()
			holdfast.Get(a, "/items/{id}", holdfast.Security(who), nothing, holdfast.OperationID("read"))
			holdfast.Get(a, "/items/{id}", holdfast.Public(), nothing, holdfast.OperationID("read"))
			holdfast.Get(a, "/items/{name}", holdfast.Public(), nothing, holdfast.OperationID("name"))
			holdfast.Get(a, "/{kind}/new", holdfast.Security(who), nothing)
			holdfast.Post(a, "/items/{id}", holdfast.Public(), nothing)
		}, `
			@2: GET /items/{id} is registered already at @1
			@3: GET /items/{name} conflicts with GET /items/{id} at @1: some path would match both
			@4: GET /{kind}/new conflicts with GET /items/{id} at @1: some path would match both`},
		"an operation id of two routes": {func(a *holdfast.App, at *lines) {
			at.mark()
			holdfast.Get(a, "/a", holdfast.Public(), nothing, holdfast.OperationID("read"))
			holdfast.Get(a, "/b", holdfast.Public(), nothing, holdfast.OperationID("read"))
		}, `
			@2: GET /b: operation id "read" is also that of GET /a at @1; say another with OperationID`},
		"options": {func(a *holdfast.App, at *lines) {
			at.mark()
			holdfast.Get(a, "/nil", holdfast.Public(), nothing, nil)
			holdfast.Get(a, "/status", holdfast.Public(), nothing, holdfast.Status(99))
			holdfast.Get(a, "/none", holdfast.Public(), nothing, holdfast.Limit(holdfast.AtOnce{}))
			holdfast.Get(a, "/queue", holdfast.Public(), nothing, holdfast.Limit(holdfast.AtOnce{Requests: 1, Queue: -1}))
			holdfast.Get(a, "/lane", holdfast.Public(), nothing, holdfast.InLane(nil))
			holdfast.Get(a, "/pointer", holdfast.Public(), nothing, holdfast.InLane(noLane))
			holdfast.Get(a, "/time", holdfast.Public(), nothing, holdfast.Timeout(0))
			holdfast.Get(a, "/past", holdfast.Public(), nothing, holdfast.Timeout(-time.Second))
			holdfast.Post(a, "/body", holdfast.Public(), nothing, holdfast.MaxBody(0))
			holdfast.Get(a, "/several", holdfast.Public(), nothing, holdfast.Status(600), holdfast.Timeout(0))
			holdfast.Get(a, "/shadows", holdfast.Public(), nothing, holdfast.Shadows("/other"))
		}, `
			@1: GET /nil: a nil option
			@2: GET /status: status 99 is no status of a response
			@3: GET /none: Limit wants at least one request at once, and no negative queue
			@4: GET /queue: Limit wants at least one request at once, and no negative queue
			@5: GET /lane: InLane wants a lane, not nil
			@6: GET /pointer: InLane wants a lane, not nil
			@7: GET /time: Timeout wants more than no time
			@8: GET /past: Timeout wants more than no time
			@9: POST /body: MaxBody wants at least one byte; a handler without a body in its input reads none
			@10: GET /several: status 600 is no status of a response
			@10: GET /several: Timeout wants more than no time
			@11: GET /shadows: Shadows("/other"): it takes no path of such a route`},
		"patterns": {func(a *holdfast.App, at *lines) {
			e := holdfast.To(holdfast.Public(), nothing[holdfast.Anyone])
			at.mark()
			a.Handle("/path", e)
			a.Group("/group").Handle("/path", e)
			a.Handle("GTE /path", e)
			a.Group("group").Handle("GET /path", e)
		}, `
			@1: /path: a pattern is "METHOD /path"
			@2: /path: a pattern is "METHOD /path"
			@3: GTE /path: method "GTE" is none that HTTP knows, such as GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY (HEAD comes with GET)
			@4: GET group/path: a path begins with a slash`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var at lines
			app := quiet()
			test.declare(app, &at)
			got := ""
			if err := app.Err(); err != nil {
				got = at.counted(err.Error())
			}
			want := "holdfast: " + strings.TrimSpace(strings.ReplaceAll(test.want, "\n\t\t\t", "\n"))
			if got != want {
				t.Errorf("Err() is\n%s\n\nwant\n%s", got, want)
			}
		})
	}
}
