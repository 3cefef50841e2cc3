// Package holdfast says at the route who may call it, and makes that one line
// enforced, documented, printed and tested.
//
// It is FastAPI's security and dependencies in Go. A route is registered with
// a policy, and there is no other way to register one:
//
//	oauth := holdfast.OAuth2PasswordBearer("token")
//	items := oauth.Scope("items", "Read items")
//	user := holdfast.Depends1(holdfast.Verify(oauth, verifyToken), findUser)
//
//	app := holdfast.New("Shop", "1.0.0")
//	holdfast.Get(app, "/health", holdfast.Public(), health)
//	holdfast.Get(app, "/items/", holdfast.Security(user, items), readItems)
//	holdfast.Delete(app, "/users/{id}", holdfast.AnyRole(user, admin), deleteUser)
//
// A handler receives the proof as a typed argument: readItems above is a
// func(context.Context, User, Paging) ([]Item, error), and the only way to get
// that User is the dependency that checked it.
//
// # Order of a request
//
// First the credentials and their scopes; then the rest of the policy as it was
// written, each dependency and then the roles that are asked of it; then
// parameters and body; then the handler's own dependencies; then the handler;
// then what was deferred, in reverse; then the response. No byte of a body is
// read for a caller who may not call, and no place of a [Limit] or [InLane] is
// taken before parameters and body are read. A dependency of the handler that
// depends on a credential is part of the policy.
//
// # Input
//
// The fields of a handler's input say with tags where they are read from and
// what they may be; all that does not fit is in one 422. What tags cannot say
// is a method
//
//	Validate(ctx context.Context) error
//
// of the body's type, of any type in it, of a parameter's type or of the input
// itself. It is called with the request's context when all of the value was
// read and fits, the inner ones first, and before the place of a [Limit] is
// taken. The words of its error are shown to the caller: an error that is not
// for the caller is the Cause of an [Error], which ends the request. A
// [ValidationError] lists several violations, with places below that of the
// value.
//
// # Mistakes
//
// What can be wrong about a declaration is a compile error where the type
// system can say it, and otherwise an error of [App.Err] that names the file
// and line of the declaration. An App with such an error refuses every
// request.
package holdfast
