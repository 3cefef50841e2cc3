package holdfast_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/holdfast-go/holdfast"
)

type nowhere struct{ h http.Header }

func (n nowhere) Header() http.Header         { return n.h }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}

// BenchmarkDecision is an allowed request with no Explain, and with one that
// looks at refusals alone.
func BenchmarkDecision(b *testing.B) {
	for name, fn := range map[string]func(holdfast.Decision) string{
		"none":     nil,
		"refusals": func(d holdfast.Decision) string { _ = d.Allowed(); return "" },
	} {
		b.Run(name, func(b *testing.B) {
			oauth := holdfast.OAuth2PasswordBearer("token")
			app := holdfast.NewApp(holdfast.Config{Docs: holdfast.Docs{NoDocument: true}, OnDecision: fn})
			holdfast.Get(app, "/a", holdfast.Security(holdfast.Verify(oauth, spell), oauth.Scope("items", "")), done)
			r := httptest.NewRequest(http.MethodGet, "/a", nil)
			r.Header.Set("Authorization", "Bearer items/admin")
			w := nowhere{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				app.ServeHTTP(w, r)
			}
		})
	}
}
