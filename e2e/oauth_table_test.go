package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var tested = filepath.Join("..", "docs", "howto", "tested-clients.md")

// The table in that page is between these lines.
const (
	tableBegins = "<!-- who refuses what: make clients compares it -->\n"
	tableEnds   = "<!-- end -->\n"
)

// rows are the rows of the table, without its head: what is said wrongly, and then
// what each library does, by the order of their names.
func rows(t *testing.T) [][]string {
	t.Helper()
	page, err := os.ReadFile(tested)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), tableBegins)
	table, _, ok := strings.Cut(rest, tableEnds)
	if !ok {
		t.Fatalf("%s has no table", tested)
	}
	var out [][]string
	for line := range strings.Lines(table) {
		line = strings.TrimPrefix(strings.TrimSuffix(strings.TrimSpace(line), "|"), "|")
		cells := strings.Split(line, "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		out = append(out, cells)
	}
	if len(out) < 2 {
		return nil
	}
	return out[2:]
}

func names() []string { return slices.Sorted(maps.Keys(libraries)) }

// tableOf is what a library refuses, by the table.
func tableOf(t *testing.T, name string) (refuses []string) {
	t.Helper()
	column := slices.Index(names(), name) + 1
	for _, row := range rows(t) {
		if column < len(row) && row[column] == "refuses" {
			refuses = append(refuses, row[0])
		}
	}
	return refuses
}

// writeTable writes the table again: which client refuses which lie.
func writeTable(t *testing.T, found map[string][]string) {
	t.Helper()
	var table strings.Builder
	fmt.Fprintf(&table, "| |%s|\n|---|%s\n", strings.Join(names(), "|"), strings.Repeat("---|", len(libraries)))
	for _, what := range slices.Sorted(maps.Keys(lies)) {
		fmt.Fprintf(&table, "|%s|", what)
		for _, name := range names() {
			switch {
			case !lies[what].concerns(libraries[name]):
				table.WriteString(" |")
			case slices.Contains(found[name], what):
				table.WriteString("refuses|")
			default:
				table.WriteString("goes on|")
			}
		}
		table.WriteString("\n")
	}
	page, err := os.ReadFile(tested)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), tableBegins)
	_, after, ok := strings.Cut(rest, tableEnds)
	if !ok {
		t.Fatalf("%s has no place for the table", tested)
	}
	write(t, tested, before+tableBegins+table.String()+tableEnds+after)
}

// The page says of every lie what every library does that is told it; at least six
// refuse metadata of another issuer, and all of them something.
func TestClientsInTheTable(t *testing.T) {
	t.Parallel()
	told := map[string]int{}
	for _, row := range rows(t) {
		lie, ok := lies[row[0]]
		if !ok || len(row) != len(libraries)+1 {
			t.Errorf("the row %q is of no lie, or has not all libraries", row[0])
			continue
		}
		for i, name := range names() {
			if said := row[i+1] != ""; said != lie.concerns(libraries[name]) {
				t.Errorf("%s: the page says %q of %s", row[0], row[i+1], name)
			}
			if row[i+1] == "refuses" {
				told[row[0]]++
			}
		}
	}
	for what := range lies {
		if told[what] == 0 && what != "more is granted than was asked for" {
			t.Errorf("nobody refuses when %s", what)
		}
	}
	if got := told["the metadata names another issuer"]; got < 6 {
		t.Errorf("%d clients refuse metadata of another issuer, want 6", got)
	}
}

// The page names the versions that are installed.
func TestClientsOfTheVersionsThatThePageNames(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(tested)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join("clients", "oauth")
	for name, pin := range map[string]struct{ file, before string }{
		"golang.org/x/oauth2":          {"go.mod", "golang.org/x/oauth2 v"},
		"MCP SDK for Go":               {"go.mod", "modelcontextprotocol/go-sdk v"},
		"oauth4webapi":                 {filepath.Join(folder, "package.json"), `"oauth4webapi": "`},
		"openid-client":                {filepath.Join(folder, "package.json"), `"openid-client": "`},
		"@openid/appauth":              {filepath.Join(folder, "package.json"), `"@openid/appauth": "`},
		"simple-oauth2":                {filepath.Join(folder, "package.json"), `"simple-oauth2": "`},
		"@modelcontextprotocol/client": {filepath.Join(folder, "package.json"), `"@modelcontextprotocol/client": "`},
		"Authlib":                      {filepath.Join("..", "script", "requirements-clients.txt"), "Authlib=="},
		"requests-oauthlib":            {filepath.Join("..", "script", "requirements-clients.txt"), "requests-oauthlib=="},
		"mcp for Python":               {filepath.Join("..", "script", "requirements-clients.txt"), "\nmcp=="},
		"oauth2 for Rust":              {filepath.Join(folder, "rust", "Cargo.toml"), `oauth2 = { version = "=`},
		"Nimbus":                       {filepath.Join(folder, "java", "pom.xml"), "<artifactId>oauth2-oidc-sdk</artifactId>\n      <version>"},
	} {
		text, err := os.ReadFile(pin.file)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, ok := strings.Cut(string(text), pin.before)
		version := rest[:max(0, strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }))]
		if row := fmt.Sprintf("| %s %s |", name, version); !ok || version == "" || !strings.Contains(string(page), row) {
			t.Errorf("the page has no row that begins with %q", row)
		}
	}
}
