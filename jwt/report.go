package jwt

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report for people: a line for each finding, then what
// else the token says, then what it comes to. Text from the token is quoted, so
// that it cannot be taken for the report's own.
func (r Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, f := range r.Findings {
		verdict := f.Verdict.String()
		if f.Verdict == Wrong {
			verdict = strings.ToUpper(verdict)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", verdict, f.Of, f.Text)
	}
	if r.KeyNow != "" {
		fmt.Fprintf(t, "\tkey\t%s\n", r.KeyNow)
	}
	for _, claim := range [][2]string{{"subject", r.Claims.Subject}, {"scope", r.Claims.Scope}, {"session", r.Claims.SessionID}, {"id", r.Claims.ID}} {
		if claim[1] != "" {
			fmt.Fprintf(t, "\t%s\t%q\n", claim[0], claim[1])
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	var err error
	switch {
	case r.Good():
		_, err = fmt.Fprintln(w, "\nThe token is good.")
	case !r.Bad():
		_, err = fmt.Fprintln(w, "\nNothing is wrong with what could be checked; that is not enough to believe the token.")
	}
	return err
}

type findingJSON struct {
	Of      string `json:"of"`
	Verdict string `json:"verdict"`
	Text    string `json:"text"`
}

// MarshalJSON writes the report for programs.
func (r Report) MarshalJSON() ([]byte, error) {
	findings := make([]findingJSON, len(r.Findings))
	for n, f := range r.Findings {
		findings[n] = findingJSON{f.Of, f.Verdict.String(), f.Text}
	}
	return json.Marshal(struct {
		Good      bool          `json:"good"`
		Findings  []findingJSON `json:"findings"`
		Algorithm Algorithm     `json:"algorithm"`
		Key       string        `json:"key"`
		KeyNow    string        `json:"key_now,omitempty"`
		Type      string        `json:"type"`
		Issuer    string        `json:"issuer"`
		Subject   string        `json:"subject"`
		Audience  []string      `json:"audience"`
		Scopes    []string      `json:"scopes"`
		Session   string        `json:"session,omitempty"`
	}{
		r.Good(), findings, r.Algorithm, r.KeyID, r.KeyNow, r.Type, r.Claims.Issuer, r.Claims.Subject,
		append([]string{}, r.Claims.Audience...), append([]string{}, strings.Fields(r.Claims.Scope)...), r.Claims.SessionID,
	})
}
