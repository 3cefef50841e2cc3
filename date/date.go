// Package date has a day without a time: 2026-11-26, in bodies, answers and
// parameters alike.
package date

import (
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/internal/shape"
)

// Date is a day of the Gregorian calendar, from 0001-01-01 to 9999-12-31, in no
// time zone. Two are the same day if, and only if, they are ==. The zero Date is
// no day, and cannot be written: an answer with one is a 500. Where there may be
// none use a pointer, or the option omitzero, which leaves it out:
//
//	Until date.Date `json:"until,omitzero"`
type Date struct {
	_ shape.Date

	year  int16
	month uint8
	day   uint8
}

// Of returns the day on which a moment is, in the moment's own time zone; the
// zero Date if that is out of range.
func Of(t time.Time) Date {
	year, month, day := t.Date()
	d, err := New(year, month, day)
	if err != nil {
		return Date{}
	}
	return d
}

// New returns a day; an error if there is no such.
func New(year int, month time.Month, day int) (Date, error) {
	switch {
	case year < 1 || year > 9999:
		return Date{}, &shape.Mismatch{Type: "date_parsing", Should: "a valid date in the format YYYY-MM-DD", Reason: "the year is out of range"}
	case month < time.January || month > time.December:
		return Date{}, mismatch("month value is outside expected range of 1-12")
	case day < 1 || day > time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day():
		return Date{}, mismatch("day value is outside expected range")
	}
	return Date{year: int16(year), month: uint8(month), day: uint8(day)}, nil //nolint:gosec // they are in range
}

// Parse reads a day as RFC 3339 writes a full-date: four digits of the year, two
// of the month, two of the day.
func Parse(text string) (Date, error) {
	switch {
	case len(text) < len("2006-01-02"):
		return Date{}, mismatch("input is too short")
	case len(text) > len("2006-01-02"):
		return Date{}, mismatch("unexpected extra characters at the end of the input")
	case text[4] != '-' || text[7] != '-':
		return Date{}, mismatch("invalid date separator, expected `-`")
	}
	year, ok1 := digits(text[:4])
	month, ok2 := digits(text[5:7])
	day, ok3 := digits(text[8:])
	switch {
	case !ok1:
		return Date{}, mismatch("invalid character in year")
	case !ok2:
		return Date{}, mismatch("invalid character in month")
	case !ok3:
		return Date{}, mismatch("invalid character in day")
	}
	return New(year, time.Month(month), day)
}

// errZero says that nothing can be written.
var errZero = errors.New("date: the zero Date is no day")

func mismatch(reason string) error {
	return &shape.Mismatch{Type: "date_from_datetime_parsing", Should: "a valid date or datetime", Reason: reason}
}

func digits(text string) (n int, ok bool) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = 10*n + int(text[i]-'0')
	}
	return n, true
}

// Year is the year; 0 for the zero Date.
func (d Date) Year() int { return int(d.year) }

// Month is the month; 0 for the zero Date.
func (d Date) Month() time.Month { return time.Month(d.month) }

// Day is the day of the month; 0 for the zero Date.
func (d Date) Day() int { return int(d.day) }

// IsZero reports whether this is no day.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d is an earlier day than other. The zero Date is before
// every day.
func (d Date) Before(other Date) bool { return d.number() < other.number() }

// Compare is -1 if d is before other, 1 if it is after it, and 0 if they are the
// same.
func (d Date) Compare(other Date) int {
	switch {
	case d.Before(other):
		return -1
	case other.Before(d):
		return 1
	}
	return 0
}

func (d Date) number() int { return (int(d.year)*100+int(d.month))*100 + int(d.day) }

// In returns the beginning of the day in a time zone: the first moment that is
// in it, as clocks may go forward at midnight.
func (d Date) In(zone *time.Location) time.Time {
	return time.Date(int(d.year), time.Month(d.month), int(d.day), 0, 0, 0, 0, zone)
}

// AddDays returns the day n days later, or earlier if n is negative; the zero
// Date if that is out of range.
func (d Date) AddDays(n int) Date {
	if n < -4_000_000 || n > 4_000_000 {
		return Date{} // there are fewer days
	}
	return Of(d.In(time.UTC).AddDate(0, 0, n))
}

// String is the day as 2006-01-02; "0000-00-00" for the zero Date.
func (d Date) String() string {
	out := [len("2006-01-02")]byte{4: '-', 7: '-'}
	put(out[:4], int(d.year))
	put(out[5:7], int(d.month))
	put(out[8:], int(d.day))
	return string(out[:])
}

func put(into []byte, n int) {
	for i := len(into) - 1; i >= 0; i-- {
		into[i] = byte('0' + n%10)
		n /= 10
	}
}

// MarshalText writes the day as 2006-01-02. The zero Date is an error.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, errZero
	}
	return []byte(d.String()), nil
}

// UnmarshalText is Parse.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
