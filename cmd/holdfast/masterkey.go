package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/keyring"
)

// masterKeyEnv holds the key itself. It is no flag: others see a command line.
const masterKeyEnv = "HOLDFAST_MASTER_KEY"

// masterKey is the flag of commands that read private keys.
type masterKey struct {
	MasterKeyFile    string `name:"master-key-file" help:"A file with the master key that encrypts the signing keys and the other secrets of the database (32 random bytes as base64), which others may not read; or HOLDFAST_MASTER_KEY holds it." placeholder:"FILE"`
	OldMasterKeyFile string `name:"old-master-key-file" help:"To change the master key: the file with the one before. Stop other servers of the database first." placeholder:"FILE"`
}

// read returns the master key, or none if none was given.
func (m masterKey) read() (keyring.MasterKey, error) {
	text, found := os.LookupEnv(masterKeyEnv)
	switch {
	case found && m.MasterKeyFile != "":
		return keyring.MasterKey{}, errors.New("both --master-key-file and " + masterKeyEnv + " are given; which one is it?")
	case found:
		key, err := keyring.ParseMasterKey(text)
		if err != nil {
			err = fmt.Errorf("%s: %w", masterKeyEnv, err)
		}
		return key, err
	case m.MasterKeyFile == "":
		return keyring.MasterKey{}, nil
	}
	return keyring.ReadMasterKey(m.MasterKeyFile)
}

// readBoth returns the master key and the one before, which must not come alone.
func (m masterKey) readBoth() (master, old keyring.MasterKey, err error) {
	if master, err = m.read(); err != nil || m.OldMasterKeyFile == "" {
		return master, old, err
	}
	if master.IsZero() {
		return master, old, errors.New("--old-master-key-file is given, but no master key to take its place")
	}
	old, err = keyring.ReadMasterKey(m.OldMasterKeyFile)
	return master, old, err
}

// openRing opens the ring of keys of a store.
func (m masterKey) openRing(ctx context.Context, config keyring.Config) (*keyring.Ring, error) {
	var err error
	if config.Master, config.OldMaster, err = m.readBoth(); err != nil {
		return nil, err
	}
	ring, err := keyring.Open(ctx, config)
	if settings, ok := config.Store.(identity.Settings); ok && err == nil {
		err = identity.SealSecrets(ctx, settings, identity.Keys{Master: config.Master, OldMaster: config.OldMaster})
	}
	return ring, withKeyHint(err)
}

// withKeyHint says where a master key is given, if one is missing.
func withKeyHint(err error) error {
	if errors.Is(err, keyring.ErrSealed) {
		return fmt.Errorf("%w (--master-key-file, or %s)", err, masterKeyEnv)
	}
	return err
}
