package doctest_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const securityPage = "docs/security.md"

// A page that says which test shows something is wrong when there is no such test.
func TestEveryTestOfThePagesOnSecurityIsThere(t *testing.T) {
	t.Parallel()
	for _, page := range []struct {
		name  string
		least int
	}{{securityPage, 100}, {"SECURITY.md", 5}} {
		found := namedTest.FindAllStringSubmatch(read(t, page.name), -1)
		if len(found) < page.least {
			t.Errorf("%s names %d tests", page.name, len(found))
		}
		known := map[string][]string{}
		for _, match := range found {
			folder, name := match[1], match[2]
			if known[folder] == nil {
				known[folder] = testsIn(t, folder)
			}
			if !slices.Contains(known[folder], name) {
				t.Errorf("%s names %s.%s, which is not there", page.name, folder, name)
			}
		}
	}
}

// asvsLine is the number of a line of the ASVS.
var asvsLine = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// Each line of the ASVS is there once, with a state that there is and why, and the
// counts above the table are those of the table.
func TestTheTableOfTheASVS(t *testing.T) {
	t.Parallel()
	text := read(t, securityPage)
	count, seen := map[string]map[string]int{}, map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if !asvsLine.MatchString(cells[0]) {
			continue
		}
		if len(cells) != 5 || seen[cells[0]] || cells[1] != "1" && cells[1] != "2" || cells[2] == "" || cells[4] == "" {
			t.Errorf("%s:%d: %s", securityPage, i+1, line)
			continue
		}
		seen[cells[0]] = true
		if count[cells[3]] == nil {
			count[cells[3]] = map[string]int{}
		}
		count[cells[3]][cells[1]]++
	}
	if len(seen) != 210 {
		t.Errorf("%s has %d lines of the ASVS, want the 210 of levels 1 and 2 of its chapters", securityPage, len(seen))
	}
	for _, state := range []string{"met", "in part", "not", "not asked"} {
		want := "| " + strings.Join([]string{state, strconv.Itoa(count[state]["1"]), strconv.Itoa(count[state]["2"])}, " | ") + " |"
		if !strings.Contains(text, want+"\n") {
			t.Errorf("%s has not the sum %q", securityPage, want)
		}
		delete(count, state)
	}
	if len(count) > 0 {
		t.Errorf("%s has the states %v", securityPage, count)
	}
}
