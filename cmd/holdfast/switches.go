//go:build !holdfast_insecure_switches

package main

import (
	"context"

	"github.com/holdfast-go/holdfast/identity"
)

// unboundedFlag: see switches_insecure.go. This program has no such flag.
const unboundedFlag = ""

// insecureSwitches has no flags in this program.
type insecureSwitches struct{}

func (insecureSwitches) apply(context.Context, *identity.Config) {}
