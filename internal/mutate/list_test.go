package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	t.Parallel()
	page := strings.ReplaceAll(`# Survivors

Words about a ''' and the like? No: none.

## a.go S.F

Words before.

'''diff
  above
- one
+ two
'''

'''diff
- three
'''

The reason for
both.

'''diff
- four
'''

Its own.

## b.go package

'''diff
- five
'''

Another.
`, "'''", "```")
	page = strings.Replace(page, "Words about a ``` and the like? No: none.", "Words about it.", 1)
	want := []known{
		{"a.go", "S.F", "- four", "Its own."},
		{"a.go", "S.F", "- three", "The reason for both."},
		{"a.go", "S.F", "  above\n- one\n+ two", "The reason for both."},
		{"b.go", "package", "- five", "Another."},
	}
	if got, err := parseList(page); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parseList = %q, %v, want %q", got, err, want)
	}
	for name, page := range map[string]string{
		"no reason":              "## a.go F\n```diff\n- x\n```\n",
		"no reason in a section": "## a.go F\n```diff\n- x\n```\n\n## b.go F\n```diff\n- x\n```\nBecause.\n",
		"another kind of block":  "## a.go F\n```go\nx\n```\nBecause.\n",
		"a block that goes on":   "## a.go F\n```diff\n- x\nBecause.\n",
	} {
		if got, err := parseList(page); err == nil {
			t.Errorf("%s: parseList = %q, want an error", name, got)
		}
	}
}
