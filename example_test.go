package holdfast_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
)

// call makes a request as the bearer of a token, and says what was answered.
// It is here so that examples can show what they do.
func call(h http.Handler, method, path, token string) string {
	r := httptest.NewRequest(method, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return fmt.Sprint(w.Code, " ", w.Body)
}
