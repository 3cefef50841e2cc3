package identity

import (
	"context"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/refusals"
	"github.com/holdfast-go/holdfast/keyring"
)

// Store is where everything is kept that has to survive: sqlite.Store,
// postgres.Store, or memory.Store for tests. It belongs to the program, which closes it after the
// Identity.
type Store interface {
	account.Store
	keyring.Store
	Settings

	Ping(ctx context.Context) error // whether it can be read
}

// Settings are choices that a store keeps, each a text under a name.
type Settings interface {
	// Setting returns a setting, or "" if it was never chosen.
	Setting(ctx context.Context, name string) (string, error)

	// SetOnce stores a setting unless it was chosen before, and returns the
	// value that holds.
	SetOnce(ctx context.Context, name, value string) (stored string, err error)

	// ReplaceSetting stores a setting in place of old, and returns the value
	// that holds: another one if the setting was not old.
	ReplaceSetting(ctx context.Context, name, old, value string) (stored string, err error)
}

// RefusalStore keeps the last refused requests. It is safe for concurrent use.
// Losing some is no harm, so it need not wait for a disk.
type RefusalStore = refusals.Store

// RefusalRecord is one of them as it is kept.
type RefusalRecord = refusals.Record

// ErrNoRefusal says that a refusal is not known, or not any more.
var ErrNoRefusal = refusals.ErrNone

// refusalOpener is a store with a place of its own for refusals, as a file
// beside its own.
type refusalOpener interface {
	OpenRefusals(ctx context.Context) (refusals.Store, error)
}
