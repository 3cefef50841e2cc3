package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/internal/loadgen"
)

// process is the server as a second process, with what is sent to it.
type process struct {
	cmd   *exec.Cmd
	stop  context.CancelFunc
	items *loadgen.Target
	login *loadgen.Target
}

const form = "grant_type=password&username=alice&scope=items&password=correct+horse+battery"

// startProcess starts this program in another role, or the same one of another
// commit, and returns the first line that it prints.
func startProcess(ctx context.Context, program, mode, scheme string) (*exec.Cmd, string, error) {
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, "", err
		}
		program = self
	}
	cmd := exec.CommandContext(ctx, program, "-serve", mode, "-scheme", scheme) //nolint:gosec // as the caller has it
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Wait() // it has said why on standard error
		return nil, "", fmt.Errorf("freeze: the server (%s, %s) did not start", mode, scheme)
	}
	return cmd, strings.TrimSpace(line), nil
}

// bareRate is how many hashes a second the machine makes when it does nothing
// else.
func bareRate(ctx context.Context, scheme string) (float64, error) {
	cmd, line, err := startProcess(ctx, "", "bare", scheme)
	if err != nil {
		return 0, err
	}
	if err := cmd.Wait(); err != nil {
		return 0, err
	}
	return strconv.ParseFloat(line, 64)
}

func start(ctx context.Context, program, mode, scheme string) (*process, error) {
	ctx, stop := context.WithCancel(ctx)
	cmd, url, err := startProcess(ctx, program, mode, scheme)
	if err != nil {
		stop()
		return nil, err
	}
	p := &process{cmd: cmd, stop: stop}
	if err := p.signIn(ctx, url); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *process) signIn(ctx context.Context, url string) (err error) {
	if p.login, err = loadgen.NewTarget("POST", url+"/token", loadgen.Form, form); err != nil {
		return err
	}
	status, body, err := p.login.Once(ctx)
	var got token
	if err != nil || json.Unmarshal(body, &got) != nil || got.AccessToken == "" {
		return fmt.Errorf("freeze: POST /token = %d %s, %w", status, body, err)
	}
	p.items, err = loadgen.NewTarget("GET", url+"/items/", loadgen.Bearer(got.AccessToken), "")
	return err
}

func (p *process) close() {
	p.stop()
	_ = p.cmd.Wait() // it was told to end
}

// cpu is the processor time that the server has used, in seconds.
func (p *process) cpu() (float64, error) {
	used, err := proc.CPU(p.cmd.Process.Pid)
	return used.Seconds(), err
}
