package bind

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/internal/parts"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// Limits bound what a form is made of. Its bytes are bounded by those of the
// body.
type Limits struct {
	Fields int // how many texts it may have, known or not; 1000 if zero
	Files  int // how many files, known or not; 1000 if zero
}

func (l Limits) orUsual() Limits {
	return Limits{Fields: cmp.Or(l.Fields, usualParts), Files: cmp.Or(l.Files, usualParts)}
}

const (
	usualParts = 1000 // FastAPI's

	// maxText is how many bytes the texts of a form may have if it takes files:
	// its body may be large for their sake, and texts are kept in memory.
	maxText = 1 << 20

	// maxBoundary is that of RFC 2046 section 5.1.1.
	maxBoundary = 70
)

// received is what a form says for one field.
type received struct {
	texts []string
	files []parts.File
	wrong []schema.Violation // of files that were not kept
	count int                // of files
	other bool               // a file where a text is wanted, or the reverse
}

func (in *Input) readForm(src BodySource, dst reflect.Value) ([]schema.Violation, error) {
	if in.strict {
		return nil, in.readStrictly(src, dst)
	}
	form, err := in.receive(src)
	if err != nil {
		return nil, err
	}
	var bad []schema.Violation
	for i := range in.Form {
		switch f, got := &in.Form[i], &form[i]; {
		case f.files != nil:
			bad = f.readFiles(dst, got, bad)
		case got.other:
			bad = append(bad, f.violation(problem("string_type"), nil))
		default:
			if bad, err = f.readAndAsk(src, dst, filled(got.texts), bad); err != nil {
				return nil, err
			}
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

// receive reads a form of either kind. Of another kind of body every field is
// missing. The result is in the order of the fields.
func (in *Input) receive(src BodySource) ([]received, error) {
	switch kind, params, _ := mime.ParseMediaType(src.Sent().Header.Get("Content-Type")); kind {
	case "application/x-www-form-urlencoded":
		return in.receiveText(src)
	case "multipart/form-data":
		return in.receiveParts(src, params["boundary"])
	}
	return make([]received, len(in.Form)), nil
}

func (in *Input) receiveText(src BodySource) ([]received, error) {
	data, err := in.readText(src)
	if err != nil {
		return nil, err
	}
	if bytes.Count(data, []byte("&")) >= in.limits.Fields {
		return nil, tooMany("fields", in.limits.Fields)
	}
	values, err := url.ParseQuery(string(data))
	if err != nil {
		return nil, &BodyError{Malformed, err}
	}
	out := make([]received, len(in.Form))
	for i := range in.Form {
		texts := values[in.Form[i].Name]
		out[i].texts, out[i].other = texts, in.Form[i].files != nil && filled(texts) != nil
	}
	return out, nil
}

// readText is readAll for a body that is all text.
func (in *Input) readText(src BodySource) ([]byte, error) {
	if src.LimitBody() <= maxText || !in.takesFiles() {
		return readAll(src)
	}
	body := src.Sent().Body
	if body == nil {
		return nil, nil
	}
	data, err := readUpTo(src, io.LimitReader(body, maxText+1), maxText)
	if len(data) > maxText {
		return nil, tooMuchText()
	}
	return data, err
}

// mostText is how many bytes of text there may be in a body of so many bytes.
func (in *Input) mostText(body int64) int64 {
	if in.takesFiles() {
		return min(body, maxText)
	}
	return min(body, math.MaxInt64-1) // one more must still be a number
}

// InMemory reports whether the body, as far as it is read, is in memory: it is JSON,
// or a form without files.
func (in *Input) InMemory() bool {
	return in != nil && (in.Body != nil || in.Form != nil && !in.takesFiles())
}

// takesFiles reports whether there is a field for files.
func (in *Input) takesFiles() bool {
	for i := range in.Form {
		if in.Form[i].files != nil {
			return true
		}
	}
	return false
}

func tooMany(what string, most int) error {
	return tooMuch("Too many %[1]s. Maximum number of %[1]s is %[2]d.", what, most)
}

func tooMuchText() error {
	return tooMuch("The texts of the form exceeded maximum size of %dKB.", maxText>>10)
}

// receiveParts reads a form in parts (RFC 7578). Files are kept until the
// request is over, also where the form does not fit.
func (in *Input) receiveParts(src BodySource, boundary string) ([]received, error) {
	left := in.mostText(src.LimitBody())
	body := src.Sent().Body
	switch {
	case boundary == "":
		return nil, &BodyError{Malformed, http.ErrMissingBoundary}
	case len(boundary) > maxBoundary:
		return nil, &BodyError{Malformed, errors.New("the boundary is too long")}
	case body == nil:
		body = http.NoBody
	}
	p := &partReader{src: src, form: in.Form, limits: in.limits, text: left, out: make([]received, len(in.Form))}
	if in.takesFiles() {
		p.spool = &parts.Spool{}
		src.Keep(p.spool)
	}
	p.head = headReader{from: body, last: "--" + boundary + "--"}
	p.parts = multipart.NewReader(&p.head, boundary)
	for {
		more, err := p.next()
		if err != nil {
			return nil, partError(err)
		}
		if !more {
			return p.out, nil
		}
	}
}

// partError tells who is to blame for an error between parts.
func partError(err error) error {
	_, ours := errors.AsType[*parts.DiskError](err)
	_, known := errors.AsType[*BodyError](err)
	_, large := errors.AsType[*http.MaxBytesError](err)
	_, full := errors.AsType[*NoRoomError](err)
	switch {
	case ours, known, large, full:
		return err
	case errors.Is(err, errRead), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &BodyError{CutShort, err}
	}
	return &BodyError{Malformed, err}
}

// partReader receives the parts of a form, one after the other.
type partReader struct {
	src    BodySource
	form   []Field
	limits Limits
	spool  *parts.Spool // nil if the form takes no files
	head   headReader
	parts  *multipart.Reader
	part   *multipart.Part // the one that was begun
	text   int64           // bytes of text that there still may be
	held   int64           // bytes of text that there are
	fields int             // that were seen
	files  int
	out    []received
}

// next receives a part, unless there is none.
func (p *partReader) next() (more bool, err error) {
	if p.part != nil { // what is left of it may be large, and is not the head of the next
		if _, err := io.Copy(io.Discard, p.part); err != nil {
			return false, err
		}
	}
	p.part, err = p.head.nextPart(p.parts)
	if err == io.EOF { //nolint:errorlint // wrapped, it is an end too soon
		return false, nil
	}
	if err != nil {
		return false, err
	}
	name, filename, isFile, err := disposition(p.part)
	if err != nil {
		return false, err
	}
	if err := p.count(isFile); err != nil {
		return false, err
	}
	for i := range p.form {
		if p.form[i].Name == name {
			return true, p.receive(&p.form[i], &p.out[i], filename, isFile)
		}
	}
	return true, nil
}

func (p *partReader) count(isFile bool) error {
	if isFile {
		if p.files++; p.files > p.limits.Files {
			return tooMany("files", p.limits.Files)
		}
		return nil
	}
	if p.fields++; p.fields > p.limits.Fields {
		return tooMany("fields", p.limits.Fields)
	}
	return nil
}

// disposition is what a part is called (RFC 7578 section 4.2), and whether it is
// a file.
func disposition(part *multipart.Part) (name, filename string, isFile bool, err error) {
	lines := part.Header.Values("Content-Disposition")
	if len(lines) != 1 {
		return "", "", false, errors.New("a part has not one Content-Disposition")
	}
	kind, params, err := mime.ParseMediaType(lines[0])
	switch {
	case err != nil:
		return "", "", false, fmt.Errorf("the Content-Disposition of a part: %w", err)
	case kind != "form-data" || params["name"] == "":
		return "", "", false, errors.New("a part has no name")
	}
	filename, isFile = params["filename"]
	return params["name"], filename, isFile, nil
}

// receive receives a part for a field.
func (p *partReader) receive(f *Field, got *received, filename string, isFile bool) error {
	if !isFile && f.files == nil {
		var text strings.Builder
		n, err := io.Copy(&text, heldReader{io.LimitReader(p.part, p.text+1), p})
		if p.text -= n; p.text < 0 {
			return tooMuchText()
		}
		got.texts = append(got.texts, text.String())
		return err
	}
	content := io.Reader(p.part)
	if !isFile || filename == "" { // then without a byte it is no file, and no text
		first := make([]byte, 1)
		if n, err := io.ReadFull(p.part, first); n == 0 {
			return ended(err)
		}
		content = io.MultiReader(bytes.NewReader(first), p.part)
	}
	if isFile != (f.files != nil) {
		got.other = true
		return nil
	}
	return p.keep(f, got, filename, content)
}

// heldReader counts texts as memory while they arrive.
type heldReader struct {
	io.Reader
	p *partReader
}

func (r heldReader) Read(into []byte) (int, error) {
	n, err := r.Reader.Read(into)
	before := r.p.held
	r.p.held += int64(n)
	if full := hold(r.p.src, before, r.p.held); full != nil {
		return 0, full
	}
	return n, err
}

// ended is the error of reading, if it is not that a part has ended.
func ended(err error) error {
	if err == io.EOF { //nolint:errorlint // wrapped, it is an end too soon
		return nil
	}
	return err
}

// keep keeps a file, unless there are too many of its name already.
func (p *partReader) keep(f *Field, got *received, filename string, content io.Reader) error {
	at := got.count
	if got.count++; got.count > f.files.most {
		return nil
	}
	mediaType := p.part.Header.Get("Content-Type")
	if _, _, err := mime.ParseMediaType(mediaType); err != nil {
		mediaType = ""
	}
	file, large, err := p.spool.Keep(filename, mediaType, content, f.files.size)
	switch {
	case err != nil:
		return err
	case large:
		got.wrong = append(got.wrong, f.fileViolation(at, "file_too_large", map[string]any{"max_size": f.files.size}))
	case !f.files.types.Allow(file):
		got.wrong = append(got.wrong, f.fileViolation(at, "file_type", map[string]any{"expected": f.files.types.String()}))
	default:
		got.files = append(got.files, file)
	}
	return nil
}
