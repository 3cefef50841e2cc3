package holdfast_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/upload"
)

// newPost is what a form with files brings.
type newPost struct {
	Title string        `form:"title" required:"true"`
	Tags  []string      `form:"tag"`
	Photo upload.File   `form:"photo" required:"true" maxSize:"2KB" accept:"image/png,image/jpeg"`
	Note  upload.File   `form:"note"`
	More  []upload.File `form:"more" maxItems:"2"`
}

// arrived is a file as a handler has seen it.
type arrived struct {
	Name, MediaType, Sniffed, Text string
	Size                           int64
	Present                        bool
}

func fileSeen(f upload.File) (arrived, error) {
	out := arrived{f.Name(), f.MediaType(), f.Sniffed(), "", f.Size(), f.Present()}
	if !f.Present() {
		return out, nil
	}
	r, err := f.Open()
	if err != nil {
		return out, err
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	out.Text = string(data[:min(len(data), 20)])
	return out, err
}

type posted struct {
	Title       string
	Tags        []string
	Photo, Note arrived
	More        []arrived
}

func createPost(_ context.Context, _ holdfast.Anyone, in newPost) (posted, error) {
	out := posted{Title: in.Title, Tags: in.Tags}
	var err error
	if out.Photo, err = fileSeen(in.Photo); err != nil {
		return out, err
	}
	if out.Note, err = fileSeen(in.Note); err != nil {
		return out, err
	}
	for _, one := range in.More {
		got, err := fileSeen(one)
		if err != nil {
			return out, err
		}
		out.More = append(out.More, got)
	}
	return out, nil
}

func posts() *holdfast.App {
	app := quiet()
	holdfast.Post(app, "/posts", holdfast.Public(), createPost, holdfast.MaxBody(8<<20))
	return app
}

const png = "\x89PNG\r\n\x1a\n"

// formPart is a part of a form with the boundary x.
func formPart(disposition, content string, headers ...string) string {
	out := "--x\r\nContent-Disposition: form-data; " + disposition + "\r\n"
	for _, h := range headers {
		out += h + "\r\n"
	}
	return out + "\r\n" + content + "\r\n"
}

func pngPart(name, filename string) string {
	return formPart(fmt.Sprintf(`name="%s"; filename="%s"`, name, filename), png, "Content-Type: image/png")
}

func form(parts ...string) string { return strings.Join(parts, "") + "--x--\r\n" }

func sendForm(app http.Handler, path, kind, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w
}

func TestFilesArriveBesideFields(t *testing.T) {
	t.Parallel()
	title := formPart(`name="title"`, "Hi")
	photo := pngPart("photo", "me.png")
	face := arrived{"me.png", "image/png", "image/png", png, 8, true}
	named := func(name string) posted {
		one := face
		one.Name = name
		return posted{Title: "Hi", Photo: one}
	}
	tests := map[string]struct {
		body string
		want posted
	}{
		"one file":                             {form(title, photo), posted{Title: "Hi", Photo: face}},
		"files before fields":                  {form(photo, title), posted{Title: "Hi", Photo: face}},
		"a file input without a file is none":  {form(title, photo, formPart(`name="note"; filename=""`, "", "Content-Type: application/octet-stream"), formPart(`name="more"; filename=""`, "")), posted{Title: "Hi", Photo: face}},
		"a file field left empty is none":      {form(title, photo, formPart(`name="note"`, "")), posted{Title: "Hi", Photo: face}},
		"an empty file with a name is one":     {form(title, photo, formPart(`name="note"; filename="e.txt"`, "")), posted{Title: "Hi", Photo: face, Note: arrived{"e.txt", "", "text/plain", "", 0, true}}},
		"content without a name is one":        {form(title, photo, formPart(`name="note"; filename=""`, "abc", "Content-Type: text/csv; header=absent")), posted{Title: "Hi", Photo: face, Note: arrived{"", "text/csv; header=absent", "text/plain", "abc", 3, true}}},
		"several of one name":                  {form(title, photo, pngPart("more", "a"), pngPart("more", "b")), posted{Title: "Hi", Photo: face, More: []arrived{{"a", "image/png", "image/png", png, 8, true}, {"b", "image/png", "image/png", png, 8, true}}}},
		"one of those left empty":              {form(title, photo, formPart(`name="more"; filename=""`, ""), pngPart("more", "b")), posted{Title: "Hi", Photo: face, More: []arrived{{"b", "image/png", "image/png", png, 8, true}}}},
		"texts that repeat":                    {form(title, formPart(`name="tag"`, "a"), photo, formPart(`name="tag"`, "b")), posted{Title: "Hi", Tags: []string{"a", "b"}, Photo: face}},
		"what no field takes is left out":      {form(title, photo, formPart(`name="other"`, "x"), pngPart("stranger", "x")), posted{Title: "Hi", Photo: face}},
		"a path is its last element":           {form(title, pngPart("photo", "../../etc/me.png")), named("me.png")},
		"a path of Windows too":                {form(title, pngPart("photo", `C:\pictures\me.png`)), named("me.png")},
		"a name without what cannot be shown":  {form(title, formPart(`name="photo"; filename*=UTF-8''a%2Fm%00e%E2%80%AE%0A.png`, png, "Content-Type: image/png")), named("me.png")},
		"a name that is only a way up":         {form(title, pngPart("photo", "..")), named("")},
		"a name in another alphabet":           {form(title, pngPart("photo", "фото.png")), named("фото.png")},
		"a name is not longer than it can be":  {form(title, pngPart("photo", strings.Repeat("é", 200))), named(strings.Repeat("é", 127))},
		"a media type that is none is not one": {form(title, photo, formPart(`name="note"; filename="n"`, "a", "Content-Type: ;;")), posted{Title: "Hi", Photo: face, Note: arrived{"n", "", "text/plain", "a", 1, true}}},
		"no last line end":                     {strings.TrimSuffix(form(title, photo), "\r\n"), posted{Title: "Hi", Photo: face}},
		"something behind the end":             {form(title, photo) + "epilogue", posted{Title: "Hi", Photo: face}},
	}
	app := posts()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := sendForm(app, "/posts", multipart, test.body)
			if test.want.Tags == nil {
				test.want.Tags = []string{}
			}
			if test.want.More == nil {
				test.want.More = []arrived{}
			}
			want, err := json.Marshal(test.want)
			if err != nil {
				t.Fatal(err)
			}
			if w.Code != http.StatusOK || w.Body.String() != string(want) {
				t.Errorf("POST /posts = %d %s, want 200 %s", w.Code, w.Body, want)
			}
		})
	}
}

func violation(kind, loc, msg, rest string) string {
	return fmt.Sprintf(`{"detail":[{"type":"%s","loc":["body",%s],"msg":"%s"%s}]}`, kind, loc, msg, rest)
}

func TestFormsThatDoNotFit(t *testing.T) {
	t.Parallel()
	title, photo := formPart(`name="title"`, "Hi"), pngPart("photo", "me.png")
	wrongType := violation("file_type", `"photo"`, "File should be of type 'image/png', 'image/jpeg'", `,"ctx":{"expected":"'image/png', 'image/jpeg'"}`)
	tooLarge := violation("file_too_large", `"photo"`, "File should have at most 2000 bytes", `,"ctx":{"max_size":2000}`)
	of := func(said, content string) string {
		return form(title, formPart(`name="photo"; filename="f"`, content, "Content-Type: "+said))
	}
	many := func(n int, one string) string { return form(title, photo, strings.Repeat(one, n)) }
	const unreadable, unparsable = `{"detail":"There was an error reading the body"}`, `{"detail":"There was an error parsing the body"}`
	tests := map[string]struct {
		kind, body string
		status     int
		want       string
	}{
		"nothing at all":                     {"", "", 422, missing("title", "photo")},
		"JSON":                               {"application/json", "{}", 422, missing("title", "photo")},
		"a form without parts has no files":  {urlencoded, "title=Hi", 422, missing("photo")},
		"text where a file is wanted":        {urlencoded, "title=Hi&photo=x", 422, violation("value_error", `"photo"`, "Value error, expected a file, received text", "")},
		"text in a part for a file":          {multipart, form(title, formPart(`name="photo"`, png)), 422, violation("value_error", `"photo"`, "Value error, expected a file, received text", "")},
		"a file where text is wanted":        {multipart, form(photo, pngPart("title", "t")), 422, violation("string_type", `"title"`, "Input should be a valid string", "")},
		"an empty input for a needed file":   {multipart, form(title, formPart(`name="photo"; filename=""`, "")), 422, missing("photo")},
		"all mistakes, in the fields' order": {multipart, form(pngPart("more", "a"), pngPart("more", "a"), pngPart("more", "a")), 422, strings.TrimSuffix(missing("title", "photo"), "]}") + `,{"type":"too_long","loc":["body","more"],"msg":"List should have at most 2 items after validation, not 3","ctx":{"actual_length":3,"field_type":"List","max_length":2}}]}`},
		"a file twice":                       {multipart, form(title, photo, photo), 422, violation("repeated", `"photo"`, "Field given more than once", "")},
		"a file that is too large":           {multipart, of("image/png", png+strings.Repeat("x", 1993)), 422, tooLarge},
		"one that is much too large":         {multipart, of("image/png", png+strings.Repeat("x", 3<<20)), 422, tooLarge},
		"one of another type":                {multipart, of("image/gif", "GIF89a"), 422, wrongType},
		"one that only says so":              {multipart, of("image/png", "<html><script>"), 422, wrongType},
		"one that does not say so":           {multipart, of("text/html", png), 422, wrongType},
		"text that says it is a picture":     {multipart, of("image/jpeg", "just text"), 422, wrongType},
		"1,001 fields":                       {multipart, many(1000, formPart(`name="f"`, "")), 400, `{"detail":"Too many fields. Maximum number of fields is 1000."}`},
		"1,001 files":                        {multipart, many(1000, formPart(`name="f"; filename="a"`, "")), 400, `{"detail":"Too many files. Maximum number of files is 1000."}`},
		"5,000 fields in one line":           {urlencoded, strings.Repeat("f=1&", 4999) + "f=1", 400, `{"detail":"Too many fields. Maximum number of fields is 1000."}`},
		"a megabyte of text":                 {multipart, form(formPart(`name="title"`, strings.Repeat("x", 1<<20+1))), 400, `{"detail":"The texts of the form exceeded maximum size of 1024KB."}`},
		"a megabyte of text in one line":     {urlencoded, "title=" + strings.Repeat("x", 1<<20), 400, `{"detail":"The texts of the form exceeded maximum size of 1024KB."}`},
		"a part with a long header":          {multipart, form(formPart(`name="title"`, "Hi", "X-Long: "+strings.Repeat("x", 40_000))), 400, `{"detail":"The headers of a part exceeded maximum size of 16KB."}`},
		"more than the body may have":        {multipart, form(title, photo, formPart(`name="note"; filename="n"`, strings.Repeat("x", 8<<20))), 413, `{"detail":"The body is larger than 8388608 bytes"}`},
		"one that ends within a file":        {multipart, title + photo[:len(photo)-5], 400, unreadable},
		"one that ends within a header":      {multipart, title + photo + photo[:30], 400, unreadable},
		"one that ends between parts":        {multipart, title + photo, 400, unreadable},
		"no boundary":                        {"multipart/form-data", form(title, photo), 400, unparsable},
		"a boundary that is too long":        {"multipart/form-data; boundary=" + strings.Repeat("x", 71), form(title, photo), 400, unparsable},
		"a part without a name":              {multipart, form(title, photo, formPart(`filename="f"`, "x")), 400, unparsable},
		"a part with two dispositions":       {multipart, form(title, formPart(`name="photo"; filename="f"`, png, `Content-Disposition: form-data; name="title"`)), 400, unparsable},
		"a part with two names":              {multipart, form(title, formPart(`name="photo"; name="title"`, png)), 400, unparsable},
		"a name with a NUL as it is":         {multipart, form(title, pngPart("photo", "m\x00e.png")), 400, unparsable},
		"no parts":                           {multipart, "hello", 400, unreadable},
	}
	app := posts()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := sendForm(app, "/posts", test.kind, test.body)
			if w.Code != test.status || w.Body.String() != test.want {
				t.Errorf("POST /posts = %d %s, want %d %s", w.Code, w.Body, test.status, test.want)
			}
		})
	}
}

// As many as are allowed pass.
func TestFormsThatJustFit(t *testing.T) {
	t.Parallel()
	title, photo := formPart(`name="title"`, "Hi"), pngPart("photo", "me.png")
	for name, body := range map[string]string{
		"1,000 fields":                    form(title, photo, strings.Repeat(formPart(`name="f"`, ""), 999)),
		"1,000 files":                     form(title, photo, strings.Repeat(formPart(`name="f"; filename="a"`, ""), 999)),
		"a file as large as may be":       form(title, formPart(`name="photo"; filename="f"`, png+strings.Repeat("x", 1992))),
		"a large one without a limit":     form(title, photo, formPart(`name="note"; filename="n"`, strings.Repeat("x", 7<<20))),
		"a megabyte of text":              form(photo, formPart(`name="title"`, strings.Repeat("x", 1<<20))),
		"text that no field takes":        form(title, photo, formPart(`name="f"`, strings.Repeat("x", 2<<20))),
		"a header of a part, rather long": form(title, photo, formPart(`name="f"`, "", "X-Long: "+strings.Repeat("x", 10_000))),
	} {
		if w := sendForm(posts(), "/posts", multipart, body); w.Code != http.StatusOK {
			t.Errorf("%s: POST /posts = %d %.200s, want 200", name, w.Code, w.Body)
		}
	}
}

func TestConfigSaysHowManyFieldsAndFiles(t *testing.T) {
	t.Parallel()
	type in struct {
		Tags  []string      `form:"tag"`
		Files []upload.File `form:"file"`
	}
	app := holdfast.NewApp(holdfast.Config{MaxFields: 2, MaxFiles: 1, Logger: slog.New(slog.DiscardHandler)})
	holdfast.Post(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in in) (int, error) {
		return 10*len(in.Tags) + len(in.Files), nil
	})
	tag, file := formPart(`name="tag"`, "a"), pngPart("file", "a")
	for body, want := range map[string]string{
		form(tag, tag, file):      "21",
		form(tag, tag, tag, file): `{"detail":"Too many fields. Maximum number of fields is 2."}`,
		form(file, tag, file):     `{"detail":"Too many files. Maximum number of files is 1."}`,
	} {
		if got := strings.TrimSpace(sendForm(app, "/", multipart, body).Body.String()); got != want {
			t.Errorf("POST / of %q = %s, want %s", body, got, want)
		}
	}
	app = holdfast.NewApp(holdfast.Config{MaxFields: -1})
	if err := app.Err(); err == nil || !strings.Contains(err.Error(), "Config.MaxFields is -1") {
		t.Errorf("Err with a negative MaxFields = %v", err)
	}
}

// A file that is on disk is what was sent, from any goroutine, at any place.
func TestLargeFilesAreWhole(t *testing.T) {
	t.Parallel()
	type in struct {
		Files []upload.File `form:"file"`
	}
	var want [3][]byte
	var parts []string
	for i := range want {
		want[i] = bytes.Repeat([]byte{byte('a' + i), 0, '\r', '\n', '-', '-'}, 150_000)
		parts = append(parts, formPart(`name="file"; filename="f"`, string(want[i])))
	}
	app := quiet()
	holdfast.Post(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in in) (bool, error) {
		same := make(chan bool)
		for i, f := range in.Files {
			go func() {
				r, err := f.Open()
				if err != nil {
					same <- false
					return
				}
				data, err := io.ReadAll(r)
				at, seekErr := r.Seek(-5, io.SeekEnd)
				end, endErr := io.ReadAll(r)
				same <- err == nil && bytes.Equal(data, want[i]) && f.Size() == int64(len(want[i])) &&
					seekErr == nil && at == f.Size()-5 && endErr == nil && bytes.Equal(end, want[i][at:]) && r.Close() == nil
			}()
		}
		all := true
		for range in.Files {
			all = <-same && all
		}
		return all && len(in.Files) == 3, nil
	}, holdfast.MaxBody(4<<20))
	if w := sendForm(app, "/", multipart, form(parts...)); strings.TrimSpace(w.Body.String()) != "true" {
		t.Errorf("the files are not what was sent: %d %s", w.Code, w.Body)
	}
}

func TestTheDocumentSaysWhatIsAFile(t *testing.T) {
	t.Parallel()
	w := ask(t, posts(), http.MethodGet, "/openapi.json", "")
	var doc struct {
		Paths      map[string]map[string]struct{ RequestBody any }
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(doc.Paths["/posts"]["post"].RequestBody)
	const wantBody = `{"content":{"multipart/form-data":{"encoding":{"photo":{"contentType":"image/png, image/jpeg"}},"schema":{"$ref":"#/components/schemas/Body_createPost_posts_post"}}},"required":true}`
	if err != nil || string(body) != wantBody {
		t.Errorf("the body is %s, %v, want %s", body, err, wantBody)
	}
	schema, err := json.Marshal(doc.Components.Schemas["Body_createPost_posts_post"])
	const wantSchema = `{"properties":{"more":{"items":{"contentMediaType":"application/octet-stream","format":"binary","type":"string"},"maxItems":2,"type":"array"},"note":{"contentMediaType":"application/octet-stream","format":"binary","type":"string"},` +
		`"photo":{"contentMediaType":"application/octet-stream","description":"at most 2KB; image/png,image/jpeg","format":"binary","type":"string"},"tag":{"items":{"type":"string"},"type":"array"},"title":{"type":"string"}},` +
		`"propertyNames":{"pattern":"^[^\\x00-\\x1f\\x7f]+$"},"required":["title","photo"],"type":"object"}`
	if err != nil || string(schema) != wantSchema {
		t.Errorf("the schema is %s, %v, want %s", schema, err, wantSchema)
	}
}
