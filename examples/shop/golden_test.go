package main

import (
	"testing"

	"github.com/holdfast-go/holdfast/holdfasttest"
)

func TestGolden(t *testing.T) { holdfasttest.Golden(t, new(Shop).routes()) }
