// Package audit is what a trail of records is made of: the records, who acts in a
// request, and the chain that shows whether one of them was changed. It knows no
// store: account keeps the records, in the transactions of what they tell.
package audit

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Kind says what has happened; package account lists the kinds.
type Kind string

// Event is one thing that has happened, or several of one kind that were counted.
type Event struct {
	At      time.Time // UTC, to the millisecond
	Kind    Kind
	Actor   Actor   // who did it
	On      Subject // whom or what it concerns
	Source  string  // the address that it came from; a network where Count is not zero; "" if unknown
	Result  string  // "ok", "refused" or "throttled"
	Request string  // the id of the request, as its answer and the log have it; "" if there was none
	Count   int64   // how often it has happened in the minute from At on; 0 for a record of one
	Details Details
}

// Actor is who does something, and as whom.
type Actor struct {
	Kind    string `json:"kind"` // "user", "client", "cli", "server" or "program"; "" if nobody is known
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	Client  string `json:"client,omitempty"`  // the application through which
	Session string `json:"session,omitempty"` // the session in which
	Key     string `json:"key,omitempty"`     // the id of the API key that was presented
}

// Subject is whom or what an event concerns.
type Subject struct {
	Kind string `json:"kind,omitempty"` // "user", "role", "client", "session", "key", "setting" and so on
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Record is an event as it is kept.
type Record struct {
	ID  int64    // given by the store
	Seq int64    // its place in the chain, from 1 on; 0 if it has none yet
	MAC [32]byte // what proves it and all before it

	Event
}

// Details is more about an event: a JSON object of texts. It is kept as it is, so
// that no byte of it can change without notice.
type Details string

// How long details are at most, in bytes: more than all scopes of a role or redirect
// URIs of a client, or who changes them could hide one behind others. What strangers
// say is in none.
const (
	maxDetail  = 64 << 10 // a value
	maxDetails = 4 * maxDetail
)

// MakeDetails makes details of names and values in turn, without those that are
// empty. What is too long is cut.
func MakeDetails(pairs ...string) Details {
	type pair struct{ name, value string }
	list := make([]pair, 0, len(pairs)/2)
	size := 0
	for i := 0; i+1 < len(pairs); i += 2 {
		value := Plain(pairs[i+1], maxDetail)
		if size += len(pairs[i]) + len(value); value != "" && size <= maxDetails {
			list = append(list, pair{pairs[i], value})
		}
	}
	if len(list) == 0 {
		return ""
	}
	slices.SortStableFunc(list, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	text := make([]byte, 0, min(size, maxDetails)+8*len(list))
	for i, one := range list {
		if i+1 < len(list) && list[i+1].name == one.name {
			continue // the last of a name counts
		}
		text = append(text, ',')
		text = append(appendText(text, one.name), ':')
		text = appendText(text, one.value)
	}
	text[0] = '{'
	return Details(append(text, '}'))
}

// appendText adds a text as encoding/json writes one, which it is asked for where
// there is anything to escape: each change of something makes a record, and most texts
// have nothing.
func appendText(to []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; !printableASCII(c) || strings.IndexByte(`"\<>&`, c) >= 0 {
			escaped, err := json.Marshal(text)
			if err != nil {
				return append(to, `""`...) // of a text nothing can fail
			}
			return append(to, escaped...)
		}
	}
	return append(append(append(to, '"'), text...), '"')
}

func printableASCII(c byte) bool { return ' ' <= c && c <= '~' }

// Was is what has become of details that say how something is: those of before that
// are not the same after it, with "before_" in front of their names. What was not there
// is "none".
func Was(before, after []string) (out []string) {
	now := map[string]string{}
	for i := 0; i+1 < len(after); i += 2 {
		now[after[i]] = after[i+1]
	}
	for i := 0; i+1 < len(before); i += 2 {
		if name, was := before[i], before[i+1]; was != now[name] {
			out = append(out, "before_"+name, cmp.Or(was, "none"))
		}
	}
	return out
}

// Map returns the details by name.
func (d Details) Map() map[string]string {
	out := map[string]string{}
	if d != "" {
		_ = json.Unmarshal([]byte(d), &out) // what was damaged shows in the chain
	}
	return out
}

// Get returns one detail, or "".
func (d Details) Get(name string) string { return d.Map()[name] }

// Plain is a text as it may stand in a record: printable, and of most bytes at the
// most.
func Plain(text string, most int) string {
	const cut = "…"
	whole := len(text) <= most
	if whole && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return text // as nearly all are
	}
	if !whole {
		text = text[:most-len(cut)]
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if !whole {
		text += cut
	}
	return text
}

// Bounded is the event with no text that is longer than a record should be or cannot
// be printed, and the time as stores keep it.
func (e Event) Bounded() Event {
	const most = 256
	e.At = e.At.UTC().Truncate(time.Millisecond)
	for _, text := range []*string{
		&e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.Actor.Client, &e.Actor.Session, &e.Actor.Key,
		&e.On.Kind, &e.On.ID, &e.On.Name, &e.Source, &e.Request,
	} {
		*text = Plain(*text, most)
	}
	return e
}
