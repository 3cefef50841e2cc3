package date_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/date"
	"github.com/holdfast-go/holdfast/internal/shape"
)

func TestWhatIsNoDate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                     "date_from_datetime_parsing: input is too short",
		"2020-1-1":             "date_from_datetime_parsing: input is too short",
		"2020-13-01":           "date_from_datetime_parsing: month value is outside expected range of 1-12",
		"2020-00-01":           "date_from_datetime_parsing: month value is outside expected range of 1-12",
		"2020-02-30":           "date_from_datetime_parsing: day value is outside expected range",
		"2021-02-29":           "date_from_datetime_parsing: day value is outside expected range",
		"2020-01-00":           "date_from_datetime_parsing: day value is outside expected range",
		"0000-01-01":           "date_parsing: the year is out of range",
		"10000-01-01":          "date_from_datetime_parsing: unexpected extra characters at the end of the input",
		"2020-01-01T00:00:00Z": "date_from_datetime_parsing: unexpected extra characters at the end of the input",
		"-001-01-01":           "date_from_datetime_parsing: invalid character in year",
		"2020-+1-01":           "date_from_datetime_parsing: invalid character in month",
		"2020-01-1x":           "date_from_datetime_parsing: invalid character in day",
		"2020/01/01":           "date_from_datetime_parsing: invalid date separator, expected `-`",
		"2020-01/01":           "date_from_datetime_parsing: invalid date separator, expected `-`",
	} {
		d, err := date.Parse(text)
		wrong, ok := errors.AsType[*shape.Mismatch](err)
		if !ok || wrong.Type+": "+wrong.Reason != want || !d.IsZero() {
			t.Errorf("Parse(%q) = %v, %v, want %s", text, d, err, want)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	day := func(text string) date.Date {
		d, err := date.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := day("2024-02-29")
	if d.Year() != 2024 || d.Month() != time.February || d.Day() != 29 || d.String() != "2024-02-29" {
		t.Errorf("%v is %d %v %d", d, d.Year(), d.Month(), d.Day())
	}
	for n, want := range map[int]string{0: "2024-02-29", 1: "2024-03-01", -29: "2024-01-31", 366: "2025-03-01", 5_000_000: "0000-00-00", -5_000_000: "0000-00-00", 4_000_000: "0000-00-00"} {
		if got := d.AddDays(n).String(); got != want {
			t.Errorf("AddDays(%d) = %s, want %s", n, got, want)
		}
	}
	if !d.Before(day("2024-03-01")) || d.Before(d) || d.Compare(day("2023-12-31")) != 1 || d.Compare(d) != 0 || d.Compare(day("2024-03-01")) != -1 || !(date.Date{}).Before(day("0001-01-01")) {
		t.Error("days are not in their order")
	}
	zone := time.FixedZone("east", 10*3600)
	if got := d.In(zone); !got.Equal(time.Date(2024, 2, 28, 14, 0, 0, 0, time.UTC)) || date.Of(got) != d {
		t.Errorf("In(east) = %v, want the beginning of the day there", got)
	}
	if got := date.Of(time.Date(2024, 2, 29, 23, 0, 0, 0, time.UTC).In(zone)); got != day("2024-03-01") {
		t.Errorf("Of = %v, want the day in the zone", got)
	}
	if got := date.Of(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)); !got.IsZero() {
		t.Errorf("Of the year 10000 = %v, want no day", got)
	}
	for _, year := range []int{0, -1, 10000, 1 << 20} {
		if d, err := date.New(year, 1, 1); err == nil {
			t.Errorf("New(%d, 1, 1) = %v, want an error", year, d)
		}
	}
}

func TestTheZeroDateIsNotWritten(t *testing.T) {
	t.Parallel()
	type stay struct {
		From date.Date  `json:"from,omitzero"`
		To   *date.Date `json:"to"`
	}
	if data, err := json.Marshal(stay{}); err != nil || string(data) != `{"to":null}` {
		t.Errorf("written as %s, %v", data, err)
	}
	if data, err := json.Marshal(date.Date{}); err == nil {
		t.Errorf("the zero Date is written as %s", data)
	}
	var d date.Date
	if err := json.Unmarshal([]byte(`"2024-02-30"`), &d); err == nil || !d.IsZero() {
		t.Errorf("read as %v, %v", d, err)
	}
}

func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		year, month, day := rapid.IntRange(-5, 10010).Draw(t, "year"), rapid.IntRange(-1, 14).Draw(t, "month"), rapid.IntRange(-1, 33).Draw(t, "day")
		d, err := date.New(year, time.Month(month), day)
		at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		exists := at.Year() == year && int(at.Month()) == month && at.Day() == day && year >= 1 && year <= 9999
		if (err == nil) != exists {
			t.Fatalf("New(%d, %d, %d) = %v, %v", year, month, day, d, err)
		}
		if !exists {
			return
		}
		if back, err := date.Parse(d.String()); back != d || err != nil || d.String() != at.Format(time.DateOnly) {
			t.Errorf("%v is read back as %v, %v; the calendar has %s", d, back, err, at.Format(time.DateOnly))
		}
		n := rapid.IntRange(-1000, 1000).Draw(t, "n")
		if got, want := d.AddDays(n), date.Of(at.AddDate(0, 0, n)); got != want {
			t.Errorf("%v.AddDays(%d) = %v, want %v", d, n, got, want)
		}
	})
}

// What is read is what time.Parse reads, but for the year 0.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"2024-02-29", "0001-01-01", "9999-12-31", "2023-02-29"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := date.Parse(text)
		at, wrong := time.Parse(time.DateOnly, text)
		if (err == nil) != (wrong == nil && at.Year() > 0) {
			t.Errorf("Parse(%q) = %v, %v; time.Parse says %v, %v", text, d, err, at, wrong)
		}
		if err == nil && d.String() != text {
			t.Errorf("Parse(%q) = %v", text, d)
		}
	})
}

func ExampleDate() {
	d, err := date.Parse("2026-11-26")
	fmt.Println(d, err, d.AddDays(7))
	_, err = date.Parse("2026-02-30")
	fmt.Println(err)
	// Output:
	// 2026-11-26 <nil> 2026-12-03
	// Input should be a valid date or datetime, day value is outside expected range
}
