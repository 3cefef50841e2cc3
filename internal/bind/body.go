package bind

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
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

func (in *Input) readForm(src BodySource, dst reflect.Value) ([]schema.Violation, error) {
	values, err := formValues(src)
	if err != nil {
		return nil, err
	}
	var bad []schema.Violation
	for i := range in.Form {
		f := &in.Form[i]
		if bad, err = f.readAndAsk(src, dst, filled(values[f.Name]), bad); err != nil {
			return nil, err
		}
	}
	return bad, nil
}

// filled drops empty values: an empty form field is one that was left out.
func filled(texts []string) []string {
	if len(texts) == 1 && texts[0] == "" {
		return nil
	}
	return texts
}

// formValues reads a form of either kind. Of another kind of body every field
// is missing.
func formValues(src BodySource) (url.Values, error) {
	switch mediaType(src.Sent()) {
	case "application/x-www-form-urlencoded":
		data, err := readAll(src)
		if err != nil {
			return nil, err
		}
		values, err := url.ParseQuery(string(data))
		if err != nil {
			return nil, &BodyError{Malformed, err}
		}
		return values, nil
	case "multipart/form-data":
		return multipartValues(src)
	}
	return url.Values{}, nil
}

func multipartValues(src BodySource) (url.Values, error) {
	limit := src.LimitBody()
	r := src.Sent()
	if err := r.ParseMultipartForm(limit); err != nil {
		return nil, readError(err)
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }() // files are not kept; nothing to do when that fails
	return r.MultipartForm.Value, nil
}
