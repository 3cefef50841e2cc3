package access

import (
	"slices"
	"strings"
	"testing"
)

const (
	acceptAll = "example.org/shop.acceptAll"
	anyItem   = "example.org/shop.anyItem"
	atLine41  = "func literal at shop/main.go:41"
	atLine52  = "func literal at shop/main.go:52"
)

// verifiedRoute is a route whose ways in need one scope each, by who verifies.
func verifiedRoute(ways ...[]string) Route {
	r := Route{Method: "GET", Path: "/a", Policy: "a policy", Declared: "main.go:1"}
	for _, by := range ways {
		r.Ways = append(r.Ways, Way{Credentials: []Credential{{Scheme: "OAuth2", Scopes: []string{"items"}, VerifiedBy: by}}})
	}
	return r
}

// decidedRoute is a route with deciders.
func decidedRoute(deciders ...string) Route {
	r := verifiedRoute([]string{verify})
	r.Deciders, r.Ways[0].Deciders = sorted(deciders), deciders
	return r
}

// byHand is a route whose function takes the credential, and compares scopes.
func byHand(function string) Route {
	r := decidedRoute(function)
	r.Ways[0].Credentials[0].VerifiedBy, r.Ways[0].Credentials[0].CheckedBy = []string{function}, function
	return r
}

// ofTwoSchemes is a route that needs credentials of two schemes.
func ofTwoSchemes(oauth, key []string) Route {
	r := verifiedRoute(oauth)
	r.Ways[0].Credentials = append(r.Ways[0].Credentials, Credential{Scheme: "Key", VerifiedBy: key})
	return r
}

// ofNoScheme is a route with a scope that only its decider can check.
func ofNoScheme() Route {
	r := decidedRoute("main.currentUser")
	r.Ways[0].Credentials = []Credential{{Scopes: []string{"items"}, CheckedBy: "main.currentUser"}}
	return r
}

func TestCompareFunctions(t *testing.T) {
	t.Parallel()
	by := func(functions ...string) []string { return functions }
	roles := func(r Route, roles ...string) Route {
		r.Ways[0].Roles = [][]string{roles}
		return r
	}
	for name, test := range map[string]struct {
		was, now Route
		opens    bool
		want     string
	}{
		"another verifier": {
			verifiedRoute(by(verify)), verifiedRoute(by(acceptAll)), true,
			"is verified by another function: example.org/shop.acceptAll instead of example.org/shop.(*Shop).verify",
		},
		"one of the same name in another package": {
			verifiedRoute(by("a.org/auth.verify")), verifiedRoute(by("b.org/auth.verify")), true,
			"is verified by another function: b.org/auth.verify instead of a.org/auth.verify",
		},
		"another verifier and a role more": {
			roles(verifiedRoute(by(verify)), "admin"), roles(verifiedRoute(by(acceptAll)), "admin", "viewer"), true,
			"is verified by another function: example.org/shop.acceptAll instead of example.org/shop.(*Shop).verify; is open now to somebody with role viewer, scope items (was: a policy; is: a policy)",
		},
		"another verifier and a role less": {
			roles(verifiedRoute(by(verify)), "admin", "viewer"), roles(verifiedRoute(by(acceptAll)), "admin"), true,
			"is verified by another function: example.org/shop.acceptAll instead of example.org/shop.(*Shop).verify; is closed now to somebody with role viewer, scope items (was: a policy; is: a policy)",
		},
		"another verifier in one of two ways": {
			verifiedRoute(by(verify), by("main.key")), verifiedRoute(by(acceptAll), by("main.key")), true,
			"is verified by another function: example.org/shop.acceptAll instead of example.org/shop.(*Shop).verify",
		},
		"two for one": {
			verifiedRoute(by(verify)), verifiedRoute(by(acceptAll, "main.key")), true,
			"is verified by other functions: example.org/shop.acceptAll and main.key instead of example.org/shop.(*Shop).verify",
		},
		"a second verifier": {
			verifiedRoute(by(verify)), verifiedRoute(by(verify, acceptAll)), false,
			"is closed now to somebody with a credential of OAuth2 that example.org/shop.(*Shop).verify accepts, scope items (was: a policy; is: a policy)",
		},
		"without the second verifier": {
			verifiedRoute(by(verify, acceptAll)), verifiedRoute(by(acceptAll)), true,
			"is open now to somebody with a credential of OAuth2 that example.org/shop.acceptAll accepts, scope items (was: a policy; is: a policy)",
		},
		"another verifier will do, too": {
			verifiedRoute(by(verify)), verifiedRoute(by(verify), by(acceptAll)), true,
			"is open now to somebody with a credential of OAuth2 that example.org/shop.acceptAll accepts, scope items (was: a policy; is: a policy)",
		},
		"one will do that two had to accept": {
			verifiedRoute(by(verify, acceptAll)), verifiedRoute(by(verify), by(acceptAll)), true,
			"is open now to somebody with a credential of OAuth2 that example.org/shop.(*Shop).verify accepts, scope items (was: a policy; is: a policy)",
		},
		"another way, which only closes": {
			verifiedRoute(by(verify), by("main.key")), verifiedRoute(by(verify), by(verify, acceptAll)), false,
			"is closed now to somebody with a credential of OAuth2 that main.key accepts, scope items (was: a policy; is: a policy)",
		},
		"another verifier of one of two schemes": {
			ofTwoSchemes(by(verify), by("main.key")), ofTwoSchemes(by(verify), by(acceptAll)), true,
			"is verified by another function: example.org/shop.acceptAll instead of main.key",
		},
		"verifiers that change places": {
			ofTwoSchemes(by(verify), by("main.key")), ofTwoSchemes(by("main.key"), by(verify)), true,
			"is verified by another function: example.org/shop.(*Shop).verify instead of main.key; is verified by another function: main.key instead of example.org/shop.(*Shop).verify",
		},
		"two that accept are one": {
			verifiedRoute(by(verify, acceptAll), by("main.key")), verifiedRoute(by("main.key")), false,
			"is closed now to somebody with a credential of OAuth2 that example.org/shop.(*Shop).verify and example.org/shop.acceptAll accept, scope items (was: a policy; is: a policy)",
		},
		"whatever is presented":    {unverified(decidedRoute(findOwnItem)), unverified(decidedRoute(findOwnItem)), false, ""},
		"a scope without a scheme": {ofNoScheme(), ofNoScheme(), false, ""},
		"another decider": {
			decidedRoute(findOwnItem), decidedRoute(anyItem), true,
			"is decided by another function: example.org/shop.anyItem instead of example.org/shop.(*Shop).findOwnItem",
		},
		"a literal for a literal": {
			decidedRoute(atLine41), decidedRoute(atLine52), true,
			"is decided by another function: func literal at shop/main.go:52 instead of func literal at shop/main.go:41",
		},
		"another decider and one more": {
			decidedRoute(findOwnItem), decidedRoute(anyItem, atLine41), true,
			"is decided by other functions: example.org/shop.anyItem and func literal at shop/main.go:41 instead of example.org/shop.(*Shop).findOwnItem",
		},
		"one of two of the same decider": {
			decidedRoute(findOwnItem, findOwnItem), decidedRoute(findOwnItem), true,
			"is open now to somebody with scope items, the consent of example.org/shop.(*Shop).findOwnItem (was: a policy; is: a policy)",
		},
		"a decider in another order": {decidedRoute(findOwnItem, anyItem), decidedRoute(anyItem, findOwnItem), false, ""},
		"who takes the credential": {
			byHand("main.currentUser"), byHand("main.anyUser"), true,
			"is verified by another function: main.anyUser instead of main.currentUser; now trusts main.anyUser to compare the scopes (was: a policy; is: a policy)",
		},
	} {
		got, err := Compare(Document{Routes: []Route{test.was}}, Document{Routes: []Route{test.now}})
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, c := range got.Changes {
			text += c.Text
		}
		if text != test.want || got.Opened != test.opens {
			t.Errorf("%s: opened %v: %s\nwant %v: %s", name, got.Opened, text, test.opens, test.want)
		}
		if !slices.Equal(got.NotCompared, unseen) {
			t.Errorf("%s: not compared: %q", name, got.NotCompared)
		}
	}
}

// TestCompareWithAnOlderTable has tables that do not say who verifies, and name
// deciders without their package. What both say is compared all the same.
func TestCompareWithAnOlderTable(t *testing.T) {
	t.Parallel()
	const (
		unsaidVerifier = "who verifies credentials of OAuth2 (not both tables say)"
		unsaidPackages = "the packages of functions that decide (not both tables have them)"
	)
	checkedBy := func(r Route, function string) Route {
		return r.edited(func(w *Way) { w.Credentials[0].CheckedBy = function })
	}
	old := func(deciders ...string) Route {
		r := decidedRoute(deciders...)
		r.Ways[0].Credentials[0].VerifiedBy = nil
		return r
	}
	for name, test := range map[string]struct {
		was, now    Route
		text        string
		notCompared []string
	}{
		"the same":                      {old("findOwnItem"), decidedRoute(findOwnItem), "", []string{unsaidVerifier, unsaidPackages}},
		"two older ones":                {old("findOwnItem"), old("findOwnItem"), "", []string{unsaidVerifier, unsaidPackages}},
		"the other way round":           {decidedRoute(findOwnItem), old("findOwnItem"), "", []string{unsaidVerifier, unsaidPackages}},
		"no deciders":                   {old(), decidedRoute(), "", []string{unsaidVerifier}},
		"literals":                      {old("func3", "1"), decidedRoute(atLine41, atLine52), "", []string{unsaidVerifier, unsaidPackages}},
		"a literal of two dependencies": {old("func3"), decidedRoute(atLine41, atLine41), "", []string{unsaidVerifier, unsaidPackages}},
		"who compares scopes":           {checkedBy(old("currentUser"), "currentUser"), checkedBy(decidedRoute("main.currentUser"), "main.currentUser"), "", []string{unsaidVerifier, unsaidPackages}},
		"that alone":                    {checkedBy(old(), "currentUser"), checkedBy(old(), "main.currentUser"), "", []string{unsaidVerifier, unsaidPackages}},
		"one of two schemes": {
			ofTwoSchemes(nil, []string{"main.key"}), ofTwoSchemes([]string{verify}, []string{acceptAll}),
			"is verified by another function: example.org/shop.acceptAll instead of main.key",
			[]string{unsaidVerifier},
		},
		"two of one name":              {old("check"), decidedRoute("a.org/a.check", "a.org/b.check"), "", []string{unsaidVerifier, unsaidPackages}},
		"a literal less":               {old("func3", "1"), decidedRoute(atLine41), "is open now to somebody with scope items, the consent of func literal (was: a policy; is: a policy)", []string{unsaidVerifier, unsaidPackages}},
		"another name":                 {old("findOwnItem"), decidedRoute(anyItem), "is decided by another function: anyItem instead of findOwnItem", []string{unsaidVerifier, unsaidPackages}},
		"a credential nobody looks at": {old(), unverified(old()), "is open now to somebody with anything that is presented as OAuth2, scope items (was: a policy; is: a policy)", []string{unsaidVerifier}},
	} {
		another := Route{Method: "GET", Path: "/b", Ways: old().Ways} // says as little, which is said once
		got, err := Compare(Document{Routes: []Route{test.was, another}}, Document{Routes: []Route{test.now, another}})
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, c := range got.Changes {
			text += c.Text
		}
		unsaid := slices.DeleteFunc(got.NotCompared, func(one string) bool { return slices.Contains(unseen, one) })
		if text != test.text || !slices.Equal(unsaid, test.notCompared) {
			t.Errorf("%s: %s, not compared: %q\nwant %s, not compared: %q", name, text, unsaid, test.text, test.notCompared)
		}
	}
}

func unverified(r Route) Route {
	return r.edited(func(w *Way) { w.Credentials[0].VerifiedBy, w.Credentials[0].Unverified = nil, true })
}

// TestTheTableSaysWhoVerifies reads what stands below the routes.
func TestTheTableSaysWhoVerifies(t *testing.T) {
	t.Parallel()
	at := func(path string, r Route) Route {
		r.Path = path
		return r
	}
	by := func(functions ...string) []string { return functions }
	key := verifiedRoute(by("main.key"))
	key.Ways[0].Credentials[0].Scheme = "Key"
	for name, test := range map[string]struct {
		routes      []Route
		short, kept string
	}{
		"nobody": {[]Route{{Method: "GET", Path: "/a", Ways: []Way{{}}}}, "", ""},
		"one for all": {
			[]Route{verifiedRoute(by(verify)), at("/b", verifiedRoute(by(verify)))},
			"credentials of OAuth2 are verified by shop.(*Shop).verify\n",
			"credentials of OAuth2 are verified by example.org/shop.(*Shop).verify\n",
		},
		"another somewhere": {
			[]Route{at("/a", verifiedRoute(by(verify))), at("/b", verifiedRoute(by(acceptAll))), at("/c", verifiedRoute(by(acceptAll)))},
			"credentials of OAuth2 are verified by shop.acceptAll; at GET /a by shop.(*Shop).verify\n",
			"credentials of OAuth2 are verified by example.org/shop.acceptAll; at GET /a by example.org/shop.(*Shop).verify\n",
		},
		"two ways and two at once": {
			[]Route{verifiedRoute(by(verify), by(verify), by(verify, acceptAll))},
			"credentials of OAuth2 are verified by shop.(*Shop).verify or shop.(*Shop).verify and shop.acceptAll\n",
			"credentials of OAuth2 are verified by example.org/shop.(*Shop).verify or example.org/shop.(*Shop).verify and example.org/shop.acceptAll\n",
		},
		"two schemes": {
			[]Route{at("/b", key), verifiedRoute(by(verify))},
			"credentials of Key are verified by main.key\ncredentials of OAuth2 are verified by shop.(*Shop).verify\n",
			"credentials of Key are verified by main.key\ncredentials of OAuth2 are verified by example.org/shop.(*Shop).verify\n",
		},
		"two packages of one name": {
			[]Route{verifiedRoute(by("a.org/auth.verify")), at("/b", verifiedRoute(by("b.org/auth.verify")))},
			"credentials of OAuth2 are verified by a.org/auth.verify; at GET /b by b.org/auth.verify\n",
			"credentials of OAuth2 are verified by a.org/auth.verify; at GET /b by b.org/auth.verify\n",
		},
		"a literal": {
			[]Route{verifiedRoute(by(atLine41))},
			"credentials of OAuth2 are verified by func literal at shop/main.go:41\n",
			"credentials of OAuth2 are verified by func literal in shop/main.go\n",
		},
		"an older table":        {[]Route{verifiedRoute(nil)}, "credentials of OAuth2 are verified by a function that the table does not name\n", "credentials of OAuth2 are verified by a function that the table does not name\n"},
		"whatever is presented": {[]Route{unverified(verifiedRoute(nil))}, "", ""},
	} {
		d := Document{Routes: test.routes}
		var table, kept strings.Builder
		if err := d.WriteTable(&table); err != nil {
			t.Fatal(err)
		}
		if err := d.WriteKept(&kept); err != nil {
			t.Fatal(err)
		}
		for _, written := range []struct{ text, want string }{{table.String(), test.short}, {kept.String(), test.kept}} {
			if _, below, _ := strings.Cut(written.text, "\n\n"); below != written.want {
				t.Errorf("%s: below the routes stands\n%swant\n%s", name, below, written.want)
			}
		}
	}
}

// TestTheTableSaysWhoDecides reads the routes themselves.
func TestTheTableSaysWhoDecides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		deciders    []string
		short, kept string
	}{
		"nobody":                      {nil, "a policy", "a policy"},
		"a function":                  {[]string{findOwnItem}, "a policy; decided also by findOwnItem", "a policy; decided also by shop.(*Shop).findOwnItem\nshop.(*Shop).findOwnItem is " + findOwnItem},
		"two of one name":             {[]string{"a.org/a.check", "a.org/b.check"}, "a policy; decided also by a.org/a.check, a.org/b.check", "a policy; decided also by a.check, b.check\na.check is a.org/a.check\nb.check is a.org/b.check"},
		"two of one name and package": {[]string{"a.org/a.check", "b.org/a.check"}, "a policy; decided also by a.org/a.check, b.org/a.check", "a policy; decided also by a.org/a.check, b.org/a.check\na.check is a.org/a.check\na.check is b.org/a.check"},
		"a literal":                   {[]string{atLine41}, "a policy; decided also by func literal", "a policy; decided also by func literal in shop/main.go"},
		"two literals":                {[]string{atLine41, atLine52}, "a policy; decided also by " + atLine41 + ", " + atLine52, "a policy; decided also by func literal in shop/main.go, func literal in shop/main.go"},
	} {
		d := Document{Routes: []Route{decidedRoute(test.deciders...)}}
		if got := d.Routes[0].words(d.naming(Bare)); got != test.short {
			t.Errorf("%s: %s, want %s", name, got, test.short)
		}
		var kept strings.Builder
		if err := d.WriteKept(&kept); err != nil {
			t.Fatal(err)
		}
		_, got, _ := strings.Cut(kept.String(), "/a ")
		got = strings.TrimSpace(strings.ReplaceAll(got, "\ncredentials of OAuth2 are verified by "+verify+"\n", ""))
		if got != test.kept {
			t.Errorf("%s, kept: %s, want %s", name, got, test.kept)
		}
	}
}

// TestProofsSayWhatTheyRestOn proves claims about routes with functions.
func TestProofsSayWhatTheyRestOn(t *testing.T) {
	t.Parallel()
	d := server()
	d.Routes[3].Ways[0].Credentials[0].VerifiedBy = nil
	d.Routes[2].Ways[0].Credentials[0].CheckedBy = "main.currentUser"
	d.Routes = append(d.Routes, decidedRoute(findOwnItem, anyItem))
	for claim, want := range map[string]string{
		"nothing under /users/me, /logout without scope me or signed in": "    provided that main.currentUser compares the scopes\n    provided that " + verify + " verifies credentials of OAuth2\n",
		"anyone may call /health":                             "",
		"nothing under /items without scope items":            "    provided that " + verify + " verifies credentials of OAuth2\n    provided that " + findOwnItem + " decides rightly\n",
		"only role admin or role manager may call GET /users": "    provided that what the table does not name verifies credentials of OAuth2\n",
		"only scope me may call GET /users/me":                "    provided that main.currentUser compares the scopes\n    provided that " + verify + " verifies credentials of OAuth2\n",
		"only scope items may call /a":                        "    provided that " + verify + " verifies credentials of OAuth2\n    provided that " + findOwnItem + " and " + anyItem + " decide rightly\n",
		"only role admin may call GET /users/me":              "    provided that main.currentUser compares the scopes\n", // refuted
	} {
		p, err := d.Prove(claim)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for line := range strings.Lines(p.String()) {
			if strings.Contains(line, "provided that") {
				got += line
			}
		}
		if got != want {
			t.Errorf("Prove(%q) rests on\n%swant\n%s", claim, got, want)
		}
	}
}

// TestDifferencesSayWhatTheyDidNotCompare has tables without any function.
func TestDifferencesSayWhatTheyDidNotCompare(t *testing.T) {
	t.Parallel()
	open := Document{Routes: []Route{{Method: "GET", Path: "/a", Ways: []Way{{}}}}}
	checked := Document{Routes: []Route{decidedRoute(findOwnItem)}}
	for _, test := range []struct {
		before, after Document
		want          string
	}{
		{open, open, "nobody may call more or less than before\n"},
		{checked, checked, "nobody may call more or less than before\nnot compared: " + strings.Join(unseen, "; ") + "\n"},
	} {
		got, err := Compare(test.before, test.after)
		if err != nil || got.String() != test.want {
			t.Errorf("%s, %v, want %s", got, err, test.want)
		}
	}
}
