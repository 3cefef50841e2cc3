package doctest_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// step is a command on a page with the lines below it, or a file with its text.
type step struct {
	command string
	want    []string
	file    string
	text    string
}

// stepBlock is a block of commands, or one of any language whose file is named
// at the end of the line above: "This is `main.go`:".
var stepBlock = regexp.MustCompile("(?ms)^```(?:console|sh)\n(.*?)^```$|`([\\w/-]+\\.\\w+)`:\n\n```\\w*\n(.*?)^```$")

// steps are what the blocks on a page say is to be done, in order. A command
// goes on in the next line after a backslash.
func steps(page string) []step {
	var all []step
	for _, block := range stepBlock.FindAllStringSubmatch(page, -1) {
		if block[2] != "" {
			all = append(all, step{file: block[2], text: block[3]})
			continue
		}
		first, more := len(all), false
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSuffix(line, "\n")
			command, found := strings.CutPrefix(line, "$ ")
			last := len(all) - 1
			switch {
			case more:
				all[last].command += "\n" + line
			case found:
				all = append(all, step{command: command})
				last++
			case last >= first:
				all[last].want = append(all[last].want, line)
			}
			more = last >= first && (found || more) && strings.HasSuffix(line, `\`)
		}
	}
	for i := range all {
		all[i].want = trimmed(all[i].want)
	}
	return all
}

// trimmed takes empty lines off the end.
func trimmed(lines []string) []string {
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// A page shows what differs from run to run like this. What was printed in the
// place of a name can be used by later commands under that name.
var (
	rest  = "…" // alone on a line: any lines; within one: any text
	named = map[string]string{
		"eyJ…":     `eyJ[\w.-]+`, // an access token
		"hfr_…":    `hfr_[\w.-]+`,
		"hfp_…":    `hfp_\w{49}`,   // a user's API key
		"hfk_…":    `hfk_\w{49}`,   // a client's
		"06H1…":    `[0-9A-V]{26}`, // an id
		"5O6P…":    `[A-Z2-7]{26}`, // the name of a request
		"6HGAWKX…": `[A-Z2-7]{26}`,
	}
	varying = regexp.MustCompile(`eyJ…|hf[rpk]_…|06H1…|5O6P…|6HGAWKX…|…|\.go:\d+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
)

// line makes a pattern of a line on a page, and lists the names in it by group.
func line(want string) (pattern *regexp.Regexp, names []string) {
	var text strings.Builder
	end := 0
	for _, at := range varying.FindAllStringIndex(want, -1) {
		text.WriteString(regexp.QuoteMeta(want[end:at[0]]))
		what := want[at[0]:at[1]]
		switch {
		case named[what] != "":
			names = append(names, what)
			text.WriteString("(" + named[what] + ")")
		case what == rest:
			text.WriteString(".*")
		case strings.HasPrefix(what, ".go:"):
			text.WriteString(`\.go:\d+`) // it moves with every edit of the file
		default:
			text.WriteString(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
		}
		end = at[1]
	}
	text.WriteString(regexp.QuoteMeta(want[end:]))
	return regexp.MustCompile("^" + text.String() + "$"), names
}

// compareOutput compares what a command printed with its lines on a page, and
// returns what was printed in the place of names.
func compareOutput(want []string, printed string) (map[string]string, error) {
	got := trimmed(strings.Split(strings.ReplaceAll(printed, "\r\n", "\n"), "\n"))
	values := map[string]string{}
	skip := false
	for _, text := range want {
		if strings.TrimSpace(text) == rest {
			skip = true
			continue
		}
		pattern, names := line(text)
		for skip && len(got) > 0 && !pattern.MatchString(got[0]) {
			got = got[1:]
		}
		if len(got) == 0 {
			return nil, fmt.Errorf("it does not print %q", text)
		}
		found := pattern.FindStringSubmatch(got[0])
		if found == nil {
			return nil, fmt.Errorf("it prints %q, and not %q", got[0], text)
		}
		for i, name := range names {
			values[name] = found[i+1]
		}
		got, skip = got[1:], false
	}
	if !skip && len(got) > 0 {
		return nil, fmt.Errorf("it prints %q, too", got[0])
	}
	return values, nil
}

const samplePage = "Text, and `x.go`:\n\n```go\npackage x\n```\n```console\n$ holdfast access --for \\\n    bob\nGET  /\n\n$ true\n```\n```go\n$ no\n```\n" +
	"```sh\nno command\n$ echo\n\nx\n\n```\n"

func TestThePageIsReadInSteps(t *testing.T) {
	t.Parallel()
	got := fmt.Sprintf("%q", steps(samplePage))
	want := `[{"" [] "x.go" "package x\n"} {"holdfast access --for \\\n    bob" ["GET  /"] "" ""} {"true" [] "" ""} {"echo" ["" "x"] "" ""}]`
	if got != want {
		t.Errorf("steps = %s, want %s", got, want)
	}
}

func TestOutputIsComparedLineByLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		want, got string
		err       string
	}{
		"the same":                    {"a\nb", "a\nb\n", ""},
		"as HTTP ends lines":          {"a\nb", "a\r\nb", ""},
		"another line":                {"a\nb", "a\nc\n", `it prints "c", and not "b"`},
		"a line too few":              {"a\nb", "a\n", `it does not print "b"`},
		"a line too many":             {"a", "a\nb\n", `it prints "b", too`},
		"more at the end":             {"a\n…", "a\nb\nc\n", ""},
		"no more at the end":          {"a\n…", "a\n", ""},
		"more in between":             {"a\n…\nd", "a\nb\nc\nd\n", ""},
		"more, indented":              {"a\n  …\n  d", "a\n  b\n  d\n", ""},
		"nothing after what is left":  {"a\n…\nd", "a\nb\nc\n", `it does not print "d"`},
		"more after what was skipped": {"a\n…\nc", "a\nb\nc\nd\n", `it prints "d", too`},
		"text within a line":          {"a…z", "abcz\n", ""},
		"other text within a line":    {"a…z", "abcy\n", `it prints "abcy", and not "a…z"`},
		"characters of patterns":      {"a.*(b", "a.*(b\n", ""},
		"what a pattern would match":  {"a.*", "abc\n", `it prints "abc", and not "a.*"`},
		"a line of a file":            {"at x.go:12", "at x.go:345\n", ""},
		"another file":                {"at x.go:12", "at y.go:12\n", `it prints "at y.go:12", and not "at x.go:12"`},
		"a time":                      {"at 2026-11-24T22:50:31Z", "at 2027-01-02T03:04:05Z\n", ""},
		"no time":                     {"at 2026-11-24T22:50:31Z", "at noon\n", `it prints "at noon", and not "at 2026-11-24T22:50:31Z"`},
		"no token":                    {"eyJ…", "hfr_x\n", `it prints "hfr_x", and not "eyJ…"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := compareOutput(strings.Split(test.want, "\n"), test.got)
			if got := fmt.Sprint(err); err == nil && test.err != "" || err != nil && got != test.err {
				t.Errorf("%q for %q: %v, want %s", test.got, test.want, err, test.err)
			}
		})
	}
}

func TestNamesHaveWhatWasPrinted(t *testing.T) {
	t.Parallel()
	values, err := compareOutput([]string{rest, `{"token":"eyJ…","refresh":"hfr_…"}`}, "x\n"+`{"token":"eyJh.e-y.S_w","refresh":"hfr_A.b"}`)
	if err != nil || len(values) != 2 || values["eyJ…"] != "eyJh.e-y.S_w" || values["hfr_…"] != "hfr_A.b" {
		t.Errorf("values = %v, %v", values, err)
	}
}
