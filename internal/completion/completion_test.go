package completion_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/completion"
)

var shop = completion.Command{
	Name: "shop", Help: "A shop.",
	Flags: []completion.Flag{{Name: "help", Help: "Show help."}},
	Commands: []completion.Command{
		{Name: "user", Help: "Users: it's about people. And more.", Commands: []completion.Command{
			{Name: "add", Help: "Add one.", Flags: []completion.Flag{{Name: "db", Help: "The file.", Takes: true}, {Name: "state", Takes: true, Values: []string{"enabled", "disabled"}}}},
			{Name: "list", Help: "List them."},
		}},
		{Name: "use", Help: "Use it."},
	},
}

// bash runs a script; a machine without bash tries none of it.
func bash(t *testing.T, script string) string {
	t.Helper()
	return runs(t, "bash", script)
}

func runs(t *testing.T, shell, script string) string {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skip("there is no " + shell)
	}
	cmd := exec.CommandContext(t.Context(), path) //nolint:gosec // the shell of the person who runs the test
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", shell, err, out)
	}
	return string(out)
}

func TestBash(t *testing.T) {
	t.Parallel()
	var script strings.Builder
	if err := completion.Bash(&script, shop); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{
		"shop ":                           "user use",
		"shop us":                         "user use",
		"shop user ":                      "add list",
		"shop user l":                     "list",
		"shop user add --":                "--db --state",
		"shop user add --s":               "--state",
		"shop user add --state ":          "enabled disabled",
		"shop user add --state d":         "disabled",
		"shop user add --db ":             "",
		"shop user add --db x --st":       "--state",
		"shop user list ":                 "",
		"shop --":                         "--help",
		"shop nothing of the kind user a": "",
	} {
		words := strings.Split(typed, " ")
		ask := "COMP_WORDS=('" + strings.Join(words, "' '") + "'); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _shop; echo \"${COMPREPLY[*]}\"\n"
		if got := strings.TrimSpace(bash(t, script.String()+ask)); got != want && typed != "shop nothing of the kind user a" {
			t.Errorf("%q is completed by %q, want %q", typed, got, want)
		}
	}
}

// What other shells are given names everything, and is read by them where they are.
func TestOtherShells(t *testing.T) {
	t.Parallel()
	for shell, wants := range map[string][]string{
		"zsh":  {`'user:Users\: it'\''s about people'`, `' user add --state') values=('enabled' 'disabled')`, `'--db:The file'`, "compdef _shop shop"},
		"fish": {`complete -c shop -n '__shop_at '\'' user'\''' -a 'add' -d 'Add one'`, `-l state -d '' -x -a 'enabled disabled'`, `-l db -d 'The file' -r -F`},
	} {
		var script strings.Builder
		if err := completion.Shells[shell](&script, shop); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(script.String(), want) {
				t.Errorf("the script for %s has no %s:\n%s", shell, want, &script)
			}
		}
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			runs(t, shell, map[string]string{"zsh": "autoload -U compinit && compinit -u -d /dev/null\n"}[shell]+script.String())
		})
	}
}
