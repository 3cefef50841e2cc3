// Package parts holds the files of a form while its request lasts: small ones
// in memory, the rest in one temporary file.
package parts

import (
	"bytes"
	"io"
	"io/fs"
	"reflect"
)

// File is a file that was sent. The zero File is one that was not.
//
// Package upload has a type of its own with the same structure, to which one is
// converted: so this type's methods need not be public.
type File struct{ held *held }

// held is what is known of a file. It is read-only.
type held struct {
	name, mediaType, sniffed string
	size                     int64

	content []byte // if it is in memory
	spool   *Spool // which has it otherwise, and says when it is gone; nil for a file that no request has
	offset  int64  // in the spool's file
}

var fileType = reflect.TypeFor[File]()

// IsFile reports whether values of a type are files.
func IsFile(t reflect.Type) bool { return t.Kind() == reflect.Struct && t.ConvertibleTo(fileType) }

// IsField reports whether values of a type are files, or lists of them.
func IsField(t reflect.Type) bool {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return IsFile(t)
}

// Hold reports whether values of a type lead to files by pointers, lists and
// maps.
func Hold(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return IsFile(t)
}

// New makes a file of content that is in memory already.
func New(name, mediaType string, content []byte) File {
	return File{&held{
		name: BaseName(name), mediaType: mediaType, sniffed: sniff(content),
		size: int64(len(content)), content: content,
	}}
}

// Present reports whether the file was sent.
func (f File) Present() bool { return f.held != nil }

// known is what is known of the file, nothing if it was not sent.
func (f File) known() held {
	if f.held == nil {
		return held{}
	}
	return *f.held
}

// Name is the last element of the name that was sent.
func (f File) Name() string { return f.known().name }

// Size is in bytes.
func (f File) Size() int64 { return f.known().size }

// MediaType is what the caller says the file is, with parameters.
func (f File) MediaType() string { return f.known().mediaType }

// Sniffed is what the file looks like, without parameters.
func (f File) Sniffed() string { return f.known().sniffed }

// Open returns a reader of the file's own.
func (f File) Open() (io.ReadSeekCloser, error) {
	switch h := f.held; {
	case h == nil:
		return nil, fs.ErrNotExist
	case h.spool == nil:
		return reader{bytes.NewReader(h.content)}, nil
	case h.spool.closed.Load():
		return nil, fs.ErrClosed
	case h.content != nil:
		return reader{bytes.NewReader(h.content)}, nil
	default:
		return reader{io.NewSectionReader(h.spool.file, h.offset, h.size)}, nil
	}
}

// reader reads a file of which nothing has to be closed: the spool is closed
// for all of them.
type reader struct{ io.ReadSeeker }

// Close does nothing.
func (reader) Close() error { return nil }

// WriteTo lets [io.Copy] do without a buffer of its own.
func (r reader) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, r.ReadSeeker) }
