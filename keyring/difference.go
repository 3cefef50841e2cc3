package keyring

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// Difference is what has become of one key between two states of a store, for who
// records what was done.
type Difference struct {
	ID      string
	What    string   // "added", "changed" or "removed"
	Details []string // names and values in turn; nothing of the key itself
}

// Differences are the keys that are not the same before and after a time, in the
// order of the list after it, and then those that were removed.
func Differences(before, after []Record, now time.Time) []Difference {
	var out []Difference
	for _, r := range after {
		i := slices.IndexFunc(before, func(was Record) bool { return was.ID == r.ID })
		switch {
		case i < 0:
			out = append(out, Difference{r.ID, "added", append(moments(r.Term), "algorithm", string(r.Algorithm), "encrypted", yesNo(r.Sealed))})
		case before[i].Term != r.Term || before[i].Sealed != r.Sealed || !bytes.Equal(before[i].Data, r.Data):
			out = append(out, Difference{r.ID, "changed", append(changed(before[i].Term, r.Term), "encrypted", sealing(before[i], r))})
		}
	}
	for _, r := range before {
		if slices.ContainsFunc(after, func(is Record) bool { return is.ID == r.ID }) {
			continue
		}
		why := "revoked"
		if r.Term.At(now) == Gone {
			why = "its last token has expired"
		} else if r.Term.At(now) == Announced {
			why = "withdrawn before it signed"
		}
		out = append(out, Difference{r.ID, "removed", append(moments(r.Term), "why", why)})
	}
	return out
}

func moments(t Term) []string {
	out := []string{"signs", t.Signs.UTC().Format(time.RFC3339), "token_ttl", t.TokenTTL.String()}
	if !t.Retires.IsZero() {
		out = append(out, "retires", t.Retires.UTC().Format(time.RFC3339))
	}
	return out
}

// changed is when a key signs now, and when it would have before.
func changed(before, after Term) []string {
	out, was := moments(after), moments(before)
	for i := 0; i < len(was); i += 2 {
		if at := slices.Index(out, was[i]); at < 0 || out[at+1] != was[i+1] {
			out = append(out, "before_"+was[i], was[i+1])
		}
	}
	if !after.Retires.IsZero() && before.Retires.IsZero() {
		out = append(out, "before_retires", "none")
	}
	return out
}

// sealing says how a key is kept, and whether that is new.
func sealing(before, after Record) string {
	var words []string
	words = append(words, yesNo(after.Sealed))
	if !bytes.Equal(before.Data, after.Data) {
		words = append(words, "with another master key")
		if !before.Sealed {
			words[1] = "from now on"
		}
	}
	return strings.Join(words, ", ")
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
