package load

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long an answer is waited for.
const patience = 20 * time.Second

// conn is a connection with what has come of the answer it waits for.
type conn struct {
	fd   int
	due  time.Time // when its request was to be sent, at a pace
	have int
	data [8192]byte
}

// driver is one run.
type driver struct {
	plan    Plan
	poll    int
	conns   map[int32]*conn
	waiting int // connections that wait for an answer
	until   time.Time
	last    time.Time // when an answer came
	count   int

	// At a pace only:
	idle  []*conn
	due   time.Time // the next request
	waits []time.Duration
}

// Run does what the plan says. It fails if any answer is another one, or if the
// server hangs up.
func Run(ctx context.Context, plan Plan) (Result, error) {
	d := &driver{plan: plan, conns: map[int32]*conn{}}
	var err error
	if d.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return Result{}, err
	}
	defer d.close()
	for range plan.Conns {
		if err := d.dial(); err != nil {
			return Result{}, fmt.Errorf("load: %w", err)
		}
	}
	began := time.Now()
	d.until, d.last, d.due = began.Add(plan.For), began, began
	for _, c := range d.conns {
		if err := d.next(c); err != nil {
			return Result{}, err
		}
	}
	for d.waiting > 0 || plan.Every > 0 && d.due.Before(d.until) {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		if err := errors.Join(d.pace(), d.step()); err != nil {
			return Result{}, err
		}
	}
	slices.Sort(d.waits)
	return Result{Count: d.count, Took: time.Since(began), Waits: d.waits}, nil
}

func (d *driver) close() {
	for _, c := range d.conns {
		_ = unix.Close(c.fd)
	}
	_ = unix.Close(d.poll)
}

func (d *driver) dial() error {
	addr, err := netip.ParseAddrPort(d.plan.Addr)
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	d.conns[int32(fd)] = &conn{fd: fd} //nolint:gosec // file descriptors are small
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}); err != nil {
		return err
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)} //nolint:gosec // as above
	return errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.SetNonblock(fd, true),
		unix.EpollCtl(d.poll, unix.EPOLL_CTL_ADD, fd, &event),
	)
}

// next is what a connection does that waits for nothing: it sends the next
// request if time is left, or at a pace waits until one is due.
func (d *driver) next(c *conn) error {
	switch {
	case d.plan.Every > 0:
		d.idle = append(d.idle, c)
		return nil
	case !time.Now().Before(d.until):
		return nil
	}
	return d.send(c)
}

// pace sends what is due, as far as there are connections. What has to wait for
// one is counted from when it was due all the same.
func (d *driver) pace() error {
	now := time.Now()
	for d.plan.Every > 0 && len(d.idle) > 0 && d.due.Before(d.until) && !now.Before(d.due) {
		c := d.idle[len(d.idle)-1]
		d.idle = d.idle[:len(d.idle)-1]
		c.due, d.due = d.due, d.due.Add(d.plan.Every)
		if err := d.send(c); err != nil {
			return err
		}
	}
	if d.waiting == 0 {
		d.last = now // nothing is owed
	}
	return nil
}

// send writes the next request, if there is one.
func (d *driver) send(c *conn) error {
	text := d.plan.Next()
	if text == nil {
		return nil
	}
	if n, err := unix.Write(c.fd, text); err != nil || n < len(text) {
		return fmt.Errorf("load: wrote %d of %d bytes: %w", n, len(text), err)
	}
	d.waiting++
	return nil
}

// step takes the answers that have come. It never sleeps: a server's write to a
// sleeper wakes it up, which costs the server microseconds, and the slower it
// is the more often.
func (d *driver) step() error {
	var events [64]unix.EpollEvent
	n, err := unix.EpollWait(d.poll, events[:], 0)
	switch {
	case errors.Is(err, unix.EINTR):
		return nil
	case err != nil:
		return err
	case n == 0 && time.Since(d.last) > patience:
		return errors.New("load: the server does not answer")
	case n > 0:
		d.last = time.Now()
	}
	for _, event := range events[:n] {
		if err := d.take(d.conns[event.Fd]); err != nil {
			return err
		}
	}
	return nil
}

func (d *driver) take(c *conn) error {
	n, err := unix.Read(c.fd, c.data[c.have:])
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
		return nil
	case err != nil:
		return fmt.Errorf("load: %w", err)
	case n == 0:
		return fmt.Errorf("load: the server hung up, or its answer is too long, after %q", c.data[:c.have])
	}
	c.have += n
	status, err := parse(c.data[:c.have])
	switch {
	case err != nil:
		return fmt.Errorf("%w: %q", err, c.data[:c.have])
	case status == 0:
		return nil
	case status != d.plan.Status:
		return unexpected(status, d.plan.Status, c.data[:c.have])
	}
	c.have = 0
	d.waiting--
	d.count++
	if d.plan.Every > 0 {
		d.waits = append(d.waits, time.Since(c.due))
	}
	return d.next(c)
}
