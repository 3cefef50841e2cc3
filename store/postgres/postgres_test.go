package postgres_test

import (
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) account.Store { return fresh(t) })
}

func TestSettings(t *testing.T) {
	t.Parallel()
	storetest.RunSettings(t, func(t *testing.T) storetest.Settings { return fresh(t) })
}

func TestChanges(t *testing.T) {
	t.Parallel()
	storetest.RunChanges(t, func(t *testing.T) storetest.Store { return fresh(t) })
}

func TestKeyStore(t *testing.T) {
	t.Parallel()
	storetest.RunKeys(t, func(t *testing.T) keyring.Store { return fresh(t) })
}
