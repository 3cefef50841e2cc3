package main

import (
	"context"
	"fmt"

	"github.com/holdfast-go/holdfast/identity"
)

// whyCmd is `holdfast why`.
type whyCmd struct {
	database
	ID    string `arg:"" optional:"" help:"The id of the request, which its answer has as X-Request-Id. The last refusals are listed without one."`
	Limit int    `default:"20" help:"How many to list."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run explains one refusal, or lists the last.
func (c *whyCmd) Run(ctx context.Context, std streams) error {
	return c.withRefusals(ctx, func(kept identity.RefusalStore) error {
		if c.ID == "" {
			return c.list(ctx, std, kept)
		}
		found, err := identity.FindRefusal(ctx, kept, c.ID)
		switch {
		case err != nil:
			return fmt.Errorf("request %s: %w", c.ID, err)
		case c.JSON:
			return printJSON(std.out, found)
		}
		return found.Write(std.out)
	})
}

func (c *whyCmd) list(ctx context.Context, std streams, kept identity.RefusalStore) error {
	all, err := identity.LastRefusals(ctx, kept, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, map[string]any{"refusals": all})
	}
	return identity.WriteRefusals(std.out, all)
}
