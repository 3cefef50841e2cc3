package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/holdfast-go/holdfast/internal/flood"
)

// benchCmd is `holdfast bench`.
type benchCmd struct {
	Login benchLogin `cmd:"" help:"Show what a flood of sign-ins does to other requests on this machine."`
}

// benchLogin is `holdfast bench login`.
type benchLogin struct {
	Seconds float64 `default:"6" help:"How long each phase takes."`
	Conns   int     `default:"64" help:"Connections that sign in without pause."`
	Rate    float64 `default:"200" help:"Requests a second to the protected route."`
	JSON    bool    `name:"json" help:"Print JSON."`
}

// compareCommand compares with a server that hashes without a bound: the flag
// for that is not in the product.
const compareCommand = "go run -tags holdfast_insecure_switches ./cmd/holdfast bench login"

// Run measures and reports. The servers are processes of this program, with
// databases that are removed afterwards.
func (c *benchLogin) Run(ctx context.Context, std streams) error {
	if c.Seconds <= 0 || c.Conns < 1 || c.Rate <= 0 {
		return errors.New("--seconds, --conns and --rate must be more than 0")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	config := flood.Config{
		Lanes: flood.Program(self), Command: compareCommand, Progress: std.err,
		Phase: time.Duration(c.Seconds * float64(time.Second)), Conns: c.Conns, Rate: c.Rate,
	}
	if unboundedFlag != "" {
		config.Unbounded = flood.Program(self, unboundedFlag)
	}
	r, err := flood.Run(ctx, config)
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printJSON(std.out, r)
	}
	return r.WriteTable(std.out)
}
