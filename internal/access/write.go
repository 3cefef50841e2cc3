package access

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the routes for people at a terminal, and below them who
// verifies.
func (d Document) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "METHOD\tPATH\tWHO MAY CALL\tDECLARED")
	name := d.naming(Bare)
	for _, r := range d.Routes {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Method, r.Path, r.words(name), r.Declared)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return writeLines(w, d.whoVerifies(d.naming(Short)))
}

// WriteKept writes the routes for a file that is kept and compared in reviews:
// without places, which move with every edit, and below them what short names
// of functions stand for.
func (d Document) WriteKept(w io.Writer) error {
	var out strings.Builder
	name := d.naming(func(function string) string { return Short(lasting(function)) })
	for _, r := range d.Routes {
		fmt.Fprintf(&out, "%-7s %-28s %s\n", r.Method, r.Path, r.words(func(function string) string { return lasting(name(function)) }))
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return err
	}
	return writeLines(w, append(d.whoVerifies(lasting), d.whoDecides()...))
}

// whoDecides says what the short names of functions that decide stand for.
func (d Document) whoDecides() []string {
	var out []string
	for _, r := range d.Routes {
		for _, one := range r.Deciders {
			if Short(one) != one {
				out = append(out, Short(one)+" is "+one)
			}
		}
	}
	return sorted(out)
}

// writeLines writes lines behind an empty one, if there are any.
func writeLines(w io.Writer, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	_, err := io.WriteString(w, "\n"+strings.Join(lines, "\n")+"\n")
	return err
}

// words is the policy with the functions that decide beside it.
func (r Route) words(name func(function string) string) string {
	text := r.Policy
	if len(r.Deciders) > 0 {
		text += "; decided also by " + strings.Join(named(r.Deciders, name), ", ")
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

// whoVerifies says of each scheme which functions verify its credentials:
// first what holds of the most routes, then what is otherwise and where.
func (d Document) whoVerifies(name func(function string) string) []string {
	var out []string
	for _, scheme := range d.Schemes() {
		where := map[string][]string{}
		for _, r := range d.Routes {
			if by := r.verifiedBy(scheme, name); by != "" {
				where[by] = append(where[by], r.Name())
			}
		}
		by := slices.SortedFunc(maps.Keys(where), func(a, b string) int {
			return cmp.Or(len(where[b])-len(where[a]), strings.Compare(a, b))
		})
		if len(by) == 0 {
			continue
		}
		line := "credentials of " + scheme + " are verified by " + by[0]
		for _, other := range by[1:] {
			line += "; at " + enumerate(where[other]) + " by " + other
		}
		out = append(out, line)
	}
	return out
}

// verifiedBy says who verifies a scheme's credentials for the route; nothing if
// the route needs none, or anything that is presented will do.
func (r Route) verifiedBy(scheme string, name func(function string) string) string {
	var out []string
	for _, w := range r.Ways {
		for _, c := range w.Credentials {
			switch {
			case c.Scheme != scheme || c.Unverified:
			case len(c.VerifiedBy) == 0:
				out = append(out, "a function that the table does not name")
			default:
				out = append(out, enumerate(named(c.VerifiedBy, name)))
			}
		}
	}
	return strings.Join(unique(out), " or ")
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
	name, short := d.naming(Bare), d.naming(Short)
	for _, r := range d.Routes {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", r.Method, code(r.Path), cell(r.Policy+r.elsewhere()), cell(strings.Join(named(r.Deciders, name), ", ")), cell(r.Declared))
	}
	for _, line := range d.whoVerifies(func(function string) string { return code(short(function)) }) {
		out.WriteString("\n" + strings.ToUpper(line[:1]) + line[1:] + ".\n")
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
	name := d.naming(Bare)
	for _, r := range d.Routes {
		answer := r.Decide(c)
		may, why := "yes", r.words(name)
		if !answer.Allowed {
			may, why = "no", fmt.Sprintf("%d: %s", answer.Status, answer.Words())
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Method, r.Path, may, why)
	}
	return t.Flush()
}

// String is the difference for people, a line for each change.
func (d Difference) String() string {
	var out strings.Builder
	for _, change := range d.Changes {
		out.WriteString(change.Route + " " + change.Text + "\n")
	}
	for _, caller := range d.Callers {
		out.WriteString(caller + "\n")
	}
	if len(d.Changes)+len(d.Callers) == 0 {
		out.WriteString("nobody may call more or less than before\n")
	}
	if len(d.NotCompared) > 0 {
		out.WriteString("not compared: " + strings.Join(d.NotCompared, "; ") + "\n")
	}
	return out.String()
}

// String is the proofs for people, one after the other.
func (p Proofs) String() string {
	var out strings.Builder
	for _, proof := range p.Proofs {
		out.WriteString(proof.String())
	}
	return out.String()
}

// String is the proof for people, with a line for each thing it says.
func (p Proof) String() string {
	var out strings.Builder
	if c := p.Counterexample; c != nil {
		fmt.Fprintf(&out, "✗ %s\n    %s: %s: %s\n    rule at %s\n", p.Claim, c.Route, c.Caller, c.Answer, c.Declared)
	} else {
		fmt.Fprintf(&out, "✓ %s (%d routes, every combination)\n", p.Claim, p.Routes)
	}
	for _, line := range p.restsOn() {
		fmt.Fprintf(&out, "    provided that %s\n", line)
	}
	return out.String()
}

// restsOn says what is taken for true without being known here. What refutes a
// claim rests on the functions that compare scopes alone.
func (p Proof) restsOn() []string {
	var out []string
	if len(p.Trusting) > 0 {
		out = append(out, does(p.Trusting, "compares", "compare")+" the scopes")
	}
	if !p.Holds {
		return out
	}
	for _, v := range p.Verifiers {
		out = append(out, cmp.Or(v.Function, "what the table does not name")+" verifies credentials of "+v.Scheme)
	}
	if len(p.Deciders) > 0 {
		out = append(out, does(p.Deciders, "decides", "decide")+" rightly")
	}
	return out
}
