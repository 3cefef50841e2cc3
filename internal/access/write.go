package access

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the routes for people at a terminal.
func (d Document) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "METHOD\tPATH\tWHO MAY CALL\tDECLARED")
	for _, r := range d.Routes {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Method, r.Path, r.words(), r.Declared)
	}
	return t.Flush()
}

// words is the policy with the dependencies that decide beside it.
func (r Route) words() string {
	text := r.Policy
	if len(r.Deciders) > 0 {
		text += "; decided also by " + strings.Join(r.Deciders, ", ")
	}
	return text + r.elsewhere()
}

// elsewhere says of a guarded route that the application does not serve it.
func (r Route) elsewhere() string {
	if !r.Guarded {
		return ""
	}
	return "; another router serves it"
}

// WriteJSON writes the document as Read reads it.
func (d Document) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(d)
}

// WriteMarkdown writes the routes as a table of a README.
func (d Document) WriteMarkdown(w io.Writer) error {
	var out strings.Builder
	out.WriteString("| Method | Path | Who may call | Decided also by | Declared |\n|---|---|---|---|---|\n")
	for _, r := range d.Routes {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", r.Method, code(r.Path), cell(r.Policy+r.elsewhere()), cell(strings.Join(r.Deciders, ", ")), cell(r.Declared))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// cell keeps a text from ending its cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func code(text string) string { return "`" + cell(text) + "`" }

// WriteAs writes the routes as one caller sees them.
func (d Document) WriteAs(w io.Writer, c Caller) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "METHOD\tPATH\tMAY CALL\tWHY")
	for _, r := range d.Routes {
		answer := r.Decide(c)
		may, why := "yes", r.words()
		if !answer.Allowed {
			may, why = "no", fmt.Sprintf("%d: %s", answer.Status, answer.Words())
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Method, r.Path, may, why)
	}
	return t.Flush()
}

// String is the proof for people, with a line for each thing it says.
func (p Proof) String() string {
	var out strings.Builder
	if c := p.Counterexample; c != nil {
		fmt.Fprintf(&out, "✗ %s\n    %s: %s: %s\n    rule at %s\n", p.Claim, c.Route, c.Caller, c.Answer, c.Declared)
	} else {
		fmt.Fprintf(&out, "✓ %s (%d routes, every combination)\n", p.Claim, p.Routes)
	}
	if len(p.Trusting) > 0 {
		fmt.Fprintf(&out, "    provided that %s compares the scopes\n", strings.Join(p.Trusting, " and "))
	}
	return out.String()
}
