package duration_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/duration"
	"github.com/holdfast-go/holdfast/internal/shape"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1h30m": 90 * time.Minute, "-1.5h": -90 * time.Minute, "0": 0, "90s": 90 * time.Second, "1µs": time.Microsecond,
		"PT1H30M": 90 * time.Minute, "P1W": 168 * time.Hour, "P1DT2H": 26 * time.Hour, "P1W2D": 9 * 24 * time.Hour, "PT0S": 0,
		"PT0.5S": time.Second / 2, "PT1,5H": 90 * time.Minute, "-PT1H": -time.Hour, "+PT1H": time.Hour, "PT0.000000001S": 1,
		"P0.5W": 84 * time.Hour, "PT36H": 36 * time.Hour, "PT0.000000001M": 60, "P106751D": 106751 * 24 * time.Hour,
		"-PT2562047H47M16.854775808S": math.MinInt64, "PT2562047H47M16.854775807S": math.MaxInt64,
	} {
		if got, err := duration.Parse(text); got != want || err != nil {
			t.Errorf("Parse(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestWhatIsNoDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "too short", "P": "too short", "PT": "too short", "P1DT": "quantity invalid", "x": "neither", "1": "neither", "1h 30m": "neither",
		"P1Y": "units", "P1M": "units", "PT1D": "units", "P1H": "units", "PT1M1H": "units", "P1D1W": "units", "PT1S1S": "units", "--PT1H": "neither", "-+PT1H": "neither",
		"PT1H30": "invalid digit", "PTH": "invalid digit", "PT1H-30M": "invalid digit", "pt1h": "neither", " PT1H": "neither", "PT1H ": "invalid digit", "PTT1H": "invalid digit",
		"PT.5S": "too large", "PT1.S": "too large", "PT1..5S": "too large", "PT1.5.5S": "too large", "PT0.0000000001S": "too large",
		"P999999D": "too large", "PT2562047H47M16.854775808S": "too large", "-PT2562047H47M16.854775809S": "too large", "PT9223372036854775807H": "too large",
		"PT99999999999999999999S": "too large", "P106751DT24H": "too large", "3000000h": "neither", "P15250.284523800W": "too large",
		strings.Repeat("0", 65) + "s": "too long",
	} {
		got, err := duration.Parse(text)
		if wrong, ok := errors.AsType[*shape.Mismatch](err); !ok || wrong.Type != "time_delta_parsing" || !strings.Contains(wrong.Reason, want) {
			t.Errorf("Parse(%q) = %v, %v, want %q", text, got, err, want)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "PT0S", time.Second: "PT1S", 90 * time.Minute: "PT1H30M", 26 * time.Hour: "PT26H", -time.Second / 2: "-PT0.5S",
		1: "PT0.000000001S", time.Hour + 10*time.Millisecond: "PT1H0.01S", math.MinInt64: "-PT2562047H47M16.854775808S", math.MaxInt64: "PT2562047H47M16.854775807S",
	} {
		if got := duration.Format(d); got != want {
			t.Errorf("Format(%d) = %s, want %s", d, got, want)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64().Draw(t, "d"))
		for _, text := range []string{duration.Format(d), d.String()} {
			if got, err := duration.Parse(text); got != d || err != nil {
				t.Errorf("Parse(%q) = %v, %v, want %v", text, got, err, d)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"1h30m", "PT1H30M", "-P1W2DT3H4M5.6S", "P106751DT23H47M16S", "PT0,000000001S"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := duration.Parse(text)
		if err != nil {
			if d != 0 {
				t.Errorf("Parse(%q) = %v and %v", text, d, err)
			}
			return
		}
		if strings.HasPrefix(strings.TrimPrefix(text, "-"), "P") && d != 0 && (d < 0) != (text[0] == '-') {
			t.Errorf("Parse(%q) = %v, of the other sign", text, d)
		}
		if back, err := duration.Parse(duration.Format(d)); back != d || err != nil {
			t.Errorf("Parse(%q) = %v, which is written %s and read as %v, %v", text, d, duration.Format(d), back, err)
		}
	})
}
