package bind

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/internal/bodies"
	"github.com/holdfast-go/holdfast/internal/parts"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// Body is the field for the JSON body.
type Body struct {
	Type     reflect.Type
	Schema   *schema.Schema
	Required bool

	index []int
}

// bodyOf makes a body of what the tags of its field say.
func bodyOf(f reflect.StructField, hint string, types *schema.Registry) (*Body, error) {
	out := &Body{Type: f.Type, index: f.Index}
	_, byDefault := f.Tag.Lookup("default")
	out.Required = f.Tag.Get("required") != "false" && !byDefault
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case name != "" && name != "-":
		return nil, fmt.Errorf("it is the whole body, which has no name; for a body {%[1]q: …} write Body struct { X %[2]v `json:%[1]q` }", name, f.Type)
	case parts.Hold(f.Type):
		return nil, errors.New("a body in JSON is no file; take it as a field of a form")
	}
	if err := schema.CheckBody(f); err != nil {
		return nil, err
	}
	// Where there must be a body, a pointer to it is not nil, so null is none.
	if out.Required && f.Type.Kind() == reflect.Pointer && f.Tag.Get("nullable") != "true" {
		f.Type = f.Type.Elem()
	}
	out.Schema = types.Body(f, hint)
	return out, nil
}

// Read fills dst from the request, the body last. Its error is an [Invalid]
// with everything that does not fit, a [BodyError], or that of
// [http.MaxBytesReader].
func (in *Input) Read(src BodySource, dst reflect.Value) error {
	if in == nil {
		return nil
	}
	bad, err := in.readParams(src, dst)
	if err != nil {
		return err
	}
	if in.strict && len(bad) > 0 {
		return &BodyError{NotStrict, strictViolation(bad[0])}
	}
	more, err := in.readBody(src, dst)
	return in.finish(src, dst, append(bad, more...), err)
}

// readBody reads the body, of which no byte was read before.
func (in *Input) readBody(src BodySource, dst reflect.Value) ([]schema.Violation, error) {
	switch {
	case in.Form != nil:
		return in.readForm(src, dst)
	case in.Body != nil:
		return in.Body.read(src, dst)
	}
	return nil, nil
}

func (b *Body) read(src BodySource, dst reflect.Value) ([]schema.Violation, error) {
	data, err := readAll(src)
	if err != nil {
		return nil, err
	}
	into := dst.FieldByIndex(b.index).Addr().Interface()
	if len(data) == 0 {
		if _, ok := b.Schema.Default(); ok {
			return b.Schema.DecodeDefault(src, into, "body")
		}
		if !b.Required {
			return nil, nil
		}
		return []schema.Violation{{Type: "missing", Loc: []any{"body"}, Msg: messages["missing"]}}, nil
	}
	if kind := mediaType(src.Sent()); kind != "application/json" && !isJSONSuffix(kind) {
		return nil, &BodyError{Problem: NotJSON}
	}
	return b.Schema.Decode(src, data, into, "body")
}

func isJSONSuffix(kind string) bool {
	return strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}

func mediaType(r *http.Request) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

func readAll(src BodySource) ([]byte, error) {
	most := src.LimitBody()
	body := src.Sent().Body
	if body == nil {
		return nil, nil
	}
	return readUpTo(src, body, most)
}

// firstRead is how many bytes there is room for before any has arrived.
const firstRead = 512

// readUpTo reads a body of so many bytes at most, whose own bound is the reader's
// to keep. The memory for it grows with what has arrived.
func readUpTo(src BodySource, body io.Reader, most int64) ([]byte, error) {
	data := make([]byte, 0, firstRead)
	for {
		n, err := body.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF { // wrapped, it is an end too soon
			return data, nil
		}
		if err != nil {
			return data, readError(err)
		}
		if len(data) < cap(data) {
			continue
		}
		size := 2 * int64(cap(data))
		if most >= int64(cap(data)) && size-1 > most {
			size = most + 1 // one byte more, by which the end is found
		}
		if err := hold(src, int64(cap(data)), size); err != nil {
			return data, err
		}
		data = append(make([]byte, 0, size), data...)
	}
}

// hold counts memory for a body that grows from one size to another. A first piece
// of every body does not count.
func hold(src BodySource, from, to int64) error {
	if to <= bodies.Free {
		return nil
	}
	if err := src.Hold(to - max(from, bodies.Free)); err != nil {
		return &NoRoomError{err}
	}
	return nil
}

// NoRoomError says that there is no memory for a body, for which its cause has a
// reason and perhaps a time to come again.
type NoRoomError struct{ Cause error }

// Error is the cause's text.
func (e *NoRoomError) Error() string { return "reading the body: " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *NoRoomError) Unwrap() error { return e.Cause }

// readError keeps the error of a body that is too large. With any other one
// the body stopped short, which is the caller's doing.
func readError(err error) error {
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return err
	}
	return &BodyError{CutShort, err}
}
