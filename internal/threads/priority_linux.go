package threads

import "syscall"

// lowPriority says in the log what lowerPriority does.
const lowPriority = "low priority (nice 19)"

// onMainThread reports whether the caller is on the thread that the process
// began with.
func onMainThread() bool { return syscall.Gettid() == syscall.Getpid() }

// lowerPriority gives the calling thread the lowest ordinary priority, which
// Linux keeps for each thread. It cannot be raised again without privilege.
func lowerPriority() error { return syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), 19) }

// withoutMemory has the system take back the memory of what holds nothing but zeros
// and is made of whole pages; read again, it holds the same.
func withoutMemory(b []byte) { _ = syscall.Madvise(b, syscall.MADV_DONTNEED) } // else it is kept
