package deadline

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// counted counts how often the deadlines of a connection are moved.
type counted struct {
	net.Conn
	moves atomic.Int64
}

func (c *counted) SetReadDeadline(at time.Time) error {
	c.moves.Add(1)
	return c.Conn.SetReadDeadline(at)
}

func (c *counted) SetWriteDeadline(at time.Time) error {
	c.moves.Add(1)
	return c.Conn.SetWriteDeadline(at)
}

// request is what net/http does with the deadlines of a connection for one
// request, as a server of the library is set up.
func request(t *testing.T, c *conn, other net.Conn) {
	t.Helper()
	steps := []error{
		c.SetReadDeadline(time.Now().Add(2 * time.Minute)), // until the request begins
		exchange(c, other),
		c.SetReadDeadline(time.Time{}),
		c.SetReadDeadline(time.Now().Add(5 * time.Second)), // its header
		exchange(c, other),
		c.SetReadDeadline(time.Now().Add(30 * time.Second)), // all of it
		c.SetWriteDeadline(time.Now().Add(time.Minute)),
		interrupt(c),
		c.SetReadDeadline(time.Time{}),
	}
	if err := errors.Join(steps...); err != nil {
		t.Error(err)
	}
}

// exchange brings one byte to the connection.
func exchange(c *conn, other net.Conn) error {
	go func() { _, _ = other.Write([]byte{1}) }()
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

// interrupt is how net/http ends a read that waits for the next request.
func interrupt(c *conn) error {
	ended := make(chan error)
	go func() { _, err := c.Read(make([]byte, 1)); ended <- err }()
	synctest.Wait()
	err := c.SetReadDeadline(time.Unix(1, 0))
	if got := <-ended; !errors.Is(got, os.ErrDeadlineExceeded) {
		err = errors.Join(err, errors.New("the read went on"), got)
	}
	return err
}

func pipe() (*conn, *counted, net.Conn) {
	a, b := net.Pipe()
	below := &counted{Conn: a}
	return newConn(below), below, b
}

func TestARequestMovesTheSocketTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, below, other := pipe()
		request(t, c, other)
		for range 10 {
			before := below.moves.Load()
			request(t, c, other)
			if moves := below.moves.Load() - before; moves != 2 {
				t.Errorf("a request moved the socket's deadlines %d times, want 2", moves)
			}
			<-time.After(time.Second)
		}
		check(t, c.Close())
	})
}

// With few processors, the read that net/http begins while a handler works is
// interrupted before it has come to the socket.
func TestARequestThatIsAnsweredAtOnceLeavesTheSocketAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, below, other := pipe()
		request(t, c, other)
		before := below.moves.Load()
		for range 10 {
			check(t, errors.Join(
				c.SetReadDeadline(time.Now().Add(2*time.Minute)), exchange(c, other), c.SetReadDeadline(time.Time{}),
				c.SetReadDeadline(time.Now().Add(5*time.Second)), exchange(c, other),
				c.SetReadDeadline(time.Now().Add(30*time.Second)), c.SetWriteDeadline(time.Now().Add(time.Minute)),
				c.SetReadDeadline(time.Unix(1, 0)),
			))
			n, err := c.Read(make([]byte, 1))
			if late, ok := errors.AsType[net.Error](err); n != 0 || !ok || !late.Timeout() {
				t.Fatalf("a read that was interrupted before it began = %d, %v, want a timeout", n, err)
			}
			check(t, c.SetReadDeadline(time.Time{}))
		}
		if moves := below.moves.Load() - before; moves > 1 {
			t.Errorf("ten requests moved the socket's deadlines %d times, want once at most, for the one that waited before", moves)
		}
		check(t, c.Close())
	})
}

// What a connection of this package does is what the one below it would do, at
// the same moment.
func TestDeadlinesAreKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		moves := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{-time.Hour, 0, time.Second, 3 * time.Second, 5 * time.Second, time.Minute}), 1, 12).Draw(rt, "moves")
		waits := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{0, time.Second, 4 * time.Second, 10 * time.Second}), 12, 12).Draw(rt, "waits")
		synctest.Test(t, func(*testing.T) {
			ours, _, theirs := pipe()
			plain, far := net.Pipe()
			for i, move := range moves {
				at := time.Time{}
				if move != 0 {
					at = time.Now().Add(move)
				}
				if i%3 == 2 && move < 0 {
					at = time.Unix(1, 0)
				}
				both := [2]net.Conn{ours, plain}
				for _, c := range both {
					check(rt, c.SetReadDeadline(at))
					check(rt, c.SetWriteDeadline(at))
				}
				<-time.After(waits[i])
				if i%2 == 0 {
					compare(rt, both, [2]net.Conn{theirs, far})
				}
			}
			for _, c := range []net.Conn{ours, plain, theirs, far} {
				check(rt, c.Close())
			}
		})
	})
}

// compare reads and writes on both connections, whose other sides do nothing for
// eight seconds, and then read and write.
func compare(t fataler, both, others [2]net.Conn) {
	type result struct {
		n     int
		late  bool
		after time.Duration
	}
	var results [2][2]result
	done := make(chan struct{}, 8)
	for i := range both {
		begun := time.Now()
		put := func(k, n int, err error) {
			results[i][k] = result{n, errors.Is(err, os.ErrDeadlineExceeded), time.Since(begun)}
			done <- struct{}{}
		}
		go func() { n, err := both[i].Read(make([]byte, 4)); put(0, n, err) }()
		go func() { n, err := both[i].Write(make([]byte, 4)); put(1, n, err) }()
		check(t, others[i].SetDeadline(begun.Add(20*time.Second)))
		go func() { <-time.After(8 * time.Second); _, _ = others[i].Write(make([]byte, 4)); done <- struct{}{} }()
		go func() {
			_, _ = io.ReadFull(others[i], make([]byte, 2)) // a part of it at once
			<-time.After(8 * time.Second)
			_, _ = io.ReadFull(others[i], make([]byte, 2))
			done <- struct{}{}
		}()
	}
	for range 8 {
		<-done
	}
	if results[0] != results[1] {
		t.Fatalf("ours %+v, the one below %+v", results[0], results[1])
	}
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func check(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A server copies files into its sockets, and closes its half of those that it
// has not read to the end.
func TestSockets(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	l = Listen(l)
	other, err := net.Dial("tcp", l.Addr().String())
	check(t, err)
	c, err := l.Accept()
	check(t, err)
	check(t, c.SetDeadline(time.Now().Add(time.Minute)))
	file, err := os.Open("deadline.go")
	check(t, err)
	n, err := c.(io.ReaderFrom).ReadFrom(file)
	check(t, err)
	check(t, c.(interface{ CloseWrite() error }).CloseWrite())
	got, err := io.ReadAll(other)
	check(t, err)
	if int64(len(got)) != n || n == 0 {
		t.Errorf("%d bytes arrived of %d", len(got), n)
	}
	if _, ok := c.(interface{ NetConn() net.Conn }).NetConn().(*net.TCPConn); !ok {
		t.Error("the connection below is no TCP connection")
	}
	check(t, errors.Join(c.Close(), other.Close(), l.Close(), file.Close()))
}
