// Package upload has the type of files that come in a form:
//
//	type newPost struct {
//		Title string        `form:"title" required:"true"`
//		Photo upload.File   `form:"photo" required:"true" maxSize:"2MB" accept:"image/png,image/jpeg"`
//		More  []upload.File `form:"more" maxItems:"5"`
//	}
//
// A handler that takes such a struct is called once all of the form has arrived
// (multipart/form-data, RFC 7578) and fits. The tag maxSize bounds one file
// (500, 64KiB, 2MB), accept lists the media types that it may have, required,
// minItems and maxItems are as everywhere; the route's holdfast.MaxBody bounds
// the whole body, and is 1 MiB unless something else is said. Up to 1 MiB of a
// request's files are in memory. The rest is in one temporary file in
// [os.TempDir], which is removed when the request is over, with everything of
// it: copy what is to stay.
package upload

import (
	"io"

	"github.com/holdfast-go/holdfast/internal/parts"
)

// File is a file that a request has brought. The zero File is one that was not
// sent; so is one of an input in a page in which no file was chosen. Everything
// that it says of itself but Size and Sniffed is the caller's word.
//
// Its methods may be called by several goroutines. What Open returned is for one.
type File parts.File

// New makes a file without a request, for tests that call a handler. The
// content must not be changed afterwards.
func New(name, mediaType string, content []byte) File {
	return File(parts.New(name, mediaType, content))
}

// Present reports whether the file was sent. One of zero bytes may be.
func (f File) Present() bool { return parts.File(f).Present() }

// Name is what the caller calls the file: the last element of what was sent,
// behind any slash or backslash, without NULs and what else cannot be printed,
// and at most 255 bytes long. It may be empty, and two files may have the same.
// It is for showing, and not for choosing where to keep the file: even so, it may
// begin with a dot, or be one that Windows gives a meaning, such as CON.
func (f File) Name() string { return parts.File(f).Name() }

// Size is how large the file is, in bytes.
func (f File) Size() int64 { return parts.File(f).Size() }

// MediaType is what the caller says the file is, with its parameters, such as
// "text/csv; charset=utf-8". It is "" where nothing was said, or nothing that is
// a media type.
func (f File) MediaType() string { return parts.File(f).MediaType() }

// Sniffed is what the first bytes look like, by the algorithm of browsers
// ([net/http.DetectContentType]), without parameters: "image/png",
// "text/plain". It is "application/octet-stream" where they say nothing, and ""
// if the file was not sent.
func (f File) Sniffed() string { return parts.File(f).Sniffed() }

// Open returns a reader of the whole file, at its beginning. It may be called
// several times. The error is [io/fs.ErrNotExist] if the file was not sent, and
// [io/fs.ErrClosed] once the request is over: functions of
// holdfast.AfterResponse can still open it, what runs later cannot.
func (f File) Open() (io.ReadSeekCloser, error) { return parts.File(f).Open() }
