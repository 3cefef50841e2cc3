package parts

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

// MaxMemory is how many bytes of the files of one request are kept in memory.
// What goes beyond it is on disk.
const MaxMemory = 1 << 20

// Spool keeps the files of one request. Keep is for one goroutine; the files
// may be read by several, also while Close is called.
type Spool struct {
	memory int64 // bytes of it that are taken

	file   *os.File // nil until something is on disk
	size   int64    // of what is in it
	remove string   // the file's name, if it has one still

	closed atomic.Bool
}

// Keep reads a file whole. Of one that is larger than most, it keeps nothing:
// then large is true, and the rest was not read. The error is either that of
// the reader or a [DiskError].
func (s *Spool) Keep(name, mediaType string, r io.Reader, most int64) (f File, large bool, err error) {
	var head bytes.Buffer
	free := MaxMemory - s.memory
	n, err := io.Copy(&head, io.LimitReader(r, saturated(min(max(free, sniffLen), most))))
	if err != nil {
		return File{}, false, err
	}
	h := &held{name: BaseName(name), mediaType: mediaType, spool: s, size: n, sniffed: sniff(head.Bytes())}
	switch {
	case n > most:
		return File{}, true, nil
	case n <= free:
		s.memory += n
		h.content = append([]byte{}, head.Bytes()...) // as large as it must be, and never nil
		return File{h}, false, nil
	}
	h.offset = s.size
	h.size, err = s.write(io.MultiReader(&head, r), most)
	if err != nil || h.size > most {
		s.size = h.offset // what is there is written over
		return File{}, err == nil, err
	}
	return File{h}, false, nil
}

// write appends at most one byte more than most to the file on disk.
func (s *Spool) write(r io.Reader, most int64) (int64, error) {
	if err := s.create(); err != nil {
		return 0, err
	}
	n, err := io.Copy(&diskWriter{s}, io.LimitReader(r, saturated(most)))
	return n, err
}

// saturated is one more than n, if there is such a number.
func saturated(n int64) int64 {
	if n+1 < n {
		return n
	}
	return n + 1
}

// create makes the file on disk, which only this process can open. Where the
// system allows it, its name is gone at once, so that the file is gone with the
// process, however that ends.
func (s *Spool) create() error {
	if s.file != nil {
		return nil
	}
	file, err := os.CreateTemp("", "holdfast-upload-")
	if err != nil {
		return &DiskError{err}
	}
	s.file, s.remove = file, file.Name()
	if os.Remove(s.remove) == nil {
		s.remove = ""
	}
	return nil
}

// diskWriter appends to the spool's file, and tells errors of the disk from
// those of who is read.
type diskWriter struct{ s *Spool }

func (w *diskWriter) Write(p []byte) (int, error) {
	n, err := w.s.file.WriteAt(p, w.s.size)
	w.s.size += int64(n)
	if err != nil {
		return n, &DiskError{err}
	}
	return n, nil
}

// DiskError says that a file could not be kept, which is not the caller's doing.
type DiskError struct{ Cause error }

// Error says what the disk said.
func (e *DiskError) Error() string { return "keeping an uploaded file: " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *DiskError) Unwrap() error { return e.Cause }

// Close removes everything. Files that are opened afterwards are an error.
func (s *Spool) Close() error {
	if s.closed.Swap(true) || s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.remove != "" {
		if gone := os.Remove(s.remove); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
