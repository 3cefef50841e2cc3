package tty_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/tty"
)

// Who pipes something in is no person: they are not asked, and nothing is painted.
func TestAScriptIsNotAsked(t *testing.T) {
	t.Parallel()
	var asked bytes.Buffer
	if err := tty.Confirm(t.Context(), strings.NewReader("n\n"), &asked, "Remove it?"); err != nil || asked.Len() > 0 {
		t.Errorf("Confirm = %v, and it asks %q", err, &asked)
	}
	if got, err := tty.Secret(t.Context(), strings.NewReader("a secret\n"), &asked, true); got != "a secret\n" || err != nil || asked.Len() > 0 {
		t.Errorf("Secret = %q, %v, and it asks %q; want all that was piped in", got, err, &asked)
	}
}

func TestWhatIsReadOfStandardInput(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, want, err string }{
		"a token with a line's end":                {"a.b.c\n", "a.b.c", ""},
		"a token with a line's end of Windows":     {"a.b.c\r\n", "a.b.c", ""},
		"a token without one":                      {"a.b.c", "a.b.c", ""},
		"a token with two: one of them is its own": {"a.b.c\n\n", "a.b.c\n", ""},
		"a token that is larger than any":          {strings.Repeat("x", 1<<20+1), "", "standard input has more than 1048576 bytes"},
	} {
		got, err := tty.ReadToken(strings.NewReader(test.in))
		if test.err != "" {
			if err == nil || err.Error() != test.err {
				t.Errorf("%s: the error is %v, want %q", name, err, test.err)
			}
		} else if got != test.want || err != nil {
			t.Errorf("%s: ReadToken = %q, %v, want %q", name, got, err, test.want)
		}
	}
}

// A signal ends the wait for a pipe that says nothing.
func TestAReadIsInterrupted(t *testing.T) {
	t.Parallel()
	silent, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tty.Secret(ctx, silent, io.Discard, false); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestAVersionSaysWhatWasBuilt(t *testing.T) {
	t.Parallel()
	if got := tty.Version("shop"); !strings.HasPrefix(got, "shop ") || !strings.Contains(got, "go1.") {
		t.Errorf("the version is %q", got)
	}
}
