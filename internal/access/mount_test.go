package access

import (
	"fmt"
	"strings"
	"testing"
)

// mounting is a table with a handler for all methods and paths below one, and a
// route that goes before it.
func mounting() Document {
	role := func(name string) []Way {
		return []Way{{Credentials: []Credential{{Scheme: "Bearer", Scopes: []string{}}}, Roles: [][]string{{name}}, Absent: []string{}, Deciders: []string{}}}
	}
	return Document{
		Routes: []Route{
			{Method: "*", Path: "/legacy/{rest...}", Policy: "role staff", Roles: []string{"staff"}, Ways: role("staff")},
			{Method: "GET", Path: "/legacy/admin", Policy: "role admin", Roles: []string{"admin"}, Ways: role("admin")},
		},
		Roles: []Role{{Name: "admin"}, {Name: "staff"}},
	}
}

// What is mounted serves every method and every path below: a claim about one of
// them is about it.
func TestClaimsAboutAMount(t *testing.T) {
	t.Parallel()
	for claim, want := range map[string]string{
		"only role staff may call * /legacy/*":                           "GET /legacy/admin: somebody with role admin: may call",
		"only role staff or role admin may call /legacy/*":               "holds of 2",
		"only role admin may call DELETE /legacy/x":                      "* /legacy/{rest...}: somebody with role staff: may call",
		"only role admin may call DELETE /*":                             "* /legacy/{rest...}: somebody with role staff: may call",
		"nothing under /legacy/admin without role admin":                 "* /legacy/{rest...}: somebody with role staff: may call",
		"only role admin may call GET /legacy/admin":                     "holds of 1",
		"only role admin may call POST /legacy/admin":                    "* /legacy/{rest...}: somebody with role staff: may call",
		"only role admin may call /legacy/admin":                         "* /legacy/{rest...}: somebody with role staff: may call",
		"only role admin may call /legacy/* but /legacy/{rest...}":       "holds of 1",
		"nothing under /legacy without role admin but GET /legacy/admin": "* /legacy/{rest...}: somebody with role staff: may call",
		"role staff may call PUT /legacy/a/b":                            "holds of 1",
		"nothing under /other without role admin":                        "no route is /other",
		"only role admin may call /* but DELETE /legacy/x":               "no route is DELETE /legacy/x",
		"only role admin may call /legacyx/y":                            "no route is /legacyx/y",
	} {
		p, err := mounting().Prove(claim)
		got := fmt.Sprintf("holds of %d", p.Routes)
		if c := p.Counterexample; c != nil {
			got = c.Route + ": " + c.Caller + ": " + c.Answer
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", claim, got, want)
		}
	}
}

func TestAMountIsReadAndCompared(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	if err := mounting().WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	read, err := Read(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	after := mounting()
	after.Routes[0].Ways = append(after.Routes[0].Ways, Way{})
	diff, err := Compare(read, after)
	if err != nil || !diff.Opened || diff.Changes[0].Route != "* /legacy/{rest...}" {
		t.Errorf("Compare = %+v, %v, want the mount to have opened", diff, err)
	}
}
