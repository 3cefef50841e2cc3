package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// What can come of a mutant.
const (
	killed   = "killed"
	survived = "survived"
	unbuilt  = "does not build"
)

// try runs the tests of packages, one after the other until one fails, with a
// mutant. The file itself stays as it is: the go command reads the mutant in
// its place. By is the first test that failed.
func try(ctx context.Context, m Mutant, packages []string, timeout time.Duration) (outcome, by string, err error) {
	folder, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file, err := filepath.Abs(m.File)
	if err != nil {
		return "", "", err
	}
	mutant, overlay := filepath.Join(folder, "mutant.go"), filepath.Join(folder, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {file: mutant}})
	err = errors.Join(err, os.WriteFile(mutant, m.text, 0o600), os.WriteFile(overlay, list, 0o600))
	outcome = survived
	for i := 0; i < len(packages) && err == nil && outcome == survived; i++ {
		outcome, by, err = test(ctx, packages[i], timeout, "-overlay="+overlay)
	}
	return outcome, by, err
}

// test runs the short tests of a package until one fails. They are linked
// without DWARF: for a test that takes no time, that is half of it.
func test(ctx context.Context, pkg string, timeout time.Duration, flags ...string) (outcome, by string, err error) {
	args := append([]string{"test", "-json", "-short", "-count=1", "-failfast", "-vet=off", "-ldflags=-w", "-timeout=" + timeout.String()}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...) //nolint:gosec // the person who runs this says what to test
	cmd.WaitDelay = time.Second
	output, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, "", nil
	case ctx.Err() != nil || !errors.As(err, &exit):
		return "", "", errors.Join(err, ctx.Err())
	}
	if outcome, by = why(output); outcome == "" {
		return "", "", fmt.Errorf("go test %s: %w\n%s", pkg, err, exit.Stderr)
	}
	return outcome, by, nil
}

// why finds in what go test -json says why it failed: by a test, or by none
// alone if it panicked or took too long.
func why(output []byte) (outcome, by string) {
	for line := range bytes.Lines(output) {
		var event struct{ Action, Test string }
		if json.Unmarshal(line, &event) != nil {
			continue
		}
		switch {
		case event.Action == "build-fail":
			return unbuilt, ""
		case event.Action == "fail" && outcome == "":
			outcome, by = killed, event.Test
		}
	}
	return outcome, by
}
