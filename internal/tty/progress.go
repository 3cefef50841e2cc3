package tty

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// How often it is said how far something has come. What is done before the first time
// says nothing at all.
const (
	firstAtTerminal, eachAtTerminal = time.Second, 100 * time.Millisecond
	firstElsewhere, eachElsewhere   = 5 * time.Second, 5 * time.Second
)

// Progress says how far something has come that lasts: at a terminal in one line that
// is written again and again, with a bar where the end is known, and elsewhere in a
// line every few seconds. It is for one goroutine.
type Progress struct {
	to       io.Writer
	now      func() time.Time
	terminal *os.File // nil elsewhere
	next     time.Time
	shown    bool // there is a line to be taken away

	read, size int64 // of what Of reads
}

// NewProgress begins, by a clock: the machine's if now is nil. It is said on to, which is standard error: standard
// output is for what comes of it.
func NewProgress(to io.Writer, now func() time.Time) *Progress {
	if now == nil {
		now = time.Now //nolint:forbidigo // how often a person is told is decided by nothing else
	}
	p := &Progress{to: to, now: now, next: now().Add(firstElsewhere)}
	if file, ok := to.(*os.File); ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
		p.terminal, p.next = file, now().Add(firstAtTerminal)
	}
	return p
}

// Of is in, of which the bar says how much was read. Where in is no plain file it is not
// known how much that will be, and there is no bar.
func (p *Progress) Of(in io.Reader, file *os.File) io.Reader {
	if file != nil {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			p.size = info.Size()
		}
	}
	return counting{p, in}
}

// counting counts where it is read, which a reader below it may do in a goroutine.
type counting struct {
	p  *Progress
	in io.Reader
}

func (c counting) Read(data []byte) (int, error) {
	n, err := c.in.Read(data)
	c.p.read += int64(n)
	return n, err
}

// Say says where it stands, if it is time for that.
func (p *Progress) Say(format string, values ...any) {
	now := p.now()
	if now.Before(p.next) {
		return
	}
	text := p.bar() + fmt.Sprintf(format, values...)
	if p.terminal == nil {
		p.next = now.Add(eachElsewhere)
		_, _ = fmt.Fprintln(p.to, text) // as below
		return
	}
	p.next, p.shown = now.Add(eachAtTerminal), true
	_, _ = io.WriteString(p.to, "\r"+p.fitting(text)+"\x1b[K") // what comes of it does not depend on whether this is seen
}

// bar is how much was read, or nothing where that is not known.
func (p *Progress) bar() string {
	if p.size <= 0 {
		return ""
	}
	done := min(p.read, p.size)
	percent := done * 100 / p.size
	if p.terminal == nil {
		return fmt.Sprintf("%d %%: ", percent)
	}
	const wide = 24
	full := int(done * wide / p.size)
	return fmt.Sprintf("[%s%s] %3d %%  ", strings.Repeat("#", full), strings.Repeat("-", wide-full), percent)
}

// fitting is a text that fits into one line: of a longer one a part could not be
// written over.
func (p *Progress) fitting(text string) string {
	width, _, err := term.GetSize(int(p.terminal.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	if utf8.RuneCountInString(text) < width {
		return text
	}
	return string([]rune(text)[:width-1])
}

// Clear takes the line away, before something else is written to the terminal.
func (p *Progress) Clear() {
	if p.shown {
		_, _ = io.WriteString(p.to, "\r\x1b[K")
		p.shown = false
	}
}
