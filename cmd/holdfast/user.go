package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/tty"
	"github.com/holdfast-go/holdfast/password"
)

// userCmd is `holdfast user`.
type userCmd struct {
	Add     userAdd     `cmd:"" help:"Add a user; the password comes from a prompt or --password-stdin."`
	List    userList    `cmd:"" help:"List the users."`
	Show    userShow    `cmd:"" help:"Show one user."`
	Disable userDisable `cmd:"" help:"Disable a user; their tokens stop working."`
	Enable  userEnable  `cmd:"" help:"Enable a user again."`
	Roles   userRoles   `cmd:"" help:"Set a user's roles."`
	Reset   userReset   `cmd:"" help:"Print a one-time link with which a user sets a new password."`
	Unlock  userUnlock  `cmd:"" help:"Let strangers' addresses sign in again after too many wrong passwords in a row."`
	Remove  userRemove  `cmd:"" help:"Remove a user."`
}

type userAdd struct {
	database
	breachedFile
	Name          string   `arg:"" help:"The name to sign in with."`
	Email         string   `help:"The user's e-mail address."`
	Role          []string `help:"A role to give; may be repeated." default:"user"`
	PasswordStdin bool     `help:"Read the password from standard input; one newline at its end is dropped." xor:"password"`
	OwnPassword   bool     `name:"own-password" help:"Whoever types the password is its user, who keeps it. Otherwise it is good for one sign-in, which sets another; that of the first administrator is their own anyway."`
	NoPassword    bool     `help:"Give the user no password: 'holdfast user reset' makes a link to set one." xor:"password"`
}

// Run adds the user.
func (c *userAdd) Run(ctx context.Context, std streams) error {
	if c.NoPassword && c.OwnPassword {
		return errors.New("--no-password and --own-password do not fit together")
	}
	secret, err := c.password(ctx, std)
	if err != nil {
		return err
	}
	return c.withStore(ctx, func(store store) error {
		return c.withPolicy(func(policy password.Policy) error {
			config := config(store)
			config.Policy = policy
			return withAccounts(ctx, config, func(accounts *identity.Accounts) error { return c.add(ctx, std, accounts.Service, secret) })
		})
	})
}

func (c *userAdd) add(ctx context.Context, std streams, accounts *account.Service, secret string) error {
	user, err := accounts.CreateUser(ctx, account.NewUser{Name: c.Name, Email: c.Email, Password: account.Secret(secret), Roles: c.Role, WithoutPassword: c.NoPassword, Given: !c.OwnPassword})
	if err != nil {
		return fmt.Errorf("user %s: %w", c.Name, err)
	}
	given, err := accounts.PasswordGiven(ctx, user.ID)
	fmt.Fprintf(std.out, "added %s (%s)\n", user.Name, strings.Join(user.Roles, ", "))
	if given {
		fmt.Fprintf(std.out, "the password is good for one sign-in, in which %s sets another\n", user.Name)
	}
	return err
}

func (c *userAdd) password(ctx context.Context, std streams) (string, error) {
	if c.NoPassword {
		return "", nil
	}
	if c.PasswordStdin {
		data, err := io.ReadAll(io.LimitReader(std.in, 1<<20))
		return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), err
	}
	if _, typed := tty.Person(std.in); !typed {
		return "", errors.New("standard input is no terminal; pipe the password and say --password-stdin")
	}
	return tty.Secret(ctx, std.in, std.err, true)
}

// userJSON is a user as --json prints it.
type userJSON struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Disabled bool     `json:"disabled"`
	Roles    []string `json:"roles"`
}

func toJSON(u account.User) userJSON {
	return userJSON{u.ID, u.Name, u.Email, u.Disabled, append([]string{}, u.Roles...)}
}

type userList struct {
	database
	tty.Listing
	Prefix string `help:"Those whose names begin so." placeholder:"TEXT"`
	Role   string `help:"Those who have this role." placeholder:"NAME"`
	State  string `help:"Those who are enabled, or disabled." enum:"enabled,disabled," default:"" placeholder:"enabled|disabled"`
}

var userTable = tty.Table[account.User]{
	Name: "users", Head: "NAME\tROLES\tSTATE\tEMAIL",
	View: func(u account.User) any { return toJSON(u) },
	Row: func(u account.User) string {
		return row(u.Name, strings.Join(u.Roles, ", "), state(u.Disabled), u.Email)
	},
}

// Run lists the users that the flags choose, by name, or all, the oldest first.
func (c *userList) Run(ctx context.Context, std streams) error {
	q := account.UserQuery{Prefix: c.Prefix, Role: c.Role, State: account.UserState(c.State)}
	return c.withThere(ctx, func(accounts *account.Service) error {
		list := accounts.AllUsers(ctx)
		if q != (account.UserQuery{}) {
			list = tty.Pages(func(after string) (list []account.User, next string, err error) {
				q.After = after
				if list, err = accounts.SearchUsers(ctx, q, page); len(list) == page {
					next = list[page-1].Name
				}
				return list, next, err
			})
		}
		return userTable.Print(std.out, c.Listing, list, nil)
	})
}

type userShow struct {
	database
	Name string `arg:"" help:"The user's name."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run shows one user.
func (c *userShow) Run(ctx context.Context, std streams) error {
	return c.withUser(ctx, c.Name, func(accounts *account.Service, u account.User) error {
		failed, err := accounts.FailuresOf(ctx, u.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.out, struct {
				userJSON

				Failures int  `json:"failures"`
				Locked   bool `json:"locked"`
			}{toJSON(u), failed.Count, failed.Locked()})
		}
		w := bufio.NewWriter(std.out)
		fmt.Fprintf(w, "name   %s\nid     %s\nemail  %s\nroles  %s\nstate  %s\n", u.Name, u.ID, u.Email, strings.Join(u.Roles, ", "), state(u.Disabled))
		if failed.Count > 0 {
			fmt.Fprintf(w, "wrong  %d passwords in a row, the last at %s\n", failed.Count, failed.Last.Format(time.RFC3339))
		}
		if failed.Locked() {
			fmt.Fprintf(w, "locked for addresses and devices that are not known: 'holdfast user unlock %s' or 'holdfast user reset %s'\n", u.Name, u.Name)
		}
		return w.Flush()
	})
}

type userUnlock struct {
	database
	Name string `arg:"" help:"The user's name."`
}

// Run begins a new row of wrong passwords.
func (c *userUnlock) Run(ctx context.Context, std streams) error {
	return c.withUser(ctx, c.Name, func(accounts *account.Service, u account.User) error {
		if err := accounts.ClearFailures(ctx, u.ID); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s may sign in from anywhere again\n", u.Name)
		return nil
	})
}

type userDisable struct {
	database
	Name string `arg:"" help:"The user's name."`
}

// Run disables the user.
func (c *userDisable) Run(ctx context.Context, std streams) error {
	return setDisabled(ctx, c.database, std, c.Name, true)
}

type userEnable struct {
	database
	Name string `arg:"" help:"The user's name."`
}

// Run enables the user.
func (c *userEnable) Run(ctx context.Context, std streams) error {
	return setDisabled(ctx, c.database, std, c.Name, false)
}

func setDisabled(ctx context.Context, d database, std streams, name string, disabled bool) error {
	return d.withUser(ctx, name, func(accounts *account.Service, u account.User) error {
		if _, err := accounts.UpdateUser(ctx, u.ID, account.UserChange{Disabled: &disabled}); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s is %s\n", u.Name, state(disabled))
		return nil
	})
}

type userRoles struct {
	database
	Name  string   `arg:"" help:"The user's name."`
	Roles []string `arg:"" optional:"" help:"The roles the user has from now on; none takes all away."`
}

// Run sets the roles.
func (c *userRoles) Run(ctx context.Context, std streams) error {
	return c.withUser(ctx, c.Name, func(accounts *account.Service, u account.User) error {
		changed, err := accounts.SetRoles(ctx, u.ID, c.Roles)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s has %s\n", u.Name, cmp.Or(strings.Join(changed.Roles, ", "), "no role"))
		return nil
	})
}

type userRemove struct {
	database
	sure
	Name string `arg:"" help:"The user's name."`
}

// Run removes the user.
func (c *userRemove) Run(ctx context.Context, std streams) error {
	return c.withUser(ctx, c.Name, func(accounts *account.Service, u account.User) error {
		if err := c.confirm(ctx, std, "Remove "+u.Name+", with sessions, keys and consents?"); err != nil {
			return err
		}
		if err := accounts.RemoveUser(ctx, u.ID); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "removed %s\n", u.Name)
		return nil
	})
}

func state(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "enabled"
}
