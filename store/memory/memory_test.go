package memory_test

import (
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) account.Store { return memory.New() })
}

func TestSettings(t *testing.T) {
	storetest.RunSettings(t, func(*testing.T) storetest.Settings { return memory.New() })
}

func TestChanges(t *testing.T) {
	t.Parallel()
	storetest.RunChanges(t, func(*testing.T) storetest.Store { return memory.New() })
}

func TestKeyStore(t *testing.T) {
	t.Parallel()
	storetest.RunKeys(t, func(*testing.T) keyring.Store { return memory.New() })
}
