package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// shopper is the principal of the application below.
type shopper struct{}

func (shopper) HasScope(string) bool { return true }
func (shopper) HasRole(string) bool  { return true }

// shop has the functions of the application below.
type shop struct{}

func (*shop) verify(context.Context, string) (shopper, error)       { return shopper{}, nil }
func acceptAll(context.Context, string) (shopper, error)            { return shopper{}, nil }
func active(_ context.Context, s shopper) (shopper, error)          { return s, nil }
func everybodyActive(_ context.Context, s shopper) (shopper, error) { return s, nil }

type (
	verifies = func(context.Context, string) (shopper, error)
	decides  = func(context.Context, shopper) (shopper, error)
)

// shopTable writes the table of an application with these functions into a
// file.
func shopTable(t *testing.T, name string, verify verifies, deciders ...decides) {
	t.Helper()
	oauth := holdfast.OAuth2PasswordBearer("token")
	who := holdfast.Verify(oauth, verify)
	for _, decide := range deciders {
		who = holdfast.Depends1(who, decide)
	}
	app := holdfast.NewApp(holdfast.Config{Docs: holdfast.Docs{NoDocument: true}})
	holdfast.Get(app, "/items", holdfast.AnyRole(who.Require(oauth.Scope("items", "")), holdfast.NewRole("seller", "")),
		func(context.Context, shopper, holdfast.NoInput) (string, error) { return "", nil })
	var text strings.Builder
	if err := app.WriteAccessJSON(&text); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// literalVerifier makes a verifier that has no name.
func literalVerifier() verifies {
	return func(context.Context, string) (shopper, error) { return shopper{}, nil }
}

// printed runs the command in a folder and returns what it prints, and whether it
// exits with 0. This test's package stands as main, as in a program.
func printed(t *testing.T, dir string, args ...string) (text string, ok bool) {
	t.Helper()
	out, err := command(t, dir, args...).Output()
	return strings.ReplaceAll(string(out), "github.com/holdfast-go/holdfast/cmd/holdfast.", "main."), err == nil
}

// TestDiffSeesWhichFunction compares applications that say the same and do not
// call the same functions.
func TestDiffSeesWhichFunction(t *testing.T) {
	t.Parallel()
	verify := (&shop{}).verify
	for name, test := range map[string]struct {
		before, after func(file string)
		ok            bool
		want          string // the first line
	}{
		"nothing": {
			func(f string) { shopTable(t, f, verify, active) }, func(f string) { shopTable(t, f, verify, active) },
			true, "nobody may call more or less than before",
		},
		"a verifier that accepts all": {
			func(f string) { shopTable(t, f, verify) }, func(f string) { shopTable(t, f, acceptAll) },
			false, "GET /items is verified by another function: main.acceptAll instead of main.(*shop).verify",
		},
		"another decider": {
			func(f string) { shopTable(t, f, verify, active) }, func(f string) { shopTable(t, f, verify, everybodyActive) },
			false, "GET /items is decided by another function: main.everybodyActive instead of main.active",
		},
		"both": {
			func(f string) { shopTable(t, f, verify, active) }, func(f string) { shopTable(t, f, acceptAll, everybodyActive) },
			false, "GET /items is verified by another function: main.acceptAll instead of main.(*shop).verify; is decided by another function: main.everybodyActive instead of main.active",
		},
		"a decider more": {
			func(f string) { shopTable(t, f, verify) }, func(f string) { shopTable(t, f, verify, active) },
			true, "GET /items is closed now to somebody with role seller, scope items (was: role seller, scope items; is: role seller, scope items)",
		},
		"a decider less": {
			func(f string) { shopTable(t, f, verify, active, everybodyActive) }, func(f string) { shopTable(t, f, verify, active) },
			false, "GET /items is open now to somebody with role seller, scope items, the consent of main.active (was: role seller, scope items; is: role seller, scope items)",
		},
		"another literal": {
			func(f string) { shopTable(t, f, literalVerifier()) },
			func(f string) {
				shopTable(t, f, func(context.Context, string) (shopper, error) { return shopper{}, nil })
			},
			false, "GET /items is verified by another function: func literal at holdfast/access_test.go:N instead of func literal at holdfast/access_test.go:N",
		},
		"the same literal": {
			func(f string) { shopTable(t, f, literalVerifier()) }, func(f string) { shopTable(t, f, literalVerifier()) },
			true, "nobody may call more or less than before",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			test.before(filepath.Join(dir, "before.json"))
			test.after(filepath.Join(dir, "after.json"))
			text, ok := printed(t, dir, "access", "diff", "before.json", "after.json")
			lines := strings.Split(literalLine.ReplaceAllString(text, "access_test.go:N"), "\n")
			if ok != test.ok || lines[0] != test.want {
				t.Errorf("exits with 0: %v, prints\n%s\nwant %v\n%s", ok, text, test.ok, test.want)
			}
			if !strings.Contains(text, "\nnot compared: what functions do inside; ") {
				t.Errorf("it does not say what it did not compare:\n%s", text)
			}
			_, ok = printed(t, dir, "access", "diff", "--json", "before.json", "after.json")
			if ok != test.ok {
				t.Errorf("with --json it exits with 0: %v", ok)
			}
		})
	}
}

var literalLine = regexp.MustCompile(`access_test\.go:\d+`)

// TestTableAndProofSayWhoVerifies reads what people see of an application.
func TestTableAndProofSayWhoVerifies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "table.json")
	shopTable(t, file, (&shop{}).verify, active)
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"access", "--routes", file}, []string{
			"  role seller, scope items; decided also by active  ",
			"\n\ncredentials of OAuth2PasswordBearer are verified by holdfast.(*shop).verify\n",
		}},
		{[]string{"access", "--markdown", "--routes", file}, []string{
			"| role seller, scope items | active |",
			"\n\nCredentials of OAuth2PasswordBearer are verified by `holdfast.(*shop).verify`.\n",
		}},
		{[]string{"access", "--json", "--routes", file}, []string{`"verified_by": [`, `"main.(*shop).verify"`, `"main.active"`}},
		{[]string{"access", "prove", "--routes", file, "only role seller may call /items"}, []string{
			"✓ only role seller may call /items (1 routes, every combination)\n",
			"    provided that main.(*shop).verify verifies credentials of OAuth2PasswordBearer\n",
			"    provided that main.active decides rightly\n",
		}},
		{[]string{"access", "prove", "--json", "--routes", file, "only role seller may call /items"}, []string{
			`"scheme": "OAuth2PasswordBearer"`, `"function": "main.(*shop).verify"`, `"deciders": [`,
		}},
	} {
		text, ok := printed(t, dir, test.args...)
		for _, want := range test.want {
			if !ok || !strings.Contains(text, want) {
				t.Errorf("holdfast %s prints no %q:\n%s", strings.Join(test.args, " "), want, text)
			}
		}
	}
}
