package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// whyCmd is `holdfast why`.
type whyCmd struct {
	database
	ID    string `arg:"" optional:"" help:"The id of the request, which its answer has as X-Request-Id. The last refusals are listed without one."`
	Limit int    `default:"20" help:"How many to list."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run explains one refusal, or lists the last.
func (c *whyCmd) Run(ctx context.Context, std streams) (err error) {
	file, err := sqlite.ReadRefusals(ctx, c.DB)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("nothing was refused yet: there is no %s", sqlite.RefusalsOf(c.DB))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if c.ID == "" {
		return c.list(ctx, std, file)
	}
	found, err := identity.FindRefusal(ctx, file, c.ID)
	switch {
	case err != nil:
		return fmt.Errorf("request %s: %w", c.ID, err)
	case c.JSON:
		return printJSON(std.out, found)
	}
	return found.Write(std.out)
}

func (c *whyCmd) list(ctx context.Context, std streams, file *sqlite.Refusals) error {
	all, err := identity.LastRefusals(ctx, file, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, map[string]any{"refusals": all})
	}
	return identity.WriteRefusals(std.out, all)
}
