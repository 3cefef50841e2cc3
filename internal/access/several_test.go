package access

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Several claims come to one verdict, in the order in which they were made.
func TestProveAll(t *testing.T) {
	t.Parallel()
	const holds, fails = "only role admin may call DELETE /users/{id}", "only role admin may call GET /users"
	for name, test := range map[string]struct {
		claims []string
		says   string // the text, from its beginning
		err    string
	}{
		"none":           {nil, "", ""},
		"all hold":       {[]string{holds, holds}, "✓ " + holds, ""},
		"one does not":   {[]string{holds, fails}, "✓ " + holds, "1 of 2 claims do not hold"},
		"the first, too": {[]string{fails, holds, fails}, "✗ " + fails, "2 of 3 claims do not hold"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proofs, err := server().ProveAll(test.claims)
			if err != nil || len(proofs.Proofs) != len(test.claims) || !strings.HasPrefix(proofs.String(), test.says) {
				t.Fatalf("ProveAll = %v, %v, want %q", proofs, err, test.says)
			}
			if got := proofs.Err(); got == nil && test.err != "" || got != nil && got.Error() != test.err {
				t.Errorf("Err = %v, want %q", got, test.err)
			}
			if n := strings.Count("\n"+proofs.String(), "\n✓ ") + strings.Count("\n"+proofs.String(), "\n✗ "); n != len(test.claims) {
				t.Errorf("the text has %d proofs:\n%s", n, proofs)
			}
			if text, err := json.Marshal(proofs); err != nil || !strings.HasPrefix(string(text), `{"proofs":[`) {
				t.Errorf("JSON = %s, %v", text, err)
			}
		})
	}
	if _, err := server().ProveAll([]string{holds, "users are safe"}); err == nil {
		t.Error("ProveAll with what is no claim = nil")
	}
}

// A document as one caller sees it has what they may call, and stays one when
// that is nothing.
func TestOpenTo(t *testing.T) {
	t.Parallel()
	d := server()
	for name, test := range map[string]struct {
		who  Caller
		want string
	}{
		"nobody":     {Caller{}, "GET /health, GET /feed"},
		"everything": {d.Everything(), "GET /health, POST /logout, GET /users/me, GET /users, DELETE /users/{id}, GET /feed, PUT /items/{id}"},
		"a manager":  {d.Holder("manager"), "GET /health, POST /logout, GET /users/me, GET /users, GET /feed"},
	} {
		var got []string
		for _, r := range d.OpenTo(test.who).Routes {
			got = append(got, r.Name())
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("%s may call %s, want %s", name, text, test.want)
		}
	}
	if len(d.Routes) != 7 {
		t.Error("OpenTo has changed the document that it was asked of")
	}
	closed := Document{Routes: []Route{{Method: "GET", Path: "/a", Ways: []Way{{Roles: [][]string{{"admin"}}}}}}}
	var text strings.Builder
	if err := closed.OpenTo(Caller{}).WriteJSON(&text); err != nil || !strings.Contains(text.String(), `"routes": []`) {
		t.Errorf("JSON of nothing that is open = %s, %v", text.String(), err)
	}
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "table.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var text strings.Builder
	if err := server().WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	write(text.String())
	if d, err := ReadFile(name); err != nil || len(d.Routes) != 7 {
		t.Errorf("ReadFile = %d routes, %v", len(d.Routes), err)
	}
	write(`{"routes":null}`)
	if d, err := ReadFile(name); err == nil || !strings.HasPrefix(err.Error(), name+": this is no access table") || d.Routes != nil {
		t.Errorf("ReadFile of another file = %v, want its name and why", err)
	}
	if _, err := ReadFile(name + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadFile of no file = %v", err)
	}
}

func TestADifferenceThatOpens(t *testing.T) {
	t.Parallel()
	closed := Document{Routes: []Route{{Method: "GET", Path: "/a", Ways: []Way{{Roles: [][]string{{"admin"}}}}}}}
	open := Document{Routes: []Route{{Method: "GET", Path: "/a", Ways: []Way{{}}}}}
	for _, test := range []struct {
		before, after Document
		want          error
	}{{closed, open, ErrOpened}, {open, closed, nil}, {open, open, nil}} {
		diff, err := Compare(test.before, test.after)
		if err != nil || !errors.Is(diff.Err(), test.want) {
			t.Errorf("Compare = %v, %v; Err = %v, want %v", diff, err, diff.Err(), test.want)
		}
	}
}
