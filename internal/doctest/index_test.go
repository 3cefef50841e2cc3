package doctest_test

import (
	"regexp"
	"strings"
	"testing"
)

const (
	indexPage  = "docs/README.md"
	storesPage = "docs/stores.md"
)

// The map has every page, so that a reader who looks for one need not guess.
func TestTheMapHasEveryPage(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{"README.md": true, indexPage: true}
	for _, to := range links(t, indexPage) {
		listed[to.path] = true
	}
	for _, name := range markdown(t) {
		if !listed[name] && !strings.HasPrefix(name, "docs/decisions/") {
			t.Errorf("%s has no link to %s", indexPage, name)
		}
	}
}

// quoted is a test of package storetest as a row of the page on stores names it.
var quoted = regexp.MustCompile(`"([^"|]+)"`)

// What a store promises is looked at by the tests that the page names.
func TestTheTestsOfStoresThatThePageNamesExist(t *testing.T) {
	t.Parallel()
	source, found := "", 0
	for _, file := range goFiles(t, "store/storetest") {
		source += read(t, file)
	}
	for line := range strings.Lines(read(t, storesPage)) {
		if !strings.HasPrefix(line, "| **") {
			continue
		}
		for _, match := range quoted.FindAllStringSubmatch(line, -1) {
			found++
			if !strings.Contains(source, `"`+match[1]+`"`) {
				t.Errorf("%s names the test %q, which store/storetest has not", storesPage, match[1])
			}
		}
	}
	if found < 15 {
		t.Errorf("%s names %d tests", storesPage, found)
	}
}
