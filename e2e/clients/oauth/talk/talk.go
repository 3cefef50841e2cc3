// Package talk is how a client in Go tells the test what it does: a line of JSON
// for each step.
package talk

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// The settings, from the environment. The README beside says what they are.
var (
	Issuer   = os.Getenv("ISSUER")
	ID       = os.Getenv("CLIENT_ID")
	Machine  = os.Getenv("MACHINE_ID")
	Secret   = os.Getenv("CLIENT_SECRET")
	Redirect = os.Getenv("REDIRECT_URI")
	Scopes   = strings.Fields(os.Getenv("SCOPE"))
	Tools    = os.Getenv("MCP_URL")
)

var trying = "start"

// Try notes which step comes next.
func Try(step string) { trying = step }

// Did says that the step that was tried has worked, with more that is to be known.
func Did(more ...string) {
	line := map[string]string{"step": trying}
	for i := 0; i+1 < len(more); i += 2 {
		line[more[i]] = more[i+1]
	}
	say(line)
}

// Must ends the program if the step that was tried has failed.
func Must(err error) {
	if err != nil {
		say(map[string]string{"step": "refused", "at": trying, "why": err.Error()})
		os.Exit(3)
	}
}

func say(line map[string]string) {
	_ = json.NewEncoder(os.Stdout).Encode(line)
}

// Browse has the person sign in at the address, and returns what the browser
// brings back.
func Browse(address string) (url.Values, error) {
	say(map[string]string{"step": "authorize", "url": address})
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("no address came back: %w", err)
	}
	back, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		return nil, err
	}
	return back.Query(), nil
}

// Metadata reads the addresses of the server's metadata, for a library that does not.
func Metadata(ctx context.Context) map[string]any {
	Try("discover")
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, Issuer+"/.well-known/oauth-authorization-server", nil)
	Must(err)
	answer, err := http.DefaultClient.Do(get)
	Must(err)
	defer func() { _ = answer.Body.Close() }()
	var metadata map[string]any
	Must(json.NewDecoder(answer.Body).Decode(&metadata))
	Did()
	return metadata
}
