package deadline

import (
	"net"
	"testing"
	"time"
)

// What the deadlines of a request cost, without the request.
func BenchmarkRequest(b *testing.B) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"socket": func(c net.Conn) net.Conn { return c },
		"ours":   func(c net.Conn) net.Conn { return newConn(c) },
	} {
		b.Run(name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			check(b, err)
			defer l.Close()
			other, err := net.Dial("tcp", l.Addr().String())
			check(b, err)
			defer other.Close()
			accepted, err := l.Accept()
			check(b, err)
			defer accepted.Close()
			c := wrap(accepted)
			for b.Loop() {
				now := time.Now()
				_ = c.SetReadDeadline(now.Add(2 * time.Minute))
				if ours, ok := c.(*conn); ok {
					if ours.reads.begin() == nil { // as a read does
						ours.reads.end()
					}
				}
				_ = c.SetReadDeadline(time.Time{})
				_ = c.SetReadDeadline(now.Add(5 * time.Second))
				_ = c.SetReadDeadline(now.Add(30 * time.Second))
				_ = c.SetWriteDeadline(now.Add(time.Minute))
				_ = c.SetReadDeadline(time.Unix(1, 0))
				_ = c.SetReadDeadline(time.Time{})
			}
		})
	}
}
