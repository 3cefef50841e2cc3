// Package newfile makes files that are there whole or not at all: after an error, a
// crash and a power cut, too.
package newfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Make makes a file for its owner alone. fill writes it under another name in the
// same folder, where an empty file is; then it is brought to the disk and given its
// name. Without replace a file of that name is an error, fs.ErrExist, before anything
// is written.
func Make(name string, replace bool, fill func(temporary string) error) (err error) {
	if err := mayBe(name, replace); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // 0600
	if err != nil {
		return err
	}
	temporary := f.Name()
	defer func() {
		if removed := os.Remove(temporary); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}()
	if err := f.Close(); err != nil { // fill opens it in its own way
		return err
	}
	if err := fill(temporary); err != nil {
		return err
	}
	if err := Sync(temporary); err != nil {
		return err
	}
	if err := give(temporary, name, replace); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(name))
}

// mayBe reports a file that is in the way.
func mayBe(name string, replace bool) error {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no ordinary file", name)
	case !replace:
		return fmt.Errorf("%s: %w", name, fs.ErrExist)
	}
	return nil
}

// give gives a file its name. What has come there meanwhile is kept unless it may be
// replaced: a link is not made where there is something.
func give(temporary, name string, replace bool) error {
	if replace {
		return os.Rename(temporary, name)
	}
	err := os.Link(temporary, name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := mayBe(name, false); err != nil { // a file system without links
		return err
	}
	return os.Rename(temporary, name)
}

// Sync brings a file to the disk.
func Sync(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0) //nolint:gosec // the caller says which
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// SyncFolder brings the names in a folder to the disk. On Windows that is the
// system's own business.
func SyncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir) //nolint:gosec // the caller says which
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
