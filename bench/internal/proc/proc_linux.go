package proc

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the processor time that a process has used, with all its threads, in
// the kernel and outside.
func CPU(pid int) (time.Duration, error) {
	// How the kernel numbers the clock of another process: clock_getcpuclockid(3).
	const processClock = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|processClock), &t); err != nil { //nolint:gosec // a process number is below 2^22
		return 0, err
	}
	return time.Duration(t.Nano()), nil
}

// Pin keeps this process to one core.
func Pin(core int) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, thread := range threads { // those that are made later inherit it
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		if err := pin(id, core); err != nil {
			return err
		}
	}
	return nil
}

// StartOn starts a command that is kept to one core.
func StartOn(cmd *exec.Cmd, core int) error {
	runtime.LockOSThread() // a child is where the thread is that made it
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	if err := pin(0, core); err != nil {
		return err
	}
	err := cmd.Start()
	if back := unix.SchedSetaffinity(0, &before); err == nil {
		err = back
	}
	return err
}

func pin(thread, core int) error {
	var set unix.CPUSet
	set.Set(core)
	return unix.SchedSetaffinity(thread, &set)
}
