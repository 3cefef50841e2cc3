package holdfasttest_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// TestAUserHasTheirScopes: a caller of Also comes to the rule that is tested,
// and not to a scope before it.
func TestAUserHasTheirScopes(t *testing.T) {
	t.Parallel()
	file := golden(t, callers,
		holdfasttest.Also("ann", holdfasttest.User("ann"), holdfasttest.Path("id", "anns")),
		holdfasttest.Also("bob", holdfasttest.User("bob"), holdfasttest.Path("id", "anns")),
		holdfasttest.Also("ann without scopes", holdfasttest.User("ann"), holdfasttest.Path("id", "anns"), holdfasttest.Scopes()))
	table := read(t, file)
	_, items, _ := strings.Cut(table, "GET /items/{id}")
	items, _, _ = strings.Cut(items, "\n\n")
	for answer, who := range map[string]string{"passes": "ann", "404 func literal": "bob", "403 scope": "ann without scopes"} {
		found := false
		for line := range strings.Lines(items) {
			got, names, _ := strings.Cut(strings.TrimSpace(line), "  ")
			found = found || got == answer && strings.Contains(", "+strings.TrimSpace(names)+",", ", "+who+",")
		}
		if !found {
			t.Errorf("GET /items/{id} by %s is not %q in:%s", who, answer, items)
		}
	}
}

// TestWhatCannotBeTriedIsAFailure and no gap in the table.
func TestWhatCannotBeTriedIsAFailure(t *testing.T) {
	t.Parallel()
	file := golden(t, callers)
	for name, test := range map[string]struct {
		also holdfasttest.Option
		want string
	}{
		"a credential that cannot be": {holdfasttest.Also("eve", holdfasttest.Of(holdfasttest.WrongIssuer)), "eve was not tried: cannot be minted: these tokens have none"},
		"a path that is not there":    {holdfasttest.Also("ann", holdfasttest.User("ann"), holdfasttest.Path("item", "anns")), `ann was not tried with the path parameter "item", which no route has`},
	} {
		for kind, run := range map[string]func(testing.TB, *holdfast.App, string, ...holdfasttest.Option){"Matrix": holdfasttest.Matrix, "Attack": holdfasttest.Attack} {
			t.Run(name+" of "+kind, func(t *testing.T) {
				t.Parallel()
				l := &listener{TB: t}
				run(l, house{}.app(), file, callers, test.also)
				l.want(t, test.want)
			})
		}
	}
	l := &listener{TB: t}
	holdfasttest.Attack(l, house{}.app(), file, callers, holdfasttest.Also("ann", holdfasttest.User("ann")))
	l.want(t, "GET /items/{id} by ann is not in the file")
}

// An option of the whole test that is given to one caller does nothing, and is
// said to.
func TestOptionsOfTheWholeTestAreNoCallers(t *testing.T) {
	t.Parallel()
	file := golden(t, callers)
	for name, option := range map[string]holdfasttest.Option{
		"Fresh":  holdfasttest.Fresh(func(testing.TB) {}),
		"Served": holdfasttest.Served(func(app http.Handler) http.Handler { return app }),
		"Also":   holdfasttest.Also("bob", holdfasttest.User("bob")),
	} {
		t.Run(name, func(t *testing.T) {
			l := &listener{TB: t}
			holdfasttest.Matrix(l, house{}.app(), file, callers, holdfasttest.Also("ann", holdfasttest.User("ann"), option))
			l.want(t, "ann: Also, Fresh and Served are options of the whole test")
		})
	}
}

// A handler that breaks off its answer is an answer like others, and leaves the
// other tests alone.
func TestAnAnswerThatIsBrokenOff(t *testing.T) {
	t.Parallel()
	app := holdfast.New("Test", "1")
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
		_, _ = w.Write([]byte("part"))
		return errors.New("no more")
	}))
	file := filepath.Join(t.TempDir(), "matrix.txt")
	holdfasttest.Matrix(t, app, file)
	if table := read(t, file); !strings.Contains(table, "passes           everybody") {
		t.Errorf("the table is\n%s", table)
	}
}

// shelf is an application whose handlers really delete.
type shelf map[string]bool

func (s shelf) app() *holdfast.App {
	find := func(_ context.Context, _ holdfast.Anyone, in itemID) (holdfast.NoContent, error) {
		if !s[in.ID] {
			return holdfast.NoContent{}, holdfast.Errorf(http.StatusNotFound, "no such book")
		}
		return holdfast.NoContent{}, nil
	}
	app := holdfast.New("Shelf", "1")
	holdfast.Delete(app, "/books/{id}", holdfast.Public(), func(ctx context.Context, who holdfast.Anyone, in itemID) (holdfast.NoContent, error) {
		out, err := find(ctx, who, in)
		delete(s, in.ID)
		return out, err
	})
	holdfast.Get(app, "/books/{id}", holdfast.Public(), find)
	return app
}

// TestHandlersThatDelete: what reads is called before what deletes, and Fresh
// brings back what was deleted.
func TestHandlersThatDelete(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fresh bool
		want  string
	}{
		"once":  {false, "passes 404"},
		"fresh": {true, "passes           everybody"},
	} {
		s := shelf{"7": true}
		options := []holdfasttest.Option{
			holdfasttest.Also("nobody's friend", holdfasttest.Of(holdfasttest.Nobody), holdfasttest.Path("id", "7")),
		}
		if test.fresh {
			options = append(options, holdfasttest.Fresh(func(testing.TB) { s["x"], s["7"] = true, true }))
		} else {
			s["x"] = true
		}
		file := filepath.Join(t.TempDir(), "matrix.txt")
		holdfasttest.Matrix(t, s.app(), file, options...)
		table := read(t, file)
		_, deletes, _ := strings.Cut(table, "DELETE /books/{id}")
		deletes, gets, _ := strings.Cut(deletes, "\n\n")
		if !strings.Contains(gets, "passes           everybody") || !strings.Contains(deletes, test.want) {
			t.Errorf("%s: the table is\n%s", name, table)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestCallersWhoAreNew are named once, and are no opened doors: an exclamation
// mark is for what was closed.
func TestCallersWhoAreNew(t *testing.T) {
	t.Parallel()
	file := golden(t, callers)
	l := &listener{TB: t}
	holdfasttest.Matrix(l, house{}.app(), file, callers, holdfasttest.Also("ann", holdfasttest.User("ann"), holdfasttest.Path("id", "anns")))
	l.want(t, "+ callers who are new: ann")
	if said := strings.Join(l.said, "\n"); strings.Contains(said, "!") || strings.Count(said, "ann") != 1 {
		t.Errorf("a new caller is reported as\n%s", said)
	}
	l = &listener{TB: t}
	holdfasttest.Matrix(l, house{badOwner: true}.app(), file, callers, holdfasttest.Also("ann", holdfasttest.User("ann"), holdfasttest.Path("id", "anns")))
	l.want(t, "! GET /items/{id} by everything: was \"404 func literal\", is \"passes\"")
}
