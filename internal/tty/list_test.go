package tty_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/tty"
)

var numbers = tty.Table[int]{
	Name: "numbers", Head: "NUMBER\tTWICE",
	Row:  func(n int) string { return fmt.Sprintf("%d\t%d", n, 2*n) },
	View: func(n int) any { return map[string]int{"number": n} },
}

// counted is the numbers from 1, three on a page, up to a last one; asked counts the pages.
func counted(last int, asked *int) iter.Seq2[int, error] {
	return tty.Pages(func(after string) (list []int, next string, err error) {
		*asked++
		from := 0
		if after != "" {
			if _, err := fmt.Sscan(after, &from); err != nil {
				return nil, "", err
			}
		}
		for n := from + 1; n <= min(from+3, last); n++ {
			list = append(list, n)
		}
		if from+3 < last {
			next = fmt.Sprint(from + 3)
		}
		return list, next, nil
	})
}

// A limit is of what is printed, and no more pages are asked for than that needs.
func TestLists(t *testing.T) {
	t.Parallel()
	even := func(n int) bool { return n%2 == 0 }
	for name, test := range map[string]struct {
		last, limit int
		keep        func(int) bool
		want        []int
		pages       int
	}{
		"an empty list":                     {0, 0, nil, nil, 1},
		"all of one page":                   {3, 0, nil, []int{1, 2, 3}, 1},
		"all of several":                    {7, 0, nil, []int{1, 2, 3, 4, 5, 6, 7}, 3},
		"a few of many":                     {100, 4, nil, []int{1, 2, 3, 4}, 2},
		"as many as a page has":             {100, 3, nil, []int{1, 2, 3}, 1},
		"more than there are":               {2, 4, nil, []int{1, 2}, 1},
		"those that are wanted":             {7, 0, even, []int{2, 4, 6}, 3},
		"a few of those that are wanted":    {100, 2, even, []int{2, 4}, 2},
		"none, where none of them is meant": {7, 0, func(int) bool { return false }, nil, 3},
	} {
		for _, asJSON := range []bool{true, false} {
			var out bytes.Buffer
			asked := 0
			if err := numbers.Print(&out, tty.Listing{Limit: test.limit, JSON: asJSON}, counted(test.last, &asked), test.keep); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if got := printed(t, out.String(), asJSON); !slices.Equal(got, test.want) || asked != test.pages {
				t.Errorf("%s: prints %v of %d pages, want %v of %d\n%s", name, got, asked, test.want, test.pages, &out)
			}
		}
	}
}

// printed reads what was printed.
func printed(t *testing.T, text string, asJSON bool) (list []int) {
	t.Helper()
	if !asJSON {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if lines[0] != "NUMBER  TWICE" {
			t.Errorf("the first line is %q", lines[0])
		}
		for _, line := range lines[1:] {
			var n, twice int
			if _, err := fmt.Sscan(line, &n, &twice); err != nil || twice != 2*n {
				t.Errorf("a line is %q", line)
			}
			list = append(list, n)
		}
		return list
	}
	var all map[string][]map[string]int
	if err := json.Unmarshal([]byte(text), &all); err != nil || all["numbers"] == nil {
		t.Errorf("no list in %s: %v", text, err)
	}
	for _, one := range all["numbers"] {
		list = append(list, one["number"])
	}
	return list
}

// What fails in the middle of a list prints nothing of it: half a list looks like a whole one.
func TestListsThatFail(t *testing.T) {
	t.Parallel()
	failed := errors.New("the store is gone")
	for name, test := range map[string]struct {
		list  iter.Seq2[int, error]
		limit int
		want  string
	}{
		"the first page":          {tty.Pages(func(string) ([]int, string, error) { return nil, "", failed }), 0, "the store is gone"},
		"a page, after some":      {tty.All([]int{1, 2}, failed), 0, "the store is gone"},
		"a limit that cannot be":  {tty.All([]int{1, 2}, nil), -1, "--limit is less than nothing"},
		"nothing before the last": {tty.All([]int{1, 2}, failed), 2, ""},
	} {
		var out bytes.Buffer
		err := numbers.Print(&out, tty.Listing{Limit: test.limit}, test.list, nil)
		switch {
		case test.want == "" && (err != nil || out.Len() == 0):
			t.Errorf("%s: %v, and prints %q", name, err, &out)
		case test.want != "" && (err == nil || err.Error() != test.want || out.Len() > 0):
			t.Errorf("%s: %v, and prints %q; want %s", name, err, &out, test.want)
		}
	}
}
