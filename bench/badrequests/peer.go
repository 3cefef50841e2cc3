package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
)

// startPeer starts oidc-provider with the clients that Holdfast has, and the
// secrets that it made for them.
func startPeer(ctx context.Context, folder string, ours *world) (*world, error) {
	registered := []map[string]any{}
	for _, one := range ours.clients {
		said := map[string]any{
			"client_id": one.id, "token_endpoint_auth_method": one.method, "redirect_uris": one.redirects, "grant_types": one.grants,
			"response_types": []string{}, "scope": scopeMe + " " + scopeUsers,
		}
		if one.redirects == nil {
			said["redirect_uris"] = []string{}
		} else {
			said["response_types"] = []string{"code"}
		}
		if one.id == native {
			said["application_type"] = "native"
		}
		if one.secret != "" {
			said["client_secret"] = one.secret
		}
		if one.id == keyed {
			said["jwks"], said["token_endpoint_auth_signing_alg"] = keySet(), "ES256"
		}
		registered = append(registered, said)
	}
	config, err := json.Marshal(map[string]any{
		"clients": registered, "scopes": []string{scopeMe, scopeUsers, scopeForeign}, "resources": []string{api},
	})
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "node", "server.mjs")
	cmd.Dir, cmd.Stdin = folder, bytes.NewReader(config)
	base, stop, err := started(cmd, "listening on ")
	if err != nil {
		return nil, fmt.Errorf("%w: script/bootstrap installs what it needs", err)
	}
	w, err := newWorld("oidc-provider", base)
	if err != nil {
		return nil, err
	}
	w.clients, w.stop, w.signIn = ours.clients, stop, confirm
	return w, nil
}

// started starts a program and waits for the line with its address.
func started(cmd *exec.Cmd, mark string) (base string, stop func(), err error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		_ = cmd.Wait()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), mark); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }() // until it ends
			return strings.TrimSpace(address), stop, nil
		}
	}
	stop()
	return "", nil, fmt.Errorf("%s has not started: %s", cmd, &complaints)
}

// confirm signs the person in at oidc-provider.
func confirm(ctx context.Context, w *world, at *url.URL) (*reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Sign-In", "anna")
	return w.do(r, true)
}
