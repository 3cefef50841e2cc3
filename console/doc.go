// Package console is pages for people who run a program with users: who may do
// what, who was refused and why, users, roles, clients, keys. [Mount] adds them to
// an application:
//
//	app := id.NewApp(holdfast.Config{Title: "Library"})
//	err := console.Mount(app, id, console.Config{})
//
// and they are at /console, for who has signed in on the sign-in page.
//
// Each page, and each form, is a route of the application with a policy, and so
// stands in the access table, the matrix and the attack, and its refusals are
// explained like any other. The policies are those of the API: a role that may not
// call DELETE /users/{id} removes nobody here either. What a person may not do is
// not offered, which the same table decides, and is refused all the same. What
// changes something also wants a sign-in that is not long ago ([Config.Fresh]).
//
// The pages work without script. With it, htmx 2.0.11 (Zero-Clause BSD, see
// assets/htmx.LICENSE) looks for users while one types, and shows the numbers of the
// overview as they change. Nothing is inline, and nothing comes from another host:
// the Content-Security-Policy allows the origin's own files and no more.
package console
