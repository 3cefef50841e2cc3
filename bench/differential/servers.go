package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
)

// features makes the application of each file of requests.
var features = map[string]func(*holdfast.App){}

// fastAPI is the Python process.
type fastAPI struct {
	url     string
	process *exec.Cmd
}

// startFastAPI starts the applications in Python, which print their address.
func startFastAPI(ctx context.Context, folder string) (*fastAPI, error) {
	python := os.Getenv("HOLDFAST_PYTHON")
	if python == "" {
		python = filepath.Join(folder, "..", "..", ".venv", "bin", "python")
	}
	cmd := exec.CommandContext(ctx, python, filepath.Join(folder, "python", "main.py")) //nolint:gosec // as the environment and the command line say
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("no Python with FastAPI: run script/bootstrap, or set HOLDFAST_PYTHON: %w", err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("FastAPI did not start: %w", err), cmd.Wait())
	}
	return &fastAPI{"http://" + strings.TrimSpace(address), cmd}, nil
}

func (f *fastAPI) stop() {
	_ = f.process.Process.Kill()
	_ = f.process.Wait() // it was killed
}

// startHoldfast serves the applications in Go. The header X-App chooses one.
func startHoldfast() (*httptest.Server, error) {
	apps := map[string]http.Handler{}
	var bad []error
	for name, register := range features {
		app := holdfast.NewApp(config(name))
		register(app)
		if err := app.Err(); err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", name, err))
		}
		apps[name] = app
	}
	if err := errors.Join(bad...); err != nil {
		return nil, err
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if app, ok := apps[r.Header.Get("X-App")]; ok {
			app.ServeHTTP(w, r)
			return
		}
		http.Error(w, "no such application; there are "+fmt.Sprint(slices.Sorted(maps.Keys(apps))), http.StatusNotFound)
	})), nil
}

// config is an application without log: failures are what it is for.
func config(name string) holdfast.Config {
	c := holdfast.Config{Title: "FastAPI", Version: "0.1.0", Logger: slog.New(slog.DiscardHandler)}
	if own, ok := configs[name]; ok {
		own(&c)
	}
	return c
}

// configs change the configuration of a feature that needs one.
var configs = map[string]func(*holdfast.Config){}
