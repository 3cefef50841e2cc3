//go:build unix

package pgtest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// other is the user that the server runs as where this one is root, and nil
// elsewhere.
func other() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(found.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
}

// become has a program run as that user.
func become(cmd *exec.Cmd) {
	if as := other(); as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	}
}

// giveAway makes files that user's.
func giveAway(names ...string) error {
	as := other()
	if as == nil {
		return nil
	}
	for _, name := range names {
		if err := os.Chown(name, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
	}
	return nil
}
