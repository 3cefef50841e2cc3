package main

import (
	"context"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/password/calibrate"
)

type passwordCalibrate struct {
	Target time.Duration `default:"250ms" help:"How long a sign-in may take on an idle machine."`
	JSON   bool          `name:"json" help:"Print JSON."`
}

// Run measures and prints.
func (c *passwordCalibrate) Run(ctx context.Context, std streams) error {
	report, err := calibrate.Measure(ctx, calibrate.Recommended(), calibrate.Config{
		Target: c.Target, Before: func(one calibrate.Choice) { fmt.Fprintf(std.err, "measuring %s\n", one.Name) },
	})
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printJSON(std.out, report)
	}
	return report.WriteTable(std.out)
}
