//go:build !holdfast_insecure_switches

package main

import (
	"context"
	"log/slog"

	"github.com/holdfast-go/holdfast/account"
)

// unboundedFlag: see switches_insecure.go. This program has no such flag.
const unboundedFlag = ""

// insecureSwitches has no flags in this program.
type insecureSwitches struct{}

func (insecureSwitches) apply(context.Context, *account.Config, *slog.Logger) {}
