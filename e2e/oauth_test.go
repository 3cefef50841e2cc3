package e2e

import (
	"os"
	"slices"
	"sync"
	"testing"
)

// Clients that others wrote do all that they can against the server: ten and two
// more, in five languages. When somebody between them and the server lies, they
// refuse to go on where docs/howto/tested-clients.md says so, and nowhere else.
func TestClientsOfOthers(t *testing.T) {
	t.Parallel()
	workshop := workshopFor(t)
	stage := onStage(t, workshop.server, nil)
	found := &verdicts{}
	t.Run("each", func(t *testing.T) {
		for name, library := range libraries {
			t.Run(name+" with the server", func(t *testing.T) {
				t.Parallel()
				works(t, library, workshop, stage)
			})
			t.Run(name+" with a liar between", func(t *testing.T) {
				t.Parallel()
				found.of(name, judge(t, name, library, workshop))
			})
		}
	})
	if os.Getenv("UPDATE_GOLDEN") != "" && !t.Failed() {
		writeTable(t, found.by)
	}
}

// works runs a client, which does all that it can.
func works(t *testing.T, l library, w *workshop, s *stage) {
	t.Helper()
	told := l.run(t, w, s)
	if !slices.Equal(told.did, l.does) || told.at != "" {
		t.Fatalf("did %v, want %v; refused at %q: %s\n%s", told.did, l.does, told.at, told.why, told.noises)
	}
	if !slices.Contains(l.does, "machine") {
		return
	}
	about, err := s.about(t.Context(), l.auditor(), told.token)
	if err != nil || !about.Active || about.Subject != about.Client || about.Scope != scope {
		t.Errorf("the token that the client got for itself: %+v, %v", about, err)
	}
}

// auditor is who may ask about the tokens that a client gets for itself: those of
// the SDKs that name the server of tools are for that alone.
func (l library) auditor() string {
	if l.client == "agent" && l.resource {
		return "tools"
	}
	return "auditor"
}

// judge tells a client all lies, and returns those at which it refuses to go on.
func judge(t *testing.T, name string, l library, w *workshop) (refused []string) {
	t.Helper()
	between := newLiar(t)
	stage := onStage(t, w.server, between)
	works(t, l, w, stage) // through a proxy that is honest
	if slices.Contains(l.does, "validate") {
		// Tokens that are forged well pass: so it is for what they say that others do not.
		between.tell(lie{access: (*forger).alike})
		if told := l.run(t, w, stage); told.at != "me" {
			t.Errorf("a token that the published key has signed: refused at %q: %s", told.at, told.why)
		}
	}
	want := tableOf(t, name)
	for what, lie := range lies {
		if !lie.concerns(l) {
			continue
		}
		got := refuses(t, what, lie, l, w, stage)
		if got {
			refused = append(refused, what)
		}
		if os.Getenv("UPDATE_GOLDEN") == "" && got != slices.Contains(want, what) {
			t.Errorf("%s: refused = %v, docs/howto/tested-clients.md says %v", what, got, !got)
		}
	}
	return refused
}

// verdicts are what the clients refused.
type verdicts struct {
	mu sync.Mutex
	by map[string][]string
}

func (v *verdicts) of(name string, refused []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.by == nil {
		v.by = map[string][]string{}
	}
	v.by[name] = refused
}
