// Package secretfile reads files that hold secrets, and says which of them
// others may read.
package secretfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// most is how long such a file may be, in bytes.
const most = 1 << 20

// Read reads a file that holds a secret. One that others may read or change is
// an error: what is in it is no secret.
func Read(path string) ([]byte, error) {
	data, exposed, err := ReadAny(path)
	if err = errors.Join(err, exposed); err != nil {
		return nil, err
	}
	return data, nil
}

// ReadAny reads a file of which only its content says whether it is a secret. If
// it is, exposed is the error that others may read or change the file, or nil.
// On Windows it is always nil: a mode says nothing there.
func ReadAny(path string) (data []byte, exposed, err error) {
	f, err := os.Open(path) //nolint:gosec // the person who runs the program says where its secrets are
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
	data, err = io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("%s is too large for keys", path)
	}
	return data, exposed, err
}
