package work

import "syscall"

// lowPriority says in the log what lowerPriority does.
const lowPriority = "low priority (nice 19)"

// lowerPriority gives the calling thread the lowest ordinary priority, which
// Linux keeps for each thread. Nobody may raise it again without privilege.
func lowerPriority() error { return syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), 19) }
