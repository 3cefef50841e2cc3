package main

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"testing"

	"github.com/holdfast-go/holdfast/holdfasttest"
)

func TestGolden(t *testing.T) { holdfasttest.Golden(t, routes()) }

// file is a file of a form.
type file struct{ field, name, content string }

func TestAlbums(t *testing.T) {
	t.Parallel()
	const png = "\x89PNG\r\n\x1a\n"
	const sum = "4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6"
	tests := map[string]struct {
		files  []file
		status int
		want   string
	}{
		"a cover":              {[]file{{"cover", "a.png", png}}, 200, `{"title":"Sea","notes":false,"files":[{"name":"a.png","size":8,"type":"image/png","sha256":"` + sum + `"}]}`},
		"no cover":             {nil, 422, `{"detail":[{"type":"missing","loc":["body","cover"],"msg":"Field required","input":null}]}`},
		"a cover and notes":    {[]file{{"cover", "a.png", png}, {"notes", "n.txt", "text"}}, 200, `{"title":"Sea","notes":true,"files":[{"name":"a.png","size":8,"type":"image/png","sha256":"` + sum + `"}]}`},
		"a page for a picture": {[]file{{"cover", "a.png", png}, {"more", "b.png", "<html>"}}, 422, `{"detail":[{"type":"file_type","loc":["body","more",0],"msg":"File should be of type 'image/*'","ctx":{"expected":"'image/*'"}}]}`},
	}
	app := routes()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			if err := form.WriteField("title", "Sea"); err != nil {
				t.Fatal(err)
			}
			for _, f := range test.files {
				w, err := form.CreateFormFile(f.field, f.name)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.Write([]byte(f.content)); err != nil {
					t.Fatal(err)
				}
			}
			if err := form.Close(); err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("POST", "/photos", &body)
			r.Header.Set("Content-Type", form.FormDataContentType())
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != test.status || w.Body.String() != test.want {
				t.Errorf("POST /photos = %d %s, want %d %s", w.Code, w.Body, test.status, test.want)
			}
		})
	}
}
