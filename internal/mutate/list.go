package main

import (
	"fmt"
	"strings"
)

// known is a mutant that survives for a reason.
type known struct{ file, function, diff, reason string }

func (k known) is(m Mutant) bool {
	return k.file == m.File && k.function == m.Function && k.diff == m.Diff
}

func (k known) String() string { return k.file + " " + k.function + ":\n" + k.diff }

// parseList reads known survivors from a page in Markdown. A heading such as
//
//	## account/login.go Service.Login
//
// is followed by code blocks of kind diff, each the diff of a mutant as it is
// reported, and by the reason that holds for all blocks right before it.
func parseList(page string) (list []known, err error) {
	for _, section := range strings.Split("\n"+page, "\n## ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		file, function, _ := strings.Cut(heading, " ")
		parts := strings.Split(body, "```") // outside of blocks and inside by turns
		if len(parts)%2 == 0 {
			return nil, fmt.Errorf("a block under %s does not end", heading)
		}
		reason := ""
		for i := len(parts) - 1; i > 0; i -= 2 {
			if text := strings.Join(strings.Fields(parts[i]), " "); text != "" {
				reason = text
			}
			diff, ok := strings.CutPrefix(parts[i-1], "diff\n")
			k := known{file, function, strings.TrimSuffix(diff, "\n"), reason}
			if !ok || reason == "" {
				return nil, fmt.Errorf("no reason follows, or the block is no diff: %s", k)
			}
			list = append(list, k)
		}
	}
	return list, nil
}
