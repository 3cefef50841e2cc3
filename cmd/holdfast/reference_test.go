package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/holdfast-go/holdfast/internal/golden"
)

const referenceHead = `# Commands and flags

Written from the command's own declarations by ` + "`TestTheReferenceOfFlags`" + `, so it says what this version has. ` + "`holdfast COMMAND --help`" + ` says the same in a terminal.

A flag is taken from the command line, else from its environment variable, else it has its default. Flags that may be repeated take a list with commas from the environment. A command exits with 0 when it is done, 1 when it failed, 2 when the command line is wrong, and 130 when a signal or Ctrl-C ended it before it was done.

`

// The page names every command and flag, in the order of --help.
func TestTheReferenceOfFlags(t *testing.T) {
	t.Parallel()
	parser, err := newParser(context.Background(), &cli{}, streams{nil, io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if unboundedFlag != "" {
		t.Skip("this build has flags that take bounds away")
	}
	var page strings.Builder
	page.WriteString(referenceHead)
	for _, command := range parser.Model.Leaves(false) {
		writeCommand(&page, command)
	}
	golden.Check(t, "../../../docs/reference/flags.md", []byte(strings.TrimRight(page.String(), "\n")+"\n"))
}

func writeCommand(page *strings.Builder, command *kong.Node) {
	fmt.Fprintf(page, "## holdfast %s\n\n%s\n\n", command.Path(), cell(command.Help))
	if len(command.Positional) > 0 {
		page.WriteString("| Argument | |\n|---|---|\n")
		for _, argument := range command.Positional {
			fmt.Fprintf(page, "| `%s` | %s |\n", argument.Summary(), cell(argument.Help))
		}
		page.WriteString("\n")
	}
	var rows strings.Builder
	for _, group := range command.AllFlags(true) {
		for _, flag := range group {
			if flag.Name != "help" && flag.Name != "version" {
				fmt.Fprintf(&rows, "| `--%s` | %s | %s | %s |\n", spelled(flag), code(strings.Join(flag.Envs, ", ")), code(flag.Default), cell(flag.Help))
			}
		}
	}
	if rows.Len() > 0 {
		fmt.Fprintf(page, "| Flag | Variable | Default | |\n|---|---|---|---|\n%s\n", &rows)
	}
}

// spelled is a flag with what stands behind it.
func spelled(flag *kong.Flag) string {
	if flag.IsBool() {
		return flag.Name
	}
	return flag.Name + "=" + strings.Trim(flag.FormatPlaceHolder(), `"`)
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// cell is text that may stand in a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", `\<`, "*", `\*`).Replace(text)
}
