package work

import (
	"runtime"
	"syscall"
)

// lowerPriority ties the worker to an operating system thread of the lowest
// ordinary priority. Where that is not allowed the worker is an ordinary one:
// the lane's width still bounds it.
func lowerPriority() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), 19) // see above
}
