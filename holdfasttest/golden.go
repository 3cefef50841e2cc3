// Package holdfasttest helps to test applications made with holdfast.
package holdfasttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/golden"
)

// Golden compares an application's document and its table of who may do what
// with the files testdata/openapi.json and testdata/access.txt of the package
// under test, so that a change of who may call a route is seen in review. With
// UPDATE_GOLDEN=1 in the environment it writes them instead.
func Golden(t *testing.T, app *holdfast.App) {
	t.Helper()
	rows, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	for _, row := range rows {
		policy := row.Policy
		if row.Guarded {
			policy += "; another router serves it"
		}
		fmt.Fprintf(&table, "%-7s %-28s %s\n", row.Method, row.Path, policy)
	}
	golden.Check(t, "access.txt", []byte(table.String()))

	data, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var document bytes.Buffer
	if err := json.Indent(&document, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	document.WriteByte('\n')
	golden.Check(t, "openapi.json", document.Bytes())
}
