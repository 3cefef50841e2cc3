// Package proc starts the servers of benchmarks on a core of their own and says
// what they used: processor time and memory.
package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Peak is the most memory that a process has had, in MiB.
func Peak(pid int) (float64, error) { return status(pid, "VmHWM:") }

// Memory is what a process has now, in MiB.
func Memory(pid int) (float64, error) { return status(pid, "VmRSS:") }

func status(pid int, name string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == name {
			kib, err := strconv.ParseFloat(fields[1], 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("proc: /proc/%d/status has no %s", pid, name)
}

// Busy is how many seconds all cores together have worked since the machine
// started, for all programs, and how many cores there are. Linux counts hundredths.
func Busy() (seconds float64, cores int, err error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 9 || !strings.HasPrefix(fields[0], "cpu"):
		case fields[0] == "cpu":
			for _, i := range []int{1, 2, 3, 6, 7, 8} { // all but idle and waiting for a disk
				ticks, err := strconv.ParseFloat(fields[i], 64)
				if err != nil {
					return 0, 0, fmt.Errorf("proc: /proc/stat is not understood: %w", err)
				}
				seconds += ticks / 100
			}
		default:
			cores++
		}
	}
	return seconds, cores, nil
}
