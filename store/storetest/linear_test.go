package storetest

import (
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/holdfast-go/holdfast/account"
)

// A model that all histories fit would find nothing.
func TestTheModelOfSessionsFindsMistakes(t *testing.T) {
	t.Parallel()
	at := func(n int64, do string, token, given account.Secret, ok bool) porcupine.Operation {
		return porcupine.Operation{Input: call{do, token}, Output: outcome{given, ok}, Call: n, Return: n + 1}
	}
	for name, history := range map[string][]porcupine.Operation{
		"two successors of one token":         {at(0, "refresh", "a", "b", true), at(2, "refresh", "a", "c", true)},
		"a session that lives after its end":  {at(0, "end", "", "", true), at(2, "refresh", "a", "b", true)},
		"a theft that nobody noticed":         {at(0, "refresh", "a", "b", true), at(2, "refresh", "b", "c", true), at(4, "refresh", "a", "c", true)},
		"a theft that ended nothing":          {at(0, "refresh", "x", "", false), at(2, "look", "", "", true)},
		"a second tab that ended the session": {at(0, "refresh", "a", "b", true), at(2, "refresh", "a", "", false)},
	} {
		if porcupine.CheckOperations(model("a"), history) {
			t.Errorf("%s: the model finds nothing wrong", name)
		}
	}
}
