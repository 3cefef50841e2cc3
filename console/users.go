package console

import (
	"net/http"
	"slices"

	"github.com/holdfast-go/holdfast/account"
)

// pageSize is how many rows a list shows.
const pageSize = 50

// usersOf is a piece of the list of users.
type usersOf struct {
	Query  account.UserQuery
	Users  []account.User
	Roles  []account.Role
	States []account.UserState
	After  string // the name after which the next piece begins; "" at the end
}

func (c *console) users(r *http.Request, _ caller) (page, error) {
	q := r.URL.Query()
	u := usersOf{
		Query:  account.UserQuery{Prefix: cut(q.Get("q")), Role: cut(q.Get("role")), State: account.UserState(q.Get("state")), After: cut(q.Get("after"))},
		States: []account.UserState{account.UserEnabled, account.UserDisabled},
	}
	if !slices.Contains(u.States, u.Query.State) {
		u.Query.State = ""
	}
	var err error
	if u.Users, err = c.accounts.SearchUsers(r.Context(), u.Query, pageSize+1); err != nil {
		return page{}, err
	}
	if len(u.Users) > pageSize {
		u.Users = u.Users[:pageSize]
		u.After = u.Users[pageSize-1].Name
	}
	u.Roles, err = c.accounts.Roles(r.Context())
	return page{"users", "Users", u}, err
}

// cut keeps what is looked for to what a name can be.
func cut(text string) string { return text[:min(len(text), 64)] }

// newUserOf is the form for a new user, as it was sent.
type newUserOf struct {
	Name, Email string
	Roles       []choice
}

// choice is a box that can be ticked.
type choice struct {
	Name, About string
	Ticked      bool
}

func (c *console) roleChoices(r *http.Request, ticked []string) (out []choice, err error) {
	roles, err := c.accounts.Roles(r.Context())
	for _, role := range roles {
		out = append(out, choice{role.Name, role.Description, slices.Contains(ticked, role.Name)})
	}
	return out, err
}

func (c *console) newUser(r *http.Request, _ caller) (page, error) {
	roles := []string{"user"}
	if r.Method == http.MethodPost {
		roles = r.PostForm["roles"]
	}
	choices, err := c.roleChoices(r, roles)
	return page{"newuser", "New user", newUserOf{r.PostForm.Get("name"), r.PostForm.Get("email"), choices}}, err
}

// createUser makes a user without a password, and shows the link with which the
// person chooses one: nobody else ever knows it. A password that was typed instead
// is good for one sign-in, in which the person sets another.
func (c *console) createUser(r *http.Request, _ caller) (done, error) {
	chosen := r.PostForm.Get("password")
	user, err := c.accounts.CreateUser(r.Context(), account.NewUser{
		Name: r.PostForm.Get("name"), Email: r.PostForm.Get("email"), Roles: r.PostForm["roles"],
		Password: account.Secret(chosen), WithoutPassword: chosen == "", Given: chosen != "",
	})
	if err != nil || chosen != "" {
		return done{to: "users/" + user.ID + "?done=created"}, err
	}
	return c.linkFor(r, user, "The user is there, and has no password yet.")
}

// linkOf is a page with a secret that is shown this once.
type linkOf struct {
	Lead, What, Secret, Rest, Back, BackTo string
}

func (c *console) linkFor(r *http.Request, user account.User, lead string) (done, error) {
	link, err := c.id.ResetLink(r.Context(), user.ID)
	return done{show: &page{"secret", "A link for " + user.Name, linkOf{
		Lead: lead, What: "Link for " + user.Name, Secret: link, Back: "users/" + user.ID, BackTo: user.Name,
		Rest: "Send it to " + user.Name + " on a way that nobody else reads. It is shown this once, works once, and for an hour.",
	}}}, err
}

// userOf is a user.
type userOf struct {
	account.User
	Roles  []choice
	Scopes []scopeOf
	Self   bool
	Given  bool             // the password is one that somebody else has chosen
	Failed account.Failures // wrong passwords in a row
}

// scopeOf is a scope and the roles that give it.
type scopeOf struct {
	Name, About string
	From        []string
}

func (c *console) user(r *http.Request, who caller) (page, error) {
	user, err := c.accounts.User(r.Context(), r.PathValue("id"))
	if err != nil {
		return page{}, err
	}
	roles, err := c.accounts.Roles(r.Context())
	if err != nil {
		return page{}, err
	}
	u := userOf{User: user, Self: user.ID == who.User.ID}
	if u.Given, err = c.accounts.PasswordGiven(r.Context(), user.ID); err != nil {
		return page{}, err
	}
	if u.Failed, err = c.accounts.FailuresOf(r.Context(), user.ID); err != nil {
		return page{}, err
	}
	from := map[string][]string{}
	for _, role := range roles {
		has := slices.Contains(user.Roles, role.Name)
		u.Roles = append(u.Roles, choice{role.Name, role.Description, has})
		for _, scope := range role.Scopes {
			if has {
				from[scope] = append(from[scope], role.Name)
			}
		}
	}
	for scope, by := range from {
		u.Scopes = append(u.Scopes, scopeOf{scope, c.meaning(scope), by})
	}
	slices.SortFunc(u.Scopes, func(a, b scopeOf) int { return compare(a.Name, b.Name) })
	return page{"user", user.Name, u}, nil
}

// setRoles gives the user the roles that are ticked.
func (c *console) setRoles(r *http.Request, _ caller) (done, error) {
	id := r.PathValue("id")
	_, err := c.accounts.SetRoles(r.Context(), id, r.PostForm["roles"])
	return done{to: "users/" + id + "?done=roles"}, err
}

func (c *console) setState(r *http.Request, _ caller) (done, error) {
	id, disable := r.PathValue("id"), r.PostForm.Get("do") == "disable"
	_, err := c.accounts.UpdateUser(r.Context(), id, account.UserChange{Disabled: &disable})
	return done{to: "users/" + id + "?done=" + said(disable, "disabled", "enabled")}, err
}

// unlock forgets the wrong passwords in a row, so that strangers may try again.
func (c *console) unlock(r *http.Request, _ caller) (done, error) {
	id := r.PathValue("id")
	return done{to: "users/" + id + "?done=unlocked"}, c.accounts.ClearFailures(r.Context(), id)
}

func (c *console) resetLink(r *http.Request, _ caller) (done, error) {
	user, err := c.accounts.User(r.Context(), r.PathValue("id"))
	if err != nil {
		return done{}, err
	}
	return c.linkFor(r, user, "With this link "+user.Name+" chooses a new password; that ends all their sessions. Until then the one before stays good.")
}

// removeUser removes the user whose name was typed to be sure.
func (c *console) removeUser(r *http.Request, _ caller) (done, error) {
	user, err := c.accounts.User(r.Context(), r.PathValue("id"))
	if err == nil && r.PostForm.Get("name") != user.Name {
		err = errDiffer
	}
	if err == nil {
		err = c.accounts.RemoveUser(r.Context(), user.ID)
	}
	return done{to: "users?done=removed"}, err
}
