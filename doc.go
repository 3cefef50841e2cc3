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
// # Tags
//
// A field of an input says with one tag where it is read from. A field called
// Body is the body, in JSON, and needs none:
//
//	path:"id"                         a wildcard of the path
//	query:"skip" header:"X-Trace" cookie:"theme"
//	form:"title"                      of a form; beside files, an upload.File
//	json:"name,omitempty"             a member of a body, which may be left out then
//
// What it may be. At a list or a map, what is said of texts and numbers is said of
// those in it, however deep; a pointer is as what it points to:
//
//	minimum maximum                   a number's bounds, which it may be
//	exclusiveMinimum exclusiveMaximum bounds that it may not be
//	multipleOf                        a number's step
//	minLength maxLength               a text's length in characters
//	pattern                           a regular expression that is found in a text
//	patternDescription                the pattern in words, for the document
//	format                            a text's: email, uri, uuid, ipv4, hostname, date ...; password is not shown again
//	timeFormat                        the same for 2006-01-02 or 15:04:05, as package time writes it
//	encoding                          what a text is encoded in, for the document: base64
//	enum                              texts or numbers, one of which it is: up,down
//	const                             the text, number or bool that it is; it tells types of a union apart
//	minItems maxItems                 a list's length
//	uniqueItems                       true: no item of a list is there twice
//	minProperties maxProperties       how many entries a map has
//	maxSize accept                    a file's: 2MB, and image/png,image/jpeg
//	additionalProperties              true, at a field _ struct{}: an object may have further members
//
// Whether it must be there:
//
//	required                          true or false; if not said, a path, a body and its members must be there
//	nullable                          true or false; if not said, a pointer in a body may be null, and a patch.Field
//	default                           a text, day or duration as it is, a list a,b, and the rest in JSON
//
// What the document says, beside all of that:
//
//	doc                               what it is, in words
//	example                           a value: a text as it is, texts a,b, and the rest in JSON
//	deprecated hidden                 true: it goes away; it is not shown
//	readOnly                          true, in answers: only ever sent
//	writeOnly                         true: only ever read, and not shown again
//
// A tag that is misspelt, that does not fit the type, or whose value does not fit
// the tag, is one of the mistakes below. Tags of other packages are left alone.
//
// # Mistakes
//
// What can be wrong about a declaration is a compile error where the type
// system can say it, and otherwise an error of [App.Err] that names the file
// and line of the declaration. An App with such an error refuses every
// request.
package holdfast
