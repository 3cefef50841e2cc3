package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
)

const (
	person   = "anna"
	password = "correct horse battery"
)

// startHoldfast builds the command, makes the person and the clients with it, and
// starts the server.
func startHoldfast(ctx context.Context) (*world, error) {
	folder, err := os.MkdirTemp("", "badrequests")
	if err != nil {
		return nil, err
	}
	gone := func() { _ = os.RemoveAll(folder) } // what stays there is of no use
	w, err := startIn(ctx, folder)
	if err != nil {
		gone()
		return nil, err
	}
	stop := w.stop
	w.stop = func() { stop(); gone() }
	return w, nil
}

func startIn(ctx context.Context, folder string) (*world, error) {
	program, err := proc.Build(ctx, folder)
	if err != nil {
		return nil, err
	}
	run := func(stdin string, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the same
		cmd.Dir, cmd.Stdin = folder, strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("holdfast %s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return out, nil
	}
	if _, err := run(password+"\n", "user", "add", person, "--role", "admin", "--password-stdin"); err != nil {
		return nil, err
	}
	registered := map[string]*client{}
	for _, one := range clients() {
		if err := register(run, folder, one); err != nil {
			return nil, err
		}
		registered[one.id] = one
	}
	cmd := exec.CommandContext(ctx, program, "serve", "--addr", "127.0.0.1:0") //nolint:gosec // the same
	cmd.Dir = folder
	base, stop, err := started(cmd, "  API ")
	if err != nil {
		return nil, err
	}
	w, err := newWorld("Holdfast", base)
	if err != nil {
		return nil, err
	}
	w.clients, w.stop, w.signIn = registered, stop, signIn
	return w, nil
}

// register makes a client, and keeps the secret that it is given.
func register(run func(stdin string, args ...string) ([]byte, error), folder string, c *client) error {
	args := []string{"client", "add", c.id, "--id", c.id, "--first-party", "--scope", scopeMe, "--scope", scopeUsers, "--audience", api, "--json"}
	for _, one := range c.redirects {
		args = append(args, "--redirect", one)
	}
	for _, one := range c.grants {
		args = append(args, "--grant", one)
	}
	switch c.method {
	case "none":
		args = append(args, "--public")
	case "private_key_jwt":
		keys, err := json.Marshal(keySet())
		if err != nil {
			return err
		}
		file := filepath.Join(folder, "keys.json")
		if err := os.WriteFile(file, keys, 0o600); err != nil {
			return err
		}
		args = append(args, "--jwks", file)
	}
	out, err := run("", args...)
	if err != nil {
		return err
	}
	var made struct {
		Secret string `json:"client_secret"`
	}
	c.secret, err = "", json.Unmarshal(out, &made)
	c.secret = made.Secret
	return err
}

// signIn fills in the form that is shown in place of a code: it carries the request
// along.
func signIn(ctx context.Context, w *world, at *url.URL) (*reply, error) {
	form := at.Query()
	form.Set("do", "signin")
	form.Set("username", person)
	form.Set("password", password)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+at.Path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", formKind)
	r.Header.Set("Origin", w.base)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return w.do(r, true)
}
