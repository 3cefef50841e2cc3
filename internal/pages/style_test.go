package pages_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// stylesheets are those of all pages.
var stylesheets = []string{"pages.css", "../../console/assets/console.css"}

// withoutComments is a stylesheet without what browsers pass over.
func withoutComments(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(text), "")
}

var (
	physical = regexp.MustCompile(`(?m)(?:^|[\s;{])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom)(?:-[a-z]+)?|left|right|top|bottom|float|border-(?:top|bottom)-(?:left|right)-radius)\s*:|text-align:\s*(?:left|right)`)
	colour   = regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|oklch|lab)\(|:\s*(?:[^;]*\s)?(?:white|black|red|green|blue|gr[ae]y|silver|yellow|orange)\s*[;}!]`)
	tokens   = regexp.MustCompile(`(?s):root\s*\{[^}]*\}`)
)

// In a script that runs from right to left a page turns around by itself, and another
// look is another set of tokens: nothing says left or right, and no colour stands
// anywhere else.
func TestStylesheetsTurnAroundAndHaveTokens(t *testing.T) {
	t.Parallel()
	for _, name := range stylesheets {
		text := withoutComments(t, name)
		if found := physical.FindAllString(text, -1); found != nil {
			t.Errorf("%s says where, and not at which end: %q", name, found)
		}
		if found := colour.FindAllString(tokens.ReplaceAllString(text, ""), -1); found != nil {
			t.Errorf("%s has colours that are no tokens: %q", name, found)
		}
		for _, query := range []string{"forced-colors: active", "max-width"} {
			if !strings.Contains(text, query) {
				t.Errorf("%s has nothing for %s", name, query)
			}
		}
	}
	for text, wrong := range map[string]bool{
		"a { margin-left: 1px }": true, "a { left: 0 }": true, "a { text-align: right }": true, "a { float: left }": true, "a {\n\tborder-top-left-radius: 1px }": true,
		"a { margin-inline-start: 1px }": false, "a { inset-block-start: 0 }": false, "a { text-align: start }": false,
	} {
		if physical.MatchString(text) != wrong {
			t.Errorf("%q is found: %v, want %v", text, !wrong, wrong)
		}
	}
	for text, wrong := range map[string]bool{"a { color: #fff }": true, "a { color: rgb(1 2 3) }": true, "a { border: 1px solid black }": true, "a { color: var(--text) }": false, "a { color: CanvasText }": false} {
		if colour.MatchString(text) != wrong {
			t.Errorf("%q is found: %v, want %v", text, !wrong, wrong)
		}
	}
}
