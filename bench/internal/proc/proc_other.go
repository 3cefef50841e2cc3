//go:build !linux

package proc

import (
	"errors"
	"os/exec"
	"time"
)

var errLinux = errors.New("proc: processes are pinned and measured on Linux only")

// CPU fails.
func CPU(int) (time.Duration, error) { return 0, errLinux }

// Pin fails.
func Pin(int) error { return errLinux }

// StartOn starts a command on any core.
func StartOn(cmd *exec.Cmd, _ int) error { return cmd.Start() }
