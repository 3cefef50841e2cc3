package holdfasttest_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// archive is an application with a mounted one, and methods beyond the usual.
func archive(open bool) *holdfast.App {
	l := newLibrary("files")
	inner := holdfast.New("Inner", "1")
	holdfast.Get(inner, "/papers/{id}", holdfast.Public(), done[holdfast.Anyone, holdfast.NoInput])
	policy := holdfast.AnyPolicy(holdfast.AnyRole(l.who, holdfast.NewRole("keeper", "")))
	if open {
		policy = holdfast.Public()
	}
	l.app.Mount("/archive/{year}", policy, inner)
	l.app.Handle("HEAD /books", holdfast.To(holdfast.Security(l.who), done[person, holdfast.NoInput]), holdfast.Shadows("/books"))
	type asked struct {
		Body struct {
			Words string `json:"words" minLength:"3"`
		}
	}
	l.app.Handle("QUERY /books", holdfast.To(holdfast.Security(l.who), func(context.Context, person, asked) (string, error) { return "", nil }))
	l.app.Handle("OPTIONS /books", holdfast.Raw(holdfast.Public(), func(http.ResponseWriter, *http.Request, holdfast.Anyone) error { return nil }))
	return l.app
}

// A mount is a row that is called and attacked as any other, and so are routes
// of other methods.
func TestMountsAreTested(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("UPDATE_GOLDEN", "")
	file := filepath.Join(t.TempDir(), "matrix.txt")
	app := archive(false)
	holdfasttest.Matrix(t, app, file, callers)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"* /archive/{year}/{rest...}\trole keeper\n    passes 404       everything, role keeper, scope books alone, all scopes but books, scope files alone, all scopes but files\n",
		"HEAD /books\tsigned in\n",
		"QUERY /books\tsigned in\n    passes           ",
		"OPTIONS /books\tanyone\n    passes           everybody\n",
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("the table has no %q:\n%s", want, data)
		}
	}
	holdfasttest.Attack(t, app, file, callers)
	opened := &listener{TB: t}
	holdfasttest.Attack(opened, archive(true), file, callers)
	opened.want(t, `* /archive/{year}/{rest...} by nobody: the plain request is answered "passes 404", and the file says "401"`)
}
