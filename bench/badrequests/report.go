package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// reasons are the requests to which the two answer otherwise, with who is right,
// by which section. reasons.txt has them so:
//
//	Why it differs, in a sentence.
//	    name of the request = what oidc-provider answers | what Holdfast answers
type reasons struct {
	why  map[string]string
	said map[string]string
	met  map[string]bool
}

func readReasons(file string) (*reasons, error) {
	text, err := os.ReadFile(file) //nolint:gosec // it was said on the command line
	if err != nil {
		return nil, err
	}
	out := &reasons{map[string]string{}, map[string]string{}, map[string]bool{}}
	reason := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		row, below := strings.CutPrefix(line, "    ")
		name, said, ok := strings.Cut(row, " = ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !below:
			reason = line
		case !ok || reason == "" || out.why[name] != "":
			return nil, fmt.Errorf("%s: %q has no reason, or two, or no answers", file, name)
		default:
			out.why[name], out.said[name] = reason, said
		}
	}
	return out, nil
}

// report says what differs, and counts.
type report struct {
	out     io.Writer
	reasons *reasons
	verbose bool

	asked, bad, listed int
}

// compare compares what two answered to one request.
func (r *report) compare(one request, theirs, ours string, law string) {
	r.asked++
	reason, said := r.reasons.why[one.name], theirs+" | "+ours
	r.reasons.met[one.name] = true
	differs := !alike(theirs, ours)
	switch {
	case law != "":
		r.fail(one, said, "Holdfast's answer is wrong: "+law)
	case one.good && (isError(theirs) || isError(ours)):
		r.fail(one, said, "a request that is right is refused, so the bad ones made of it prove nothing")
	case differs && reason == "":
		r.fail(one, said, "differs")
	case differs && r.reasons.said[one.name] != said:
		r.fail(one, said, "differs otherwise than reasons.txt says: "+r.reasons.said[one.name])
	case differs:
		r.listed++
	case reason != "":
		r.fail(one, said, "stands in reasons.txt and does not differ")
	}
	if r.verbose {
		r.print("%s = %s\n    %s\n", one.name, said, reason)
	}
}

// isError reports whether an outcome is a refusal.
func isError(outcome string) bool {
	return strings.HasPrefix(outcome, "4") || outcome == "a page" || strings.HasPrefix(outcome, "sends ") && outcome != "sends code"
}

func (r *report) fail(one request, said, what string) {
	r.bad++
	r.print("    %s = %s\n        %s\n", one.name, said, what)
}

func (r *report) print(format string, values ...any) {
	_, _ = fmt.Fprintf(r.out, format, values...) // the terminal is gone, then
}

// end prints the count and reports whether all is well. Of a whole run every line
// of reasons.txt must have been needed.
func (r *report) end(whole bool) bool {
	var unmet []string
	for name := range r.reasons.why {
		if !r.reasons.met[name] {
			unmet = append(unmet, name)
		}
	}
	slices.Sort(unmet)
	for _, name := range unmet {
		if whole {
			r.bad++
			r.print("reasons.txt: %s: there is no such request\n", name)
		}
	}
	r.print("%d requests: %d answered alike, %d different on purpose, %d faults\n", r.asked, r.asked-r.listed-r.bad, r.listed, r.bad)
	return r.bad == 0
}
