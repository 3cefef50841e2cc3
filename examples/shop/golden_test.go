package main

import (
	"testing"

	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/work"
)

func TestGolden(t *testing.T) {
	lane := work.NewLane(work.Config{})
	defer lane.Close()
	holdfasttest.Golden(t, (&Shop{lane: lane}).routes())
}
