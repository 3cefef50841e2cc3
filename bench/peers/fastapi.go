package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// venv is a Python with what the FastAPI server needs, made once.
type venv struct{ folder string } // bench/peers/fastapi

func (v venv) python() string { return filepath.Join(v.folder, ".venv", "bin", "python") }

// ready reports whether the venv has what requirements.txt says now.
func (v venv) ready() bool {
	want, err1 := os.ReadFile(filepath.Join(v.folder, "requirements.txt"))
	have, err2 := os.ReadFile(filepath.Join(v.folder, ".venv", "requirements.txt"))
	return err1 == nil && err2 == nil && bytes.Equal(want, have)
}

// prepare makes the venv unless it is ready.
func (v venv) prepare(ctx context.Context, progress io.Writer) error {
	if v.ready() {
		return nil
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		return err
	}
	fmt.Fprintln(progress, "a Python for FastAPI …")
	requirements := filepath.Join(v.folder, "requirements.txt")
	for _, command := range [][]string{
		{python, "-m", "venv", filepath.Join(v.folder, ".venv")},
		{v.python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements},
	} {
		cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // as above
		if out, err := cmd.CombinedOutput(); err != nil {
			return errors.Join(err, errors.New(string(out)))
		}
	}
	text, err := os.ReadFile(requirements) //nolint:gosec // of this folder
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(v.folder, ".venv", "requirements.txt"), text, 0o600) //nolint:gosec // as above
}

// command runs the server: one process, as fast as uvicorn goes.
func (v venv) command() []string {
	return []string{
		v.python(), "-m", "uvicorn", "--app-dir", v.folder, "main:app", "--host", "HOST", "--port", "PORT",
		"--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
	}
}
