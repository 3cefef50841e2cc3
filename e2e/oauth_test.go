package e2e

import (
	"slices"
	"testing"
)

// Clients that others wrote do all that they can against the server: ten and two
// more, in five languages.
func TestClientsOfOthers(t *testing.T) {
	t.Parallel()
	workshop := workshopFor(t)
	stage := onStage(t, workshop.server, nil)
	for name, library := range libraries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := library.run(t, workshop, stage)
			if !slices.Equal(told.did, library.does) || told.at != "" {
				t.Fatalf("did %v, want %v; refused at %q: %s\n%s", told.did, library.does, told.at, told.why, told.noises)
			}
			if !slices.Contains(library.does, "machine") {
				return
			}
			about, err := stage.about(t.Context(), told.token)
			if err != nil || !about.Active || about.Subject != about.Client || about.Scope != scope {
				t.Errorf("the token that the client got for itself: %+v, %v", about, err)
			}
		})
	}
}
