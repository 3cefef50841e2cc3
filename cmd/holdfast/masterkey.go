package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/holdfast-go/holdfast/keyring"
)

// masterKeyEnv holds the key itself. It is no flag: others see a command line.
const masterKeyEnv = "HOLDFAST_MASTER_KEY"

// masterKey is the flag of commands that read private keys.
type masterKey struct {
	MasterKeyFile    string `name:"master-key-file" help:"A file with the master key that encrypts the signing keys (32 random bytes as base64), which others may not read; or HOLDFAST_MASTER_KEY holds it." placeholder:"FILE"`
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
	return readMasterKey(m.MasterKeyFile)
}

func readMasterKey(path string) (keyring.MasterKey, error) {
	data, err := readSecretFile(path)
	if err != nil {
		return keyring.MasterKey{}, err
	}
	key, err := keyring.ParseMasterKey(string(data))
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return key, err
}

// readBoth returns the master key and the one before, which must not come alone.
func (m masterKey) readBoth() (master, old keyring.MasterKey, err error) {
	if master, err = m.read(); err != nil || m.OldMasterKeyFile == "" {
		return master, old, err
	}
	if master.IsZero() {
		return master, old, errors.New("--old-master-key-file is given, but no master key to take its place")
	}
	old, err = readMasterKey(m.OldMasterKeyFile)
	return master, old, err
}

// openRing opens the ring of keys of a store.
func (m masterKey) openRing(ctx context.Context, config keyring.Config) (*keyring.Ring, error) {
	var err error
	if config.Master, config.OldMaster, err = m.readBoth(); err != nil {
		return nil, err
	}
	ring, err := keyring.Open(ctx, config)
	return ring, withKeyHint(err)
}

// withKeyHint says where a master key is given, if one is missing.
func withKeyHint(err error) error {
	if errors.Is(err, keyring.ErrSealed) {
		return fmt.Errorf("%w (--master-key-file, or %s)", err, masterKeyEnv)
	}
	return err
}

// maxKeyFile is how long a file with keys may be.
const maxKeyFile = 1 << 20

// readSecretFile reads a file that holds a secret. One that others may read is an
// error: it is none.
func readSecretFile(path string) ([]byte, error) {
	data, exposed, err := readKeyFile(path)
	if err == nil {
		err = exposed
	}
	return data, err
}

// readKeyFile reads a file that may hold a secret. If it does, exposed is the
// error if others may read it.
func readKeyFile(path string) (data []byte, exposed, err error) {
	f, err := os.Open(path) //nolint:gosec // the operator says where the key is
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	// The group may read it: that is how a container is given its secrets.
	if mode := info.Mode().Perm(); mode&0o027 != 0 && runtime.GOOS != "windows" {
		exposed = fmt.Errorf("%s holds a secret, and others may read or change it (mode %04o): chmod 600 %s", path, mode, path)
	}
	data, err = io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(data) > maxKeyFile {
		err = fmt.Errorf("%s is too large for keys", path)
	}
	return data, exposed, err
}
