package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/internal/attempts"
	"github.com/holdfast-go/holdfast/internal/audit"
	"github.com/holdfast-go/holdfast/internal/devicemark"
)

// Bucket holds attempts: a full one has Burst of them, and each that was taken
// comes back after Every. Stores keep for a bucket nothing but the time at
// which it is full again; Bucket.Take says what follows from that.
type Bucket = attempts.Bucket

// Failures are wrong passwords for an account in a row, since the last right one.
type Failures = attempts.Failures

// WithSource returns a context that says from which address a request comes:
// the one that wrong passwords are counted for, and that is remembered when
// the password is right. Without one, only accounts are counted for.
func WithSource(ctx context.Context, address string) context.Context {
	return withOrigin(ctx, func(o *audit.Origin) { o.Source, o.Shared = address, false })
}

// sourceText is what WithSource or WithOrigin has said, or "".
func sourceText(ctx context.Context) string {
	if o := audit.From(ctx); o != nil {
		return o.Source
	}
	return ""
}

// networksOf are the networks that stand for who sends a request: none where that is
// not known.
func networksOf(ctx context.Context) []attempts.Network {
	if o := audit.From(ctx); o != nil && !o.Shared {
		return attempts.NetworksOf(o.Source)
	}
	return nil
}

type knownDeviceKey struct{}

// WithKnownDevice returns a context with what an earlier sign-in has left with the
// device: the Device of its grant. A sign-in of the same person, wherever they are,
// is then counted and served as one from an address that they are known at: others
// cannot keep them out. It is good for nothing else, and proves nothing: whoever has
// it still needs the password.
func WithKnownDevice(ctx context.Context, device Secret) context.Context {
	return context.WithValue(ctx, knownDeviceKey{}, string(device))
}

// keptBy is what the request's device has kept.
func keptBy(ctx context.Context) string {
	kept, _ := ctx.Value(knownDeviceKey{}).(string)
	return kept
}

func (s *Service) deviceMarks() devicemark.Marks {
	sum := func(userID, hash string, day uint32) [32]byte {
		return s.keyed("device", userID, hash, strconv.FormatUint(uint64(day), 10))
	}
	return devicemark.Marks{Sum: sum, Now: s.now()}
}

// sourceOf returns the network that stands for the address of a request.
func sourceOf(ctx context.Context) string {
	if all := networksOf(ctx); len(all) > 0 {
		return all[0].Text
	}
	return ""
}

// siteOf returns the widest network of a request's address: who floods has all of it.
func siteOf(ctx context.Context) string {
	if all := networksOf(ctx); len(all) > 0 {
		return all[len(all)-1].Text
	}
	return ""
}

// addressOf is the address of a request for people to read, "" if it is none.
func addressOf(ctx context.Context) string {
	addr, err := netip.ParseAddr(sourceText(ctx))
	if err != nil {
		return ""
	}
	return addr.Unmap().WithZone("").String()
}

// keyed is a keyed hash of what must not be readable in the store.
func (s *Service) keyed(purpose string, parts ...string) (sum [32]byte) {
	mac := hmac.New(sha256.New, s.config.Key[:])
	mac.Write([]byte(purpose))
	for _, part := range parts {
		inner := sha256.Sum256([]byte(part)) // so that parts cannot run into each other
		mac.Write(inner[:])
	}
	return [32]byte(mac.Sum(nil))
}

// networkBuckets returns the buckets of the request's networks, if they are known.
func (s *Service) networkBuckets(ctx context.Context) (out []Bucket) {
	for _, one := range networksOf(ctx) {
		out = append(out, one.Most.Bucket(s.keyed("attempts of address", one.Text)))
	}
	return out
}

// visitorOf says who it is, as attempts are counted. All names of an account, however
// written, are one account; names without an account are counted as well. Who has
// signed in from this address before, or with this device, has a bucket of their own:
// others can then neither keep them out, nor use it.
func (s *Service) visitorOf(ctx context.Context, l login) attempts.Visitor {
	account := l.user.ID
	if account == "" {
		account = "nobody " + l.name
	}
	v := attempts.Visitor{
		Known: true, Nobody: l.user.ID == "", Site: siteOf(ctx), Row: s.rowOf(l.user.ID, l.name),
		Turn: Bucket{Key: s.keyed("turns at account", account), Burst: attempts.TurnsKnown},
	}
	here := []Bucket{attempts.PerKnown.Bucket(s.keyed("attempts at account from", account, sourceOf(ctx)))}
	switch {
	case l.device != "":
		v.Own = []Bucket{attempts.PerKnown.Bucket(s.keyed("attempts at account with", account, l.device))}
		if l.known {
			v.Spare = here // somebody may have stolen what the device has, and use that up
		}
	case l.known:
		v.Own = here
	default:
		v.Known = false
		v.Own = append([]Bucket{attempts.PerSite.Bucket(s.keyed("attempts at account by", account, v.Site))}, s.networkBuckets(ctx)...)
		v.Shared = attempts.PerAccount.Bucket(s.keyed("attempts at account", account))
		v.Reserve = attempts.PerReserve.Bucket(s.keyed("attempts at account again", account))
		v.Promise = s.keyed("promise", account, sourceOf(ctx))
	}
	return v
}

// rowOf is what wrong passwords in a row are counted for. A right password of the
// owner begins a new row; so that a name without an owner does not stand out by never
// beginning one, it does so every one to seven days.
func (s *Service) rowOf(userID, name string) [32]byte {
	if userID != "" {
		return s.keyed("in a row", userID)
	}
	sum := s.keyed("rows of nobody", name)
	period := int64(24*time.Hour/time.Second) * int64(1+sum[0]%7)
	phase := int64(binary.BigEndian.Uint32(sum[1:])) % period
	return s.keyed("in a row, nobody", name, strconv.FormatInt((s.now().Unix()+phase)/period, 10))
}

// take reserves an attempt at no account. Error: *ThrottledError.
func (s *Service) take(ctx context.Context, buckets []Bucket) (*attempts.Attempt, error) {
	return throttled(s.gate.Take(ctx, buckets))
}

// takeInTurn is take for a sign-in.
func (s *Service) takeInTurn(ctx context.Context, l login) (*attempts.Attempt, error) {
	return throttled(s.gate.Enter(ctx, s.visitorOf(ctx, l)))
}

func throttled(a *attempts.Attempt, wait time.Duration, err error) (*attempts.Attempt, error) {
	if err == nil && wait > 0 {
		err = &ThrottledError{wait}
	}
	return a, err
}

// ended ends an attempt by what it came to. It returns err, or why a wrong password
// could not be counted: then it is not known to be one.
func ended(ctx context.Context, a *attempts.Attempt, err error) error {
	_, given := errors.AsType[*GivenPasswordError](err)
	switch {
	case err == nil, given:
		a.Succeeded(ctx) // the password was right
	case errors.Is(err, ErrBadLogin):
		if counted := a.Failed(ctx); counted != nil {
			return counted
		}
	default:
		a.Unverified(ctx, err)
	}
	return err
}

// forgetRow begins a new row of wrong passwords after a change that stands: that the count could not
// be cleared is no reason to say that it has failed.
func (s *Service) forgetRow(ctx context.Context, userID string) {
	_ = s.gate.EndRow(context.WithoutCancel(ctx), s.rowOf(userID, ""))
}
