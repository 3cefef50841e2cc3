package main

import (
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// allFlags lists the flags of all commands with their environment variables,
// hidden ones too.
func allFlags(t *testing.T) (list []string) {
	t.Helper()
	parser, err := newParser(context.Background(), &cli{}, streams{nil, io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			list = append(list, strings.Join(append([]string{"--" + flag.Name}, flag.Envs...), " "))
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The product has no flag that takes a bound away: --insecure-http says what network
// it is on. A program with the tag has two more.
func TestInsecureFlagsNeedTheTag(t *testing.T) {
	t.Parallel()
	const network = "--insecure-http HOLDFAST_INSECURE_HTTP"
	var got []string
	want := []string{network}
	all := allFlags(t)
	for _, flag := range all {
		if strings.Contains(strings.ToLower(flag), "insecure") {
			got = append(got, flag)
		}
	}
	if unboundedFlag != "" {
		want = []string{
			"--insecure-unbounded-hashing HOLDFAST_INSECURE_UNBOUNDED_HASHING",
			"--insecure-no-login-throttle-for-timing-tests HOLDFAST_INSECURE_NO_LOGIN_THROTTLE_FOR_TIMING_TESTS",
			network,
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the flags with \"insecure\" are %q, want %q", got, want)
	}
	if !slices.Contains(all, "--max-conns HOLDFAST_MAX_CONNS") || len(all) < 50 {
		t.Errorf("the test does not see all flags: %q", all)
	}
}

// What `holdfast bench login` says one should run does compare.
func TestTheCommandThatCompares(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program; run without -short")
	}
	t.Parallel()
	args := strings.Fields(compareCommand)
	cmd := exec.CommandContext(t.Context(), args[0], append(args[1:], "--seconds", "0.2", "--conns", "2", "--rate", "50", "--json")...) //nolint:gosec // the constant above
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), `"times_calmer": `) || !strings.Contains(string(out), `"hashing": "unbounded"`) {
		t.Errorf("%s = %v\n%s", compareCommand, err, out)
	}
}
