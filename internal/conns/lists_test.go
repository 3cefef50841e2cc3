package conns

import (
	"math/rand"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/deadline"
)

// nothing is a connection that does nothing.
type nothing struct{ deadline.Conn }

func (nothing) Close() error         { return nil }
func (nothing) RemoteAddr() net.Addr { return nil }

// After any steps the lists hold every connection that has a place once, for all and
// for its peer, in the order of their times, and no bound is passed.
func TestListsHoldWhatIsThere(t *testing.T) {
	t.Parallel()
	for seed := range int64(50) {
		draw := rand.New(rand.NewSource(seed)) //nolint:gosec // of a test
		now := time.Unix(1e9, 0)
		b := New(Config{Most: 8, Each: 3, Now: func() time.Time { return now }})
		var all []*conn
		for range 300 {
			now = now.Add(time.Duration(draw.Intn(700)) * time.Millisecond)
			switch at := draw.Intn(max(1, len(all))); draw.Intn(6) {
			case 0, 1:
				c := &conn{Conn: nothing{}, b: b}
				if ok, _, _ := b.enter(c, netip.AddrFrom4([4]byte{192, 0, 2, byte(draw.Intn(4))})); ok {
					all = append(all, c)
				}
			case 2:
				if len(all) > 0 {
					_ = all[at].Close()
					_ = all[at].Close() // as net/http does, too
				}
			default:
				if len(all) > 0 {
					b.state(all[at], []http.ConnState{http.StateActive, http.StateIdle, http.StateHijacked}[draw.Intn(3)])
					all[at].body.Store(draw.Intn(2) == 0)
				}
			}
			check(t, b, all)
		}
		for _, c := range all {
			_ = c.Close()
		}
		if b.open != 0 || len(b.peers) != 0 {
			t.Fatalf("when all are closed there are %d, of %d peers", b.open, len(b.peers))
		}
	}
}

func check(t *testing.T, b *Bounds, all []*conn) {
	t.Helper()
	there, ofPeer := 0, map[*peer]int{}
	for _, c := range all {
		if c.kind != gone {
			there++
			ofPeer[c.peer]++
		}
	}
	if there != b.open || there > b.config.Most || count(t, &b.all) != there || len(ofPeer) != len(b.peers) {
		t.Fatalf("%d are there, %d counted, %d listed, of %d peers and %d listed", there, b.open, count(t, &b.all), len(ofPeer), len(b.peers))
	}
	for p, n := range ofPeer {
		if p.open != n || count(t, &p.own) != n || n > b.config.Each {
			t.Fatalf("%d of %v are there, %d counted, %d listed", n, p.network, p.open, count(t, &p.own))
		}
	}
}

func count(t *testing.T, l *lists) (n int) {
	t.Helper()
	for k := range l.ends {
		var before *conn
		for c := l.ends[k].first; c != nil; c = l.links(c).after {
			if c.kind != kind(k) || l.links(c).before != before || before != nil && c.since.Before(before.since) {
				t.Fatalf("a list of kind %d has one of kind %d, or in another order", k, c.kind)
			}
			before = c
			n++
		}
		if l.ends[k].last != before {
			t.Fatalf("a list of kind %d has another end", k)
		}
	}
	return n
}
