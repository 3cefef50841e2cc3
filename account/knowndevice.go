package account

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

type knownDeviceKey struct{}

// WithKnownDevice returns a context with what an earlier sign-in has left with the
// device: the Device of its grant. A sign-in of the same person, wherever they are,
// is then counted and served as one from an address that they are known at: others
// cannot keep them out. It is good for nothing else, and proves nothing: whoever has
// it still needs the password.
func WithKnownDevice(ctx context.Context, device Secret) context.Context {
	return context.WithValue(ctx, knownDeviceKey{}, device)
}

// A device has a mark for each person it is known to, the newest first, with dots
// between them: the day on which the mark ends, and a keyed hash of that, the user
// and the password hash, so that a new password makes all marks of a user void.
const (
	// deviceDays is for how long a device is known after a sign-in, and mostDevices how
	// many people one device is known to.
	deviceDays  = 90
	mostDevices = 4

	markDay = 4  // bytes
	markSum = 16 // bytes
)

// marksOf are the marks that a request brings.
func marksOf(ctx context.Context) []string {
	text, _ := ctx.Value(knownDeviceKey{}).(Secret)
	if len(text) > mostDevices*(base64.RawURLEncoding.EncodedLen(markDay+markSum)+1) {
		return nil
	}
	return strings.Split(string(text), ".")
}

func (s *Service) mark(userID, hash string, day uint32) string {
	sum := s.keyed("device", userID, hash, strconv.FormatUint(uint64(day), 10))
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, day), sum[:markSum]...))
}

// dayOf is the day on which a mark ends, and false for what is none.
func dayOf(mark string) (uint32, bool) {
	data, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil || len(data) != markDay+markSum {
		return 0, false
	}
	return binary.BigEndian.Uint32(data), true
}

func (s *Service) today() uint32 { return uint32(s.now().Unix() / int64(24*time.Hour/time.Second)) } //nolint:gosec // until the year 11,700,000

// deviceOfUser is the mark by which a request's device is known to a user, "" if there
// is none. It is the same work for a name that has no user.
func (s *Service) deviceOfUser(ctx context.Context, userID, hash string) (found string) {
	today := s.today()
	for _, mark := range marksOf(ctx) {
		day, ok := dayOf(mark)
		if !ok || day < today || day > today+deviceDays {
			continue
		}
		if hmac.Equal([]byte(mark), []byte(s.mark(userID, hash, day))) && userID != "" {
			found = mark
		}
	}
	return found
}

// markDevice is what the device keeps after a sign-in: a new mark, and those of
// others who use it.
func (s *Service) markDevice(ctx context.Context, l login, newHash string) Secret {
	marks := []string{s.mark(l.user.ID, newHash, s.today()+deviceDays)}
	for _, mark := range marksOf(ctx) {
		day, ok := dayOf(mark)
		if ok && day >= s.today() && len(marks) < mostDevices && mark != l.device && mark != marks[0] {
			marks = append(marks, mark)
		}
	}
	return Secret(strings.Join(marks, "."))
}
