package bind

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/internal/schema"
)

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
	if len(data) == 0 {
		if !b.Required {
			return nil, nil
		}
		return []schema.Violation{{Type: "missing", Loc: []any{"body"}, Msg: messages["missing"]}}, nil
	}
	if kind := mediaType(src.Sent()); kind != "application/json" && !isJSONSuffix(kind) {
		return nil, &BodyError{Problem: NotJSON}
	}
	return b.Schema.Decode(src, data, dst.FieldByIndex(b.index).Addr().Interface(), "body")
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
	src.LimitBody()
	body := src.Sent().Body
	if body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(body)
	return data, readError(err)
}

// readError keeps the error of a body that is too large. With any other one
// the body stopped short, which is the caller's doing.
func readError(err error) error {
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return err
	}
	return &BodyError{CutShort, err}
}
