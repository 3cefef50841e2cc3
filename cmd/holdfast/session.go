package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// sessionCmd is `holdfast session`.
type sessionCmd struct {
	List sessionList `cmd:"" help:"List where a user is signed in."`
	End  sessionEnd  `cmd:"" help:"End one or all sessions of a user."`
}

type sessionList struct {
	database
	Name string `arg:"" help:"The user's name."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run lists the sessions.
func (c *sessionList) Run(ctx context.Context, std streams) error {
	return c.withUser(ctx, c.Name, func(accounts *account.Service, u account.User) error {
		list, err := accounts.Sessions(ctx, u.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			out := make([]map[string]any, len(list))
			for i, s := range list {
				out[i] = map[string]any{
					"id": s.ID, "client_id": s.ClientID, "device": s.Device, "user_agent": s.UserAgent, "address": s.Address,
					"created": s.Created, "last_used": s.LastUsed, "expires": s.Expires,
				}
			}
			return printJSON(std.out, map[string]any{"sessions": out})
		}
		t := tabwriter.NewWriter(std.out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "SESSION\tAPPLICATION\tDEVICE\tADDRESS\tBEGUN\tLAST USED")
		for _, s := range list {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, cmp.Or(s.Client, s.ClientID, "browser"), cmp.Or(s.Device, "unknown"), cmp.Or(s.Address, "unknown"),
				s.Created.Format(time.RFC3339), s.LastUsed.Format(time.RFC3339))
		}
		return t.Flush()
	})
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
