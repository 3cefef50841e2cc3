package static_test

import (
	"fmt"
	"net/http/httptest"
	"testing/fstest"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/static"
)

func ExampleSPA() {
	site := fstest.MapFS{ // or what go:embed has, by fs.Sub
		"index.html":             {Data: []byte("<h1>Shop</h1>")},
		"assets/app-BdQqabcD.js": {Data: []byte("start()")},
	}
	app := holdfast.New("Shop", "1.0.0")
	app.Mount("/", holdfast.Public(), static.SPA(site, static.Hashed("assets")))

	for _, path := range []string{"/orders/7", "/assets/app-BdQqabcD.js", "/assets/gone.js"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept", "text/html,*/*;q=0.8") // as browsers do
		app.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Cache-Control"))
	}
	// Output:
	// 200 no-cache
	// 200 private, max-age=31536000, immutable
	// 404
}
