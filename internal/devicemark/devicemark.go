// Package devicemark writes and reads what a sign-in leaves with a device, by which
// later ones of the same person are known. A device has a mark for each person, the
// newest first, with dots between them: the day on which the mark ends, and a keyed
// sum of that, the user and the password hash, so that a new password makes all marks
// of a user void.
package devicemark

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

const (
	// days is for how long a device is known after a sign-in, and most how many people
	// one device is known to.
	days = 90
	most = 4

	daySize = 4 // bytes
	sumSize = 16
)

// Marks makes marks and recognises them.
type Marks struct {
	Sum func(userID, hash string, day uint32) [32]byte // keyed
	Now time.Time
}

// Of returns the mark among those kept by which a device is known to a user with a
// password hash, "" if there is none. It is the same work for a name that has no user.
func (m Marks) Of(kept, userID, hash string) (found string) {
	today := m.today()
	for _, one := range split(kept) {
		day, ok := dayOf(one)
		if !ok || day < today || day > today+days {
			continue
		}
		if hmac.Equal([]byte(one), []byte(m.mark(userID, hash, day))) && userID != "" {
			found = one
		}
	}
	return found
}

// Add returns what the device keeps after a sign-in: a new mark in place of the one
// that it had for the user, and those of others who use it.
func (m Marks) Add(kept, userID, hash, before string) string {
	marks := []string{m.mark(userID, hash, m.today()+days)}
	for _, one := range split(kept) {
		day, ok := dayOf(one)
		if ok && day >= m.today() && len(marks) < most && one != before && one != marks[0] {
			marks = append(marks, one)
		}
	}
	return strings.Join(marks, ".")
}

func (m Marks) mark(userID, hash string, day uint32) string {
	sum := m.Sum(userID, hash, day)
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, day), sum[:sumSize]...))
}

func (m Marks) today() uint32 { return uint32(m.Now.Unix() / int64(24*time.Hour/time.Second)) } //nolint:gosec // until the year 11,700,000

// split gives the marks that are kept, none of what is too long for any.
func split(kept string) []string {
	if len(kept) > most*(base64.RawURLEncoding.EncodedLen(daySize+sumSize)+1) {
		return nil
	}
	return strings.Split(kept, ".")
}

// dayOf is the day on which a mark ends, and false for what is none.
func dayOf(mark string) (uint32, bool) {
	data, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil || len(data) != daySize+sumSize {
		return 0, false
	}
	return binary.BigEndian.Uint32(data), true
}
