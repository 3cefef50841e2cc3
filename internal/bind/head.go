package bind

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"slices"
	"strings"
)

// maxHead is how many bytes there may be before what a part holds.
const maxHead = 16 << 10

// headReader reads a body for mime/multipart, and makes up for two things that
// are not so there: the head of a part may take 10 MB, and a form that ends within
// one counts as whole.
type headReader struct {
	from io.Reader
	last string // what ends the form
	tail []byte // the end of what was read so far

	left    int // bytes that the head may still take
	bounded bool
}

// errRead says that the body could not be read, rather than that it is no form.
var errRead = errors.New("reading the form")

func (h *headReader) nextPart(r *multipart.Reader) (*multipart.Part, error) {
	h.left, h.bounded = maxHead, true
	defer func() { h.bounded = false }()
	return r.NextPart()
}

func (h *headReader) Read(b []byte) (int, error) {
	if h.bounded {
		if h.left == 0 {
			return 0, tooMuch("The headers of a part exceeded maximum size of %dKB.", maxHead>>10)
		}
		b = b[:min(len(b), h.left)]
	}
	n, err := h.from.Read(b)
	if h.bounded {
		h.left -= n
	}
	h.note(b[:n])
	switch {
	case err == nil:
	case err != io.EOF: //nolint:errorlint // what readers return at the end
		err = errors.Join(errRead, err)
	case !strings.HasSuffix(strings.TrimRight(string(h.tail), " \t"), h.last):
		err = io.ErrUnexpectedEOF // unless the end of the form was seen, before which nothing asks for more
	}
	return n, err
}

// note remembers the end of what was read, some blanks more than ends a form.
func (h *headReader) note(read []byte) {
	most := 2 * maxBoundary
	h.tail = append(h.tail, read[max(0, len(read)-most):]...)
	if over := len(h.tail) - most; over > 0 {
		h.tail = slices.Delete(h.tail, 0, over)
	}
}

// tooMuch says what a form has more of than it may: FastAPI's words, where it
// has such a bound.
func tooMuch(format string, args ...any) error {
	return &BodyError{TooMuch, fmt.Errorf(format, args...)}
}
