package doctest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const oauthPage = "docs/oauth.md"

var (
	// namedTest is a test as a page names it: its package's folder, and its function.
	namedTest = regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Za-z0-9]+)`")

	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// testsIn are the tests of a package.
func testsIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	if folder == "holdfast" {
		folder = "."
	}
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range testFunc.FindAllStringSubmatch(string(source), -1) {
			names = append(names, match[1])
		}
	}
	return names
}

// A page that says which test shows something is wrong when there is no such test.
func TestEveryTestOfThePageOnOAuthIsThere(t *testing.T) {
	t.Parallel()
	found := namedTest.FindAllStringSubmatch(read(t, oauthPage), -1)
	if len(found) < 50 {
		t.Errorf("%s names %d tests", oauthPage, len(found))
	}
	known := map[string][]string{}
	for _, match := range found {
		folder, name := match[1], match[2]
		if known[folder] == nil {
			known[folder] = testsIn(t, folder)
		}
		if !slices.Contains(known[folder], name) {
			t.Errorf("%s names %s.%s, which is not there", oauthPage, folder, name)
		}
	}
}

// Each row of the page's tables says by which test it is met, or why it is not.
func TestEveryRowOfThePageOnOAuthHasATestOrAReason(t *testing.T) {
	t.Parallel()
	rows := 0
	for i, line := range strings.Split(read(t, oauthPage), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.TrimSpace(cells[len(cells)-1]) == "shown by" {
			continue
		}
		rows++
		shown := strings.TrimSpace(cells[len(cells)-1])
		if len(cells) != 3 {
			t.Errorf("%s:%d: a row of %d cells: %s", oauthPage, i+1, len(cells), line)
		}
		if !namedTest.MatchString(shown) && !strings.HasPrefix(shown, "not met: ") && !strings.Contains(shown, "bench/badrequests") {
			t.Errorf("%s:%d: neither a test nor %q", oauthPage, i+1, fmt.Sprintf("not met: %s", "why"))
		}
	}
	if rows < 60 {
		t.Errorf("%s has %d rows", oauthPage, rows)
	}
}
