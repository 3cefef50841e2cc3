// Package identity is users, their login and their roles in a program of your
// own: all that `holdfast serve` does, without the command. The whole of what a
// program writes is this:
//
//	var (
//		auth      = identity.NewScheme()
//		readBooks = auth.Scope("books:read", "Read books")
//		librarian = holdfast.NewRole("librarian", "Keeps books").Grants(auth.Me, readBooks)
//	)
//
//	store, err := sqlite.Open(ctx, "library.db")
//	…
//	id, err := identity.Open(ctx, identity.Config{
//		Scheme: auth, Store: store, URL: "https://library.example", Roles: []holdfast.Role{librarian},
//	})
//	…
//	defer id.Close()
//	app := id.NewApp(holdfast.Config{Title: "Library"})
//	holdfast.Get(app, "/books", holdfast.Security(id.Caller(), readBooks), listBooks)
//	err = id.ListenAndServe(ctx, app, "127.0.0.1:8000")
//
// where a handler is given the user who calls it:
//
//	func listBooks(ctx context.Context, caller identity.Caller, _ holdfast.NoInput) ([]Book, error)
//
// [Open] makes what is missing and keeps it in the store: the keys that sign
// tokens, the key that hides whose sign-ins are counted, the issuer, the roles.
// Nothing of that is left to the program to remember. [Identity.NewApp] has the
// endpoints: tokens, users and roles, pages to choose the first administrator
// and a new password, health. [Identity.ListenAndServe] puts in front of them
// what every request goes through: an id and a line of the log, the caller's
// address behind proxies, and other origins.
//
// With [Config.Pages] people sign in on a page and present a cookie, and
// [Identity.Session] stands at the routes of the program's own pages.
//
// A user has a name, perhaps an e-mail address, and roles. What else your
// program knows of a user is a table of its own, keyed by the user's id.
package identity
