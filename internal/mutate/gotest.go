package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What can come of a mutant.
const (
	killed   = "killed"
	survived = "survived"
	unbuilt  = "does not build"
)

// program is the tests of a package, built with every mutant in them.
type program struct{ file, dir string }

// programs builds the tests of each of the packages.
func programs(ctx context.Context, folder string, packages []string, files map[string][]byte) (map[string]program, error) {
	overlay, err := writeOverlay(folder, files)
	if err != nil {
		return nil, err
	}
	out := map[string]program{}
	for i, pkg := range packages {
		p := program{filepath.Join(folder, "test"+strconv.Itoa(i)), strings.TrimPrefix(pkg, "./")}
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-o", p.file, "-overlay="+overlay, pkg) //nolint:gosec // the person who runs this says what to test
		if said, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("mutate: build the tests of %s: %w\n%s", pkg, err, said)
		}
		if _, err := os.Stat(p.file); err != nil {
			return nil, fmt.Errorf("mutate: %s has no tests", pkg)
		}
		out[pkg] = p
	}
	return out, nil
}

// writeOverlay makes the go command read files in the place of others, which
// stay as they are.
func writeOverlay(folder string, files map[string][]byte) (string, error) {
	replace := map[string]string{}
	for name, text := range files {
		original, err := filepath.Abs(filepath.FromSlash(name))
		if err != nil {
			return "", err
		}
		replace[original] = filepath.Join(folder, strconv.Itoa(len(replace))+"_"+path.Base(name))
		if err := os.WriteFile(replace[original], text, 0o600); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	overlay := filepath.Join(folder, "overlay.json")
	return overlay, errors.Join(err, os.WriteFile(overlay, list, 0o600))
}

// try runs the short tests with the mutant of a number, or with none for 0,
// until one fails, which it names. A mutant that makes them panic or take too
// long has no such name.
func (p program) try(ctx context.Context, number int, timeout time.Duration) (outcome, by string, err error) {
	cmd := exec.CommandContext(ctx, p.file, "-test.short", "-test.failfast", "-test.timeout="+timeout.String()) //nolint:gosec // it was built here
	cmd.Dir, cmd.WaitDelay = p.dir, time.Second
	cmd.Env = append(os.Environ(), variable+"="+strconv.Itoa(number))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, "", nil
	case ctx.Err() != nil || !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay):
		return "", "", errors.Join(err, ctx.Err())
	}
	return killed, firstFailed(out.Bytes()), nil
}

// firstFailed finds in what tests print the first one that failed: the innermost,
// which comes behind those around it.
func firstFailed(output []byte) (name string) {
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, len(output)+1)
	for lines.Scan() {
		trimmed := strings.TrimLeft(lines.Text(), " ")
		if test, ok := strings.CutPrefix(trimmed, "--- FAIL: "); ok && (name == "" || len(trimmed) < len(lines.Text())) {
			name, _, _ = strings.Cut(test, " ")
		} else if name != "" {
			break
		}
	}
	return name
}
