package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/tty"
)

// sessionCmd is `holdfast session`.
type sessionCmd struct {
	List sessionList `cmd:"" help:"List where a user, or everybody, is signed in."`
	End  sessionEnd  `cmd:"" help:"End one or all sessions of a user."`
}

type sessionList struct {
	database
	tty.Listing
	Name        string `arg:"" optional:"" help:"The user's name; of everybody, the newest first, if left out."`
	Application string `help:"Those of this client, by its id; 'browser' for those of pages." placeholder:"ID"`
}

// Run lists the sessions.
func (c *sessionList) Run(ctx context.Context, std streams) error {
	of := func(s account.UserSession) bool {
		return c.Application == "" || c.Application == cmp.Or(s.ClientID, "browser")
	}
	if c.Name == "" {
		return c.withThere(ctx, func(accounts *account.Service) error {
			return sessionOfTable.Print(std.out, c.Listing, tty.Pages(func(before string) ([]account.UserSession, string, error) {
				return accounts.LatestSessions(ctx, before, page)
			}), of)
		})
	}
	return c.withUser(ctx, c.Name, func(accounts *account.Service, u account.User) error {
		list, err := accounts.Sessions(ctx, u.ID)
		if err != nil {
			return err
		}
		all := make([]account.UserSession, len(list))
		for i, one := range list {
			all[i] = account.UserSession{SessionInfo: one, User: u}
		}
		return sessionTable.Print(std.out, c.Listing, tty.All(all, nil), of)
	})
}

// sessionHead and sessionRow are of one user's; where there are several, a row says whose.
const sessionHead = "SESSION\tAPPLICATION\tDEVICE\tADDRESS\tBEGUN\tLAST USED"

var (
	sessionTable   = tty.Table[account.UserSession]{Name: "sessions", View: viewSession, Head: sessionHead, Row: sessionRow}
	sessionOfTable = tty.Table[account.UserSession]{Name: "sessions", View: viewSession, Head: "USER\t" + sessionHead, Row: func(s account.UserSession) string { return row(s.User.Name, sessionRow(s)) }}
)

func viewSession(s account.UserSession) any {
	return map[string]any{
		"id": s.ID, "user": s.User.Name, "client_id": s.ClientID, "device": s.Device, "user_agent": s.UserAgent, "address": s.Address,
		"created": s.Created, "last_used": s.LastUsed, "expires": s.Expires,
	}
}

func sessionRow(s account.UserSession) string {
	return row(s.ID, cmp.Or(s.Client, s.ClientID, "browser"), cmp.Or(s.Device, "unknown"), cmp.Or(s.Address, "unknown"), moment(&s.Created), moment(&s.LastUsed))
}

type sessionEnd struct {
	database
	sure
	Name    string `arg:"" help:"The user's name."`
	Session string `arg:"" optional:"" help:"The session, as 'holdfast session list' shows it."`
	All     bool   `help:"End all of them."`
}

// Run ends one session or all.
func (c *sessionEnd) Run(ctx context.Context, std streams) error {
	if c.All == (c.Session != "") {
		return errors.New("say which session, or --all")
	}
	return c.withUser(ctx, c.Name, func(accounts *account.Service, u account.User) error {
		if c.All {
			if err := c.confirm(ctx, std, "Sign "+u.Name+" out everywhere?"); err != nil {
				return err
			}
			if err := accounts.EndSessions(ctx, u.ID, ""); err != nil {
				return err
			}
			fmt.Fprintf(std.out, "%s is signed out everywhere\n", u.Name)
			return nil
		}
		if err := accounts.EndSession(ctx, u.ID, c.Session); err != nil {
			return fmt.Errorf("session %s of %s: %w", c.Session, u.Name, err)
		}
		fmt.Fprintf(std.out, "ended session %s of %s\n", c.Session, u.Name)
		return nil
	})
}
