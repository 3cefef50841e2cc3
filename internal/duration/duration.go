// Package duration reads durations as Go writes them, 1h30m, and as ISO 8601
// does, PT1H30M, and writes the latter.
package duration

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/shape"
)

// day and week are as long as the clock says, whatever a calendar does.
const (
	day  = 24 * time.Hour
	week = 7 * day
)

// Parse reads a duration of either kind. A month or a year has no length, so it
// is refused. The error is a [shape.Mismatch].
func Parse(text string) (time.Duration, error) {
	if len(text) > 64 {
		return 0, mismatch("input is too long")
	}
	if text == "" {
		return 0, mismatch("input is too short")
	}
	if rest := strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+"); strings.HasPrefix(rest, "P") && len(text)-len(rest) <= 1 {
		return iso(rest[1:], text[0] == '-')
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, mismatch("neither 1h30m nor PT1H30M is written so")
	}
	return d, nil
}

func mismatch(reason string) error {
	return &shape.Mismatch{Type: "time_delta_parsing", Should: "a valid timedelta", Reason: reason}
}

// units are those of ISO 8601, the largest first, before and after the T.
var dates, times = []unit{{'W', week}, {'D', day}}, []unit{{'H', time.Hour}, {'M', time.Minute}, {'S', time.Second}}

type unit struct {
	letter byte
	length time.Duration
}

// iso reads what stands behind the P.
func iso(text string, negative bool) (time.Duration, error) {
	before, after, timed := strings.Cut(text, "T")
	if before == "" && after == "" {
		return 0, mismatch("input is too short")
	}
	if timed && after == "" {
		return 0, mismatch("quantity invalid in time part of duration")
	}
	sum, err := add(0, before, dates, negative)
	if err == nil {
		sum, err = add(sum, after, times, negative)
	}
	return sum, err
}

// add adds quantities, each of a smaller unit than the one before. A fraction
// has nine digits at most.
func add(sum time.Duration, text string, units []unit, negative bool) (time.Duration, error) {
	for text != "" {
		end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != ',' })
		if end <= 0 {
			return 0, mismatch("invalid digit in duration")
		}
		for len(units) > 0 && units[0].letter != text[end] {
			units = units[1:]
		}
		if len(units) == 0 {
			return 0, mismatch("a quantity wants one of the units W, D, and after T one of H, M, S, in this order")
		}
		n, ok := quantity(text[:end], units[0].length)
		if negative {
			n = -n
		}
		total := sum + n
		if !ok || (n > 0) != (total > sum) && n != 0 {
			return 0, mismatch("a numeric value in the duration is too large")
		}
		sum, text, units = total, text[end+1:], units[1:]
	}
	return sum, nil
}

// quantity is how long a number of units is.
func quantity(number string, length time.Duration) (time.Duration, bool) {
	whole, fraction, _ := strings.Cut(strings.Replace(number, ",", ".", 1), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > math.MaxInt64/int64(length) {
		return 0, false
	}
	out := time.Duration(n) * length
	if fraction == "" {
		return out, !strings.ContainsAny(number, ".,")
	}
	part, err := strconv.ParseUint(fraction, 10, 32)
	if err != nil || len(fraction) > 9 {
		return 0, false
	}
	scale := time.Duration(1)
	for range len(fraction) {
		scale *= 10
	}
	// Units are whole seconds, and the scale divides one.
	parts := length / time.Second * time.Duration(part)
	more := parts/scale*time.Second + parts%scale*(time.Second/scale)
	return out + more, out <= math.MaxInt64-more
}

// Format writes a duration as ISO 8601 does, with hours as its largest unit:
// PT36H. A day is not always 24 hours, so none is written.
func Format(d time.Duration) string {
	if d == 0 {
		return "PT0S"
	}
	var out strings.Builder
	n := uint64(d) //nolint:gosec // two's complement: what is below zero is negated next
	if d < 0 {
		out.WriteByte('-')
		n = -n
	}
	out.WriteString("PT")
	hours, rest := n/uint64(time.Hour), n%uint64(time.Hour)
	minutes, rest := rest/uint64(time.Minute), rest%uint64(time.Minute)
	if hours > 0 {
		out.WriteString(strconv.FormatUint(hours, 10) + "H")
	}
	if minutes > 0 {
		out.WriteString(strconv.FormatUint(minutes, 10) + "M")
	}
	if rest > 0 {
		out.WriteString(strconv.FormatUint(rest/uint64(time.Second), 10))
		if nano := rest % uint64(time.Second); nano > 0 {
			digits := strconv.FormatUint(nano+uint64(time.Second), 10)[1:]
			out.WriteString("." + strings.TrimRight(digits, "0"))
		}
		out.WriteString("S")
	}
	return out.String()
}
