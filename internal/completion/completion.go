// Package completion writes what shells need to complete the words of a command:
// its commands, their flags, and the values of those that have a list of them.
package completion

import (
	"fmt"
	"io"
	"strings"
)

// Command is a command with what stands below it.
type Command struct {
	Name, Help string
	Flags      []Flag
	Commands   []Command
}

// Flag is a flag, without its dashes.
type Flag struct {
	Name, Help string
	Takes      bool     // a value follows
	Values     []string // which; any if empty
}

// Shells are the shells that there are scripts for.
var Shells = map[string]func(io.Writer, Command) error{"bash": Bash, "zsh": Zsh, "fish": Fish}

// line is a command by the words that lead to it: " user add", and "" for the
// program itself.
type line struct {
	path string
	Command
}

func lines(c Command) []line {
	out := []line{{"", c}}
	var walk func(string, []Command)
	walk = func(above string, list []Command) {
		for _, one := range list {
			path := above + " " + one.Name
			out = append(out, line{path, one})
			walk(path, one.Commands)
		}
	}
	walk("", c.Commands)
	return out
}

func (c Command) commandNames() string {
	var out []string
	for _, one := range c.Commands {
		out = append(out, one.Name)
	}
	return strings.Join(out, " ")
}

func (c Command) flagNames() string {
	var out []string
	for _, one := range c.Flags {
		out = append(out, "--"+one.Name)
	}
	return strings.Join(out, " ")
}

// paths is every command below the program, as a pattern of a shell's case.
func paths(all []line) string {
	var out []string
	for _, one := range all[1:] {
		out = append(out, quoted(one.path))
	}
	return strings.Join(out, "|")
}

// quoted is a text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// short is the first sentence of a help.
func short(help string) string {
	first, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(strings.Join(strings.Fields(first), " "), ".")
}

// Bash writes a script to be sourced by bash.
func Bash(w io.Writer, c Command) error {
	all := lines(c)
	var out strings.Builder
	fmt.Fprintf(&out, `# Completion of %[1]s for bash: source <(%[1]s completion bash)
_%[1]s() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' commands='' flags='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
      %[2]s) path="$path ${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path" in
`, c.Name, paths(all))
	for _, one := range all {
		fmt.Fprintf(&out, "    %s) commands=%s flags=%s ;;\n", quoted(one.path), quoted(one.commandNames()), quoted(one.flagNames()))
	}
	out.WriteString("  esac\n  COMPREPLY=()\n  case \"$path $prev\" in\n")
	for _, one := range all {
		for _, flag := range one.Flags {
			switch {
			case len(flag.Values) > 0:
				fmt.Fprintf(&out, "    %s) COMPREPLY=($(compgen -W %s -- \"$cur\")); return ;;\n", quoted(one.path+" --"+flag.Name), quoted(strings.Join(flag.Values, " ")))
			case flag.Takes:
				fmt.Fprintf(&out, "    %s) return ;;\n", quoted(one.path+" --"+flag.Name))
			}
		}
	}
	fmt.Fprintf(&out, `  esac
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
    *) COMPREPLY=($(compgen -W "$commands" -- "$cur")) ;;
  esac
}
complete -o default -F _%[1]s %[1]s
`, c.Name)
	_, err := io.WriteString(w, out.String())
	return err
}

// Zsh writes a script to be sourced by zsh after compinit, or to be put into its
// fpath as the file _NAME.
func Zsh(w io.Writer, c Command) error {
	all := lines(c)
	var out strings.Builder
	fmt.Fprintf(&out, `#compdef %[1]s
# Completion of %[1]s for zsh: source <(%[1]s completion zsh)
_%[1]s() {
  local at='' i
  local -a commands flags values
  for ((i = 2; i < CURRENT; i++)); do
    case "$at ${words[i]}" in
      %[2]s) at="$at ${words[i]}" ;;
    esac
  done
  case "$at ${words[CURRENT-1]}" in
`, c.Name, paths(all))
	for _, one := range all {
		for _, flag := range one.Flags {
			if len(flag.Values) > 0 {
				fmt.Fprintf(&out, "    %s) values=(%s); _describe value values; return ;;\n", quoted(one.path+" --"+flag.Name), strings.Join(each(flag.Values, quoted), " "))
			} else if flag.Takes {
				fmt.Fprintf(&out, "    %s) _files; return ;;\n", quoted(one.path+" --"+flag.Name))
			}
		}
	}
	out.WriteString("  esac\n  case \"$at\" in\n")
	for _, one := range all {
		fmt.Fprintf(&out, "    %s)", quoted(one.path))
		if len(one.Commands) > 0 {
			out.WriteString(" commands=(" + strings.Join(each(one.Commands, func(c Command) string { return described(c.Name, c.Help) }), " ") + ")")
		}
		if len(one.Flags) > 0 {
			out.WriteString(" flags=(" + strings.Join(each(one.Flags, func(f Flag) string { return described("--"+f.Name, f.Help) }), " ") + ")")
		}
		out.WriteString(" ;;\n")
	}
	fmt.Fprintf(&out, `  esac
  case "${words[CURRENT]}" in
    -*) _describe flag flags ;;
    *) if (( $#commands )); then _describe command commands; else _files; fi ;;
  esac
}
compdef _%[1]s %[1]s
`, c.Name)
	_, err := io.WriteString(w, out.String())
	return err
}

// described is a word with what it is for, as zsh wants it.
func described(word, help string) string {
	return quoted(word + ":" + strings.ReplaceAll(short(help), ":", `\:`))
}

// Fish writes a script to be sourced by fish.
func Fish(w io.Writer, c Command) error {
	all := lines(c)
	var out strings.Builder
	fmt.Fprintf(&out, `# Completion of %[1]s for fish: %[1]s completion fish | source
function __%[1]s_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case %[2]s
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
complete -c %[1]s -f
`, c.Name, strings.ReplaceAll(paths(all), "|", " "))
	for _, one := range all {
		at := fmt.Sprintf("complete -c %s -n %s", c.Name, quoted("__"+c.Name+"_at "+quoted(one.path)))
		for _, below := range one.Commands {
			fmt.Fprintf(&out, "%s -a %s -d %s\n", at, quoted(below.Name), quoted(short(below.Help)))
		}
		for _, flag := range one.Flags {
			text := fmt.Sprintf("%s -l %s -d %s", at, flag.Name, quoted(short(flag.Help)))
			switch {
			case len(flag.Values) > 0:
				text += " -x -a " + quoted(strings.Join(flag.Values, " "))
			case flag.Takes:
				text += " -r -F"
			}
			out.WriteString(text + "\n")
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func each[T any](list []T, of func(T) string) []string {
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = of(one)
	}
	return out
}
