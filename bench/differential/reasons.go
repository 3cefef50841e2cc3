package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
)

// reasons is what differs on purpose: requests by name, and rules that hold for
// all answers.
//
//	Why it differs, in a sentence.
//	    app: name of a request = what Holdfast answers, in brief
//	    everywhere: name of a rule
type reasons struct {
	named map[string]string // reasons by the names of requests
	said  map[string]string // what Holdfast answers to them, in brief
	rules map[string]string
	met   map[string]bool
}

// rules change FastAPI's answer to what it would be without a difference that
// every answer may have. They report whether they changed something.
var rules = map[string]func(theirs, ours *reply) bool{
	"objects and lists are not shown":    hideInputs,
	"the words for broken JSON":          renameSyntax,
	"JSON has types":                     keepTypes,
	"Allow names every method":           allowEvery,
	"nothing has no Content-Type":        dropKindOfNothing,
	"a token that is no good is said so": sayInvalidToken,
	"a challenge names its realm":        nameRealm,
}

func readReasons(file string) (*reasons, error) {
	text, err := os.ReadFile(file) //nolint:gosec // it was said on the command line
	if err != nil {
		return nil, err
	}
	out := &reasons{map[string]string{}, map[string]string{}, map[string]string{}, map[string]bool{}}
	reason := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		name, below := strings.CutPrefix(line, "    ")
		name, said, _ := strings.Cut(name, " = ")
		rule, everywhere := strings.CutPrefix(name, "everywhere: ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !below:
			reason = line
		case reason == "" || out.named[name] != "":
			return nil, fmt.Errorf("%s: %q has no reason, or two", file, name)
		case !everywhere:
			out.named[name], out.said[name] = reason, said
		case rules[rule] == nil && documentRules[rule] == nil:
			return nil, fmt.Errorf("%s: there is no rule %q", file, rule)
		default:
			out.rules[rule] = reason
		}
	}
	return out, nil
}

// apply applies the rules, and returns those that changed something.
func (r *reasons) apply(theirs, ours *reply) []string {
	var used []string
	for rule := range r.rules {
		if change := rules[rule]; change != nil && change(theirs, ours) {
			r.met["everywhere: "+rule] = true
			used = append(used, rule)
		}
	}
	return used
}

func (r *reasons) unmet() []string {
	var out []string
	for name := range r.named {
		if !r.met[name] {
			out = append(out, name)
		}
	}
	for rule := range r.rules {
		if !r.met["everywhere: "+rule] {
			out = append(out, "everywhere: "+rule)
		}
	}
	slices.Sort(out)
	return out
}

// violations changes FastAPI's violations.
func violations(theirs *reply, change func(one map[string]any) bool) bool {
	var body struct {
		Detail []map[string]any `json:"detail"`
	}
	if theirs.status != http.StatusUnprocessableEntity || json.Unmarshal(theirs.body, &body) != nil {
		return false
	}
	changed := false
	for _, one := range body.Detail {
		changed = change(one) || changed
	}
	if changed {
		theirs.body, _ = json.Marshal(body) // it was JSON
	}
	return changed
}

// renameSyntax takes over our words for what is wrong with JSON, if both say
// that it is, and where.
func renameSyntax(theirs, ours *reply) bool {
	var body struct {
		Detail []map[string]any `json:"detail"`
	}
	if json.Unmarshal(ours.body, &body) != nil || len(body.Detail) != 1 || body.Detail[0]["type"] != "json_invalid" {
		return false
	}
	return violations(theirs, func(one map[string]any) bool {
		if one["type"] != "json_invalid" {
			return false
		}
		one["ctx"] = body.Detail[0]["ctx"]
		return true
	})
}

// ownTypes are FastAPI's types for a text that stands for no number, and ours
// for a text where a number should be.
var ownTypes = map[string]string{"int_parsing": "int_type", "float_parsing": "float_type", "bool_parsing": "bool_type"}

// keepTypes makes a text that cannot be read into a value of the wrong type,
// where that is what we say.
func keepTypes(theirs, ours *reply) bool {
	var body struct {
		Detail []map[string]any `json:"detail"`
	}
	if json.Unmarshal(ours.body, &body) != nil {
		return false
	}
	at := -1
	return violations(theirs, func(one map[string]any) bool {
		kind, _ := one["type"].(string)
		if at++; at >= len(body.Detail) || ownTypes[kind] == "" || body.Detail[at]["type"] != ownTypes[kind] {
			return false
		}
		msg, _ := one["msg"].(string)
		one["type"] = ownTypes[kind]
		one["msg"], _, _ = strings.Cut(msg, ", unable")
		return true
	})
}

// allowEvery adds to Allow what FastAPI leaves out: HEAD, which it does not
// answer, and the methods of other routes of the path.
func allowEvery(theirs, ours *reply) bool {
	have, all := theirs.headers.Get("Allow"), ours.headers.Get("Allow")
	if have == "" || have == all {
		return false
	}
	for method := range strings.SplitSeq(have, ", ") {
		if !slices.Contains(strings.Split(all, ", "), method) {
			return false
		}
	}
	theirs.headers.Set("Allow", all)
	return true
}

// dropKindOfNothing drops the Content-Type of an answer without body.
func dropKindOfNothing(theirs, _ *reply) bool {
	if theirs.status != http.StatusNoContent || theirs.headers.Get("Content-Type") == "" {
		return false
	}
	theirs.headers.Del("Content-Type")
	return true
}

// sayInvalidToken is for the challenge of a token that is no good, which the
// program of FastAPI's tutorial writes by hand.
func sayInvalidToken(theirs, ours *reply) bool {
	const said = `Bearer error="invalid_token"`
	have := theirs.headers.Get("WWW-Authenticate")
	if ours.headers.Get("WWW-Authenticate") != said || !strings.HasPrefix(have, "Bearer") || have == said {
		return false
	}
	theirs.headers.Set("WWW-Authenticate", said)
	return true
}

// nameRealm is for the challenge of a bearer scheme to a caller who presented
// nothing, which FastAPI sends without any parameter.
func nameRealm(theirs, ours *reply) bool {
	said := ours.headers.Get("WWW-Authenticate")
	if theirs.headers.Get("WWW-Authenticate") != "Bearer" || !strings.HasPrefix(said, `Bearer realm="`) {
		return false
	}
	theirs.headers.Set("WWW-Authenticate", said)
	return true
}

// hideInputs takes inputs that are objects or lists out of FastAPI's
// violations: they hold more than what does not fit. Of what is missing, the
// input is null.
func hideInputs(theirs, _ *reply) bool {
	return violations(theirs, func(one map[string]any) bool {
		switch one["input"].(type) {
		case map[string]any, []any:
		default:
			return false
		}
		if delete(one, "input"); one["type"] == "missing" {
			one["input"] = nil
		}
		return true
	})
}
