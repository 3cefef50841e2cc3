package serving

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// onlyAgreed is a filter for what arrives at a listener of TCP: it drops what asks for
// a new connection (SYN), and lets through what belongs to one that was agreed to.
var onlyAgreed = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},            // the flags, in TCP's header
	{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: 0x02, Jf: 1}, // SYN?
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},                           // drop it
	{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff /* all of it */},
}

// deafen has the kernel drop what asks for new connections, so that those which it has
// agreed to already can be accepted before the listener is closed. It reports whether
// it does: it needs no right, but Multipath
// TCP, and other systems than Linux, have no such thing.
func deafen(l net.Listener) bool {
	of, ok := l.(syscall.Conn)
	if !ok || l.Addr().Network() != "tcp" {
		return false
	}
	raw, err := of.SyscallConn()
	if err != nil {
		return false
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		program := unix.SockFprog{Len: uint16(len(onlyAgreed)), Filter: &onlyAgreed[0]} //nolint:gosec // four
		refused = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	})
	return err == nil && refused == nil
}

// waiting is how many connections wait to be accepted.
func waiting(l net.Listener) (n int) {
	of, ok := l.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := of.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { // or it is closed, and none waits
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = int(info.Unacked) // which it is for a listener
		}
	})
	return n
}
