package plan_test

import (
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/plan"
)

// TestAPolicyThatLetsNoOneIn wants the credential absent that it needs. It
// cannot be written with the functions of the root, and is refused if it should
// ever be.
func TestAPolicyThatLetsNoOneIn(t *testing.T) {
	t.Parallel()
	s := &plan.Scheme{Name: "Key"}
	s.Credential = plan.NewNode[string](plan.Credential, "Key", plan.Place{})
	s.Credential.SetScheme(s)
	for name, test := range map[string]struct {
		way  plan.Way
		want string
	}{
		"needed":            {plan.Way{Needs: []plan.Need{{Node: s.Credential}}, Principal: s.Credential}, ""},
		"needed and absent": {plan.Way{Needs: []plan.Need{{Node: s.Credential}}, Principal: s.Credential, Absent: []*plan.Scheme{s}}, "shop/main.go:7: the policy lets no one in"},
	} {
		p := &plan.Policy{Ways: []plan.Way{test.way}, At: plan.Place{File: "shop/main.go", Line: 7}}
		_, _, faults := plan.Make(p, nil, plan.Config{})
		got := ""
		for _, f := range faults {
			got += f.At.String() + ": " + f.Err.Error()
		}
		if (got == "") != (test.want == "") || !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: Make says %q, want %q", name, got, test.want)
		}
	}
}
