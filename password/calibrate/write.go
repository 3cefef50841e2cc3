package calibrate

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTable writes the report for people, with what the machine affords below
// it.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "SCHEME\tTIME\tLOGINS/S\tMEMORY\t\n")
	for _, one := range r.Measured {
		note := ""
		if !one.Fits {
			note = "over " + r.Target.String()
		}
		fmt.Fprintf(t, "%s\t%.1f ms\t%.1f\t%.0f MiB\t%s\n", one.Name, one.milliseconds(), one.PerSecond(r.Workers), one.MemoryMiB(r.Workers), note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	affords := "nothing that is recommended; a sign-in takes longer here"
	if best, ok := r.Best(); ok {
		affords = best.Name
	}
	_, err := fmt.Fprintf(w, "\nWith %d workers this machine affords %s.\n", r.Workers, affords)
	return err
}

func (m Measured) milliseconds() float64 { return float64(m.Took.Microseconds()) / 1000 }

// measuredJSON is a choice as JSON has it.
type measuredJSON struct {
	Scheme       string  `json:"scheme"`
	Milliseconds float64 `json:"milliseconds"` // of one verification
	PerSecond    float64 `json:"logins_per_second"`
	MemoryMiB    float64 `json:"memory_mib"` // of all workers at once
	Fits         bool    `json:"fits"`       // into the target
}

// MarshalJSON writes the report for programs.
func (r Report) MarshalJSON() ([]byte, error) {
	choices := make([]measuredJSON, len(r.Measured))
	for i, one := range r.Measured {
		choices[i] = measuredJSON{one.Name, one.milliseconds(), one.PerSecond(r.Workers), one.MemoryMiB(r.Workers), one.Fits}
	}
	return json.Marshal(struct {
		Choices []measuredJSON `json:"choices"`
		Target  int64          `json:"target_milliseconds"`
		Workers int            `json:"workers"`
	}{choices, r.Target.Milliseconds(), r.Workers})
}
