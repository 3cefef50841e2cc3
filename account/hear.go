package account

import (
	"context"

	"github.com/holdfast-go/holdfast/internal/changes"
)

// ChangeStats is what a process has heard of changes so far.
type ChangeStats = changes.Stats

// CheckChanges reports why changes cannot be heard, or nil. While they cannot, who
// calls is decided by the store alone, at every request.
func (s *Service) CheckChanges(ctx context.Context) error { return s.changes.Check(ctx) }

// ChangeStats returns what was heard of changes so far.
func (s *Service) ChangeStats() ChangeStats { return s.changes.Stats() }
