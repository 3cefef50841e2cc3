package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal makes a terminal: what its user has, and what programs have.
func terminal(t *testing.T) (user, program *os.File) {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = user.Close() })
	fd := int(user.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return user, program // which stays open: a prompt that was interrupted goes on reading it
}

// asked calls answer with how often the program has asked for a password.
type asked struct {
	answer func(times int)

	mu    sync.Mutex // an interrupted prompt may still write
	text  bytes.Buffer
	times int
}

func (a *asked) Write(data []byte) (int, error) {
	if now, more := a.add(data); more {
		a.answer(now)
	}
	return len(data), nil
}

func (a *asked) add(data []byte) (now int, more bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.text.Write(data)
	before := a.times
	a.times = strings.Count(a.text.String(), "Password: ") + strings.Count(a.text.String(), "Again: ")
	return a.times, a.times > before
}

func (a *asked) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.text.String()
}

// A person may end the program at a password prompt, and a signal may; either way
// the terminal shows what is typed again.
func TestAPasswordPrompt(t *testing.T) {
	t.Parallel()
	const secret = "correct horse battery staple"
	for name, test := range map[string]struct {
		typed  []string // at each prompt; a signal comes after the last
		code   int
		output string
	}{
		"a password, twice":          {[]string{secret + "\r", secret + "\r"}, 0, "added anna"},
		"both at once":               {[]string{secret + "\r" + secret + "\r", ""}, 0, "added anna"},
		"two passwords that differ":  {[]string{secret + "\r", secret + "x\r"}, exitFailed, "\nholdfast: the two passwords differ\n"},
		"Ctrl-C":                     {[]string{"corr\x03"}, exitInterrupted, "\nholdfast: interrupted\n"},
		"Ctrl-C at the second":       {[]string{secret + "\r", "\x03"}, exitInterrupted, "\nholdfast: interrupted\n"},
		"the end of the input":       {[]string{"\x04"}, exitInterrupted, "\nholdfast: interrupted\n"},
		"a signal":                   {nil, exitInterrupted, "\nholdfast: interrupted\n"},
		"a signal before the second": {[]string{secret + "\r"}, exitInterrupted, "\nholdfast: interrupted\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user, program := terminal(t)
			before, err := unix.IoctlGetTermios(int(program.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			ctx, interrupt := context.WithCancel(t.Context())
			said := &asked{answer: func(times int) {
				if times > len(test.typed) {
					interrupt()
					return
				}
				if _, err := user.WriteString(test.typed[times-1]); err != nil {
					t.Error(err)
				}
			}}
			var out bytes.Buffer
			code := run(ctx, []string{"user", "add", "anna", "--db", t.TempDir() + "/test.db"}, streams{program, &out, said})
			text := strings.ReplaceAll(out.String()+said.String(), "\r\n", "\n")
			if code != test.code || !strings.Contains(text, test.output) || strings.Contains(text, "horse") {
				t.Errorf("user add exits with %d and says %q, want %d and %q", code, text, test.code, test.output)
			}
			after, err := unix.IoctlGetTermios(int(program.Fd()), unix.TCGETS)
			if err != nil || *after != *before {
				t.Errorf("the terminal is %+v, was %+v, %v", after, before, err)
			}
		})
	}
}
