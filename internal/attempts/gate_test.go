package attempts_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/attempts"
)

// plenty are counts of which nothing is ever used up.
type plenty struct{}

func (plenty) TakeAttempts(context.Context, time.Time, []attempts.Bucket) (time.Duration, error) {
	return 0, nil
}
func (plenty) ReturnAttempts(context.Context, time.Time, []attempts.Bucket) error { return nil }
func (plenty) AttemptWaits(_ context.Context, _ time.Time, all []attempts.Bucket) ([]time.Duration, error) {
	return make([]time.Duration, len(all)), nil
}
func (plenty) CountFailure(context.Context, time.Time, [32]byte, bool) error { return nil }
func (plenty) Failures(context.Context, [32]byte) (attempts.Failures, error) {
	return attempts.Failures{}, nil
}
func (plenty) ClearFailures(context.Context, [32]byte) error { return nil }

// known is somebody with a device that is known at an account, in a network.
func known(account byte, network int) attempts.Visitor {
	return attempts.Visitor{
		Known: true, Site: fmt.Sprint("network ", network), Row: [32]byte{account},
		Own:  []attempts.Bucket{attempts.PerKnown.Bucket([32]byte{account, 1, byte(network), byte(network >> 8)})},
		Turn: attempts.Bucket{Key: [32]byte{account, 2}, Burst: attempts.TurnsKnown},
	}
}

// An account that is known in two hundred networks at once has four places before the
// hash, so that its owner cannot crowd out who is known at another account. All are
// served in the end.
func TestAnAccountKnownEverywhereCrowdsNobodyOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := attempts.New(plenty{}, time.Now, false)
		inside, served := atomic.Int64{}, atomic.Int64{}
		next := make(chan struct{})
		signIn := func(v attempts.Visitor) {
			a, wait, err := g.Enter(t.Context(), v)
			if err != nil || wait > 0 {
				t.Errorf("Enter = %v, %v", wait, err)
				return
			}
			inside.Add(1)
			<-next // the hash
			inside.Add(-1)
			served.Add(1)
			a.Succeeded(t.Context())
		}
		const crowd = 200
		for n := range crowd {
			go signIn(known(1, n))
		}
		synctest.Wait()
		if got := inside.Load(); got != attempts.TurnsKnown/2 {
			t.Errorf("%d of one account are before the hash at once, want %d", got, attempts.TurnsKnown/2)
		}
		go signIn(known(2, 1))
		synctest.Wait()
		if got := inside.Load(); got != attempts.TurnsKnown/2+1 {
			t.Errorf("with one of another account there are %d before the hash, want %d", got, attempts.TurnsKnown/2+1)
		}
		close(next)
		synctest.Wait()
		if served.Load() != crowd+1 || g.BucketsInTurn() != 0 {
			t.Errorf("%d were served, and %d buckets are in turn; want %d and none", served.Load(), g.BucketsInTurn(), crowd+1)
		}
	})
}
