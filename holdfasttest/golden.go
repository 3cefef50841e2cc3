// Package holdfasttest helps to test applications made with holdfast.
package holdfasttest

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/golden"
)

// Golden compares an application's document and its table of who may do what
// with the files testdata/openapi.json and testdata/access.txt of the package
// under test, so that a change of who may call a route, or of which functions
// verify and decide, is seen in review. Of function literals it has the file
// alone: name those that matter. With UPDATE_GOLDEN=1 in the environment it
// writes the files instead.
func Golden(t *testing.T, app *holdfast.App) {
	t.Helper()
	d, err := documentOf(app)
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := d.WriteKept(&table); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "access.txt", table.Bytes())

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
