package proc

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Build builds the command of this checkout in a folder, and returns its file.
// "go -C bench run" runs in bench, beside which it stands.
func Build(ctx context.Context, dir string) (string, error) {
	file := filepath.Join(dir, "holdfast")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", file, "./cmd/holdfast") //nolint:gosec // a folder of our own
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build holdfast: %w\n%s", err, out)
	}
	return file, nil
}
