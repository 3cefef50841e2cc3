package nativelogin

import (
	"context"
	"os/exec"
	"runtime"
)

// OpenBrowser asks the system to open an address of http or https. Whether a page
// then appears is not known, so the address has to be shown as well.
func OpenBrowser(ctx context.Context, address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	name, args := opener(runtime.GOOS)
	command := exec.CommandContext(context.WithoutCancel(ctx), name, append(args, address)...) //nolint:gosec // a fixed program, and an address that begins with http
	if err := command.Start(); err != nil {
		return err
	}
	go func() { _ = command.Wait() }() // how it ends says nothing
	return nil
}

// opener is the program that opens addresses on a system.
func opener(system string) (name string, args []string) {
	switch system {
	case "darwin":
		return "open", nil
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler"}
	}
	return "xdg-open", nil
}
