package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/accountapi"
)

// clientChange is `holdfast client change`: what is not said stays.
type clientChange struct {
	database
	ID         string   `arg:"" help:"The client_id."`
	Name       *string  `help:"What people are shown."`
	Redirect   []string `sep:"none" placeholder:"URI" help:"Where people are sent back to, in place of all before; may be repeated. '' is none."`
	Grant      []string `help:"A grant that it may use, in place of all before; may be repeated."`
	Scope      []string `help:"A scope that it may ask for, in place of all before; may be repeated. '' is none." xor:"scopes"`
	AllScopes  bool     `help:"It may ask for all that a user is granted, which only a first-party client may." xor:"scopes"`
	Audience   []string `sep:"none" placeholder:"URI" help:"A resource that it may ask tokens for, in place of all before; may be repeated. '' is none."`
	FirstParty *bool    `negatable:"" help:"It is one's own: people are not asked for their consent."`
	Disable    bool     `help:"It gets no tokens, and those it has are good for nothing." xor:"able"`
	Enable     bool     `help:"It may go on." xor:"able"`
	JSON       bool     `name:"json" help:"Print JSON."`
}

// Run changes the client.
func (c *clientChange) Run(ctx context.Context, std streams) error {
	if !c.says() {
		return errors.New("say what is to change; 'holdfast client change --help' lists what can")
	}
	return c.withThere(ctx, func(accounts *account.Service) error {
		client, err := accounts.ChangeClient(ctx, c.ID, c.change)
		if err != nil {
			return fmt.Errorf("client %s: %w", c.ID, err)
		}
		if c.JSON {
			return printJSON(std.out, accountapi.DescribeClient(client))
		}
		return writeClient(ctx, std.out, accounts, client)
	})
}

func (c *clientChange) says() bool {
	return c.Name != nil || c.Redirect != nil || c.Grant != nil || c.Scope != nil || c.AllScopes || c.Audience != nil ||
		c.FirstParty != nil || c.Disable || c.Enable
}

func (c *clientChange) change(client *account.Client) {
	for _, one := range []struct {
		said []string
		of   *[]string
	}{{c.Redirect, &client.Redirects}, {c.Grant, &client.Grants}, {c.Scope, &client.Scopes}, {c.Audience, &client.Audiences}} {
		if one.said != nil {
			*one.of = slices.DeleteFunc(append([]string{}, one.said...), func(text string) bool { return text == "" })
		}
	}
	if c.Name != nil {
		client.Name = *c.Name
	}
	if c.FirstParty != nil {
		client.FirstParty = *c.FirstParty
	}
	if c.AllScopes {
		client.Scopes = nil
	}
	client.Disabled = c.Disable || client.Disabled && !c.Enable
}
