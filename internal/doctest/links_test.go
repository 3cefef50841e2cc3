package doctest_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// target is where a link of a page leads inside this repository: a path from
// its root, and perhaps a heading.
type target struct{ path, heading string }

// links are the targets of a page, without those in blocks of code.
func links(t *testing.T, name string) (all []target) {
	t.Helper()
	for _, match := range link.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, name), ""), -1) {
		if strings.Contains(match[1], "://") {
			continue
		}
		file, heading, _ := strings.Cut(match[1], "#")
		to := name
		if file != "" {
			to = path.Join(path.Dir(name), file)
		}
		all = append(all, target{to, heading})
	}
	return all
}

// anchors are the headings of a page as GitHub makes links of them.
func anchors(page string) (all []string) {
	for _, match := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(page, ""), -1) {
		text := strings.ToLower(strings.NewReplacer("`", "", "*", "").Replace(match[1]))
		text = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(text, "")
		all = append(all, strings.ReplaceAll(text, " ", "-"))
	}
	return all
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for _, name := range markdown(t) {
		for _, to := range links(t, name) {
			if _, err := os.Stat(filepath.Join(root, to.path)); err != nil {
				t.Errorf("%s has a link to %s, which is not there", name, to.path)
				continue
			}
			if to.heading != "" && strings.HasSuffix(to.path, ".md") && !slices.Contains(anchors(read(t, to.path)), to.heading) {
				t.Errorf("%s has a link to #%s of %s, which has no such heading", name, to.heading, to.path)
			}
		}
	}
}

// Every page but the decisions, whose folder is linked, is at most two clicks
// from the README.
func TestEveryPageIsTwoClicksAway(t *testing.T) {
	t.Parallel()
	near := []string{"README.md"}
	for range 2 {
		for _, name := range slices.Clone(near) {
			for _, to := range links(t, name) {
				if strings.HasSuffix(to.path, ".md") && strings.HasPrefix(to.path, "docs/") {
					near = append(near, to.path)
				}
			}
		}
	}
	for _, name := range markdown(t) {
		if !slices.Contains(near, name) && !strings.HasPrefix(name, "docs/decisions/") {
			t.Errorf("%s is more than two clicks from the README", name)
		}
	}
}

// goFiles are the files of Go in a folder, by their path in the module.
func goFiles(t *testing.T, folder string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) == ".go" {
			files = append(files, path.Join(folder, entry.Name()))
		}
	}
	return files
}
