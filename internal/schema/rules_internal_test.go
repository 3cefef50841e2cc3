package schema

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// The list of tags for people is in the documentation of the root package.
func TestEveryTagIsInTheDocumentation(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(source), "// # Tags\n")
	text, _, _ = strings.Cut(text, "// # Mistakes\n")
	var said []string
	for line := range strings.Lines(text) {
		row, isRow := strings.CutPrefix(line, "//\t")
		if !isRow {
			continue
		}
		tags, _, _ := strings.Cut(row, "  ") // of what they mean
		if len(row) > 34 {
			tags, _, _ = strings.Cut(row[:34], "  ")
		}
		if strings.Count(row, `"`) > 2 {
			tags = row
		}
		for tag := range strings.FieldsSeq(tags) {
			tag, _, _ = strings.Cut(tag, ":")
			said = append(said, tag)
		}
	}
	slices.Sort(said)
	if want := slices.Sorted(maps.Keys(rules)); !slices.Equal(said, want) {
		t.Errorf("doc.go lists the tags\n%q, want\n%q", said, want)
	}
}
