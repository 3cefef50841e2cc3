package proc

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestAProcessIsPinnedAndMeasured(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("on Linux only")
	}
	// The child says where it may run once it has used some processor time.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; grep Cpus_allowed_list /proc/self/status; read line")
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := StartOn(cmd, 0); err != nil {
		t.Fatal(err)
	}
	var text [100]byte
	n, err := out.Read(text[:])
	if err != nil {
		t.Fatal(err)
	}
	if fields := strings.Fields(string(text[:n])); len(fields) != 2 || fields[1] != "0" {
		t.Errorf("the child may run on %q, want core 0 alone", text[:n])
	}
	used, err := CPU(cmd.Process.Pid)
	if err != nil || used <= 0 {
		t.Errorf("CPU of the child = %v, %v", used, err)
	}
	if peak, err := Peak(cmd.Process.Pid); err != nil || peak <= 0 {
		t.Errorf("Peak of the child = %v, %v", peak, err)
	} else if now, err := Memory(cmd.Process.Pid); err != nil || now <= 0 || now > peak {
		t.Errorf("Memory of the child = %v, %v, of a peak of %v", now, err, peak)
	}
	if _, err := CPU(os.Getpid()); err != nil {
		t.Errorf("CPU of this process: %v", err)
	}
	if busy, cores, err := Busy(); err != nil || cores < 1 || busy <= used.Seconds()/2 {
		t.Errorf("Busy() = %v, %v, %v", busy, cores, err)
	}
	_ = in.Close()
	_ = cmd.Wait()
	if _, err := CPU(cmd.Process.Pid); err == nil {
		t.Error("the CPU time of a process that has ended is still told")
	}
}
