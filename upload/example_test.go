package upload_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/upload"
)

type newPost struct {
	Title string        `form:"title" required:"true"`
	Photo upload.File   `form:"photo" required:"true" maxSize:"2MB" accept:"image/png,image/jpeg"`
	More  []upload.File `form:"more" maxItems:"5" maxSize:"2MB"`
}

func createPost(_ context.Context, _ holdfast.Anyone, in newPost) (string, error) {
	photo, err := in.Photo.Open() // an io.ReadSeekCloser, to copy to where it is to stay
	if err != nil {
		return "", err
	}
	defer func() { _ = photo.Close() }()
	return fmt.Sprintf("%s: %s, %d bytes of %s, and %d more", in.Title, in.Photo.Name(), in.Photo.Size(), in.Photo.Sniffed(), len(in.More)), nil
}

func Example() {
	app := holdfast.New("Blog", "1.0.0")
	holdfast.Post(app, "/posts", holdfast.Public(), createPost, holdfast.MaxBody(16<<20))

	for _, content := range []string{"\x89PNG\r\n\x1a\n", "<html>"} {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		_ = form.WriteField("title", "Holiday")
		file, _ := form.CreateFormFile("photo", "beach.png")
		_, _ = file.Write([]byte(content))
		_ = form.Close()

		r := httptest.NewRequest(http.MethodPost, "/posts", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 "Holiday: beach.png, 8 bytes of image/png, and 0 more"
	// 422 {"detail":[{"type":"file_type","loc":["body","photo"],"msg":"File should be of type 'image/png', 'image/jpeg'","ctx":{"expected":"'image/png', 'image/jpeg'"}}]}
}

// A handler is a function, and can be called without a request.
func ExampleNew() {
	answer, err := createPost(context.Background(), holdfast.Anyone{}, newPost{
		Title: "Holiday",
		Photo: upload.New("beach.png", "image/png", []byte("\x89PNG\r\n\x1a\n")),
	})
	fmt.Println(answer, err)
	// Output: Holiday: beach.png, 8 bytes of image/png, and 0 more <nil>
}
