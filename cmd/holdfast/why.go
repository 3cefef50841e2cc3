package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// whyCmd is `holdfast why`.
type whyCmd struct {
	database
	ID    string `arg:"" optional:"" help:"The id of the request, which its answer has as X-Request-Id. The last refusals are listed without one."`
	Limit int    `default:"20" help:"How many to list."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run explains one refusal, or lists the last.
func (c *whyCmd) Run(ctx context.Context, std streams) (err error) {
	file, err := sqlite.ReadRefusals(ctx, c.DB)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("nothing was refused yet: there is no %s", sqlite.RefusalsOf(c.DB))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if c.ID == "" {
		return c.list(ctx, std, file)
	}
	found, err := patiently(ctx, file, c.ID)
	switch {
	case err != nil:
		return fmt.Errorf("request %s: %w", c.ID, err)
	case c.JSON:
		return printJSON(std.out, found)
	}
	return found.write(std.out)
}

// patiently looks again for a while: a refusal is written some time after the
// answer to it.
func patiently(ctx context.Context, file *sqlite.Refusals, id string) (refusal, error) {
	for tries := 0; ; tries++ {
		found, err := findRefusal(ctx, file, id)
		if !errors.Is(err, sqlite.ErrNoRefusal) || tries == 5 {
			return found, err
		}
		select {
		case <-ctx.Done():
			return found, ctx.Err()
		case <-time.After(refusalDelay):
		}
	}
}

// write prints the refusal for people.
func (r refusal) write(w io.Writer) error {
	caller := r.Caller
	if caller == "" {
		caller = "nobody known"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s by %s: refused with %d at %s\n", r.Method, r.Path, caller, r.Status, r.Time.Format(time.RFC3339))
	for _, s := range r.Steps {
		mark := map[string]string{stateOK: "✓", stateFailed: "✗", stateUnknown: "·"}[s.State]
		fmt.Fprintf(&out, "  %s %s", mark, s.Text)
		if s.Detail != "" {
			out.WriteString(": " + s.Detail)
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "  rule     %s, at %s\n  missing  %s\n", r.Policy, r.Declared, r.Change)
	_, err := io.WriteString(w, out.String())
	return err
}

func (c *whyCmd) list(ctx context.Context, std streams, file *sqlite.Refusals) error {
	stored, err := file.Last(ctx, c.Limit)
	if err != nil {
		return err
	}
	all := []refusal{}
	for _, one := range stored {
		r, err := readRefusal(one)
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	if c.JSON {
		return printJSON(std.out, map[string]any{"refusals": all})
	}
	t := tabwriter.NewWriter(std.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "TIME\tREQUEST\tCALLER\tCALLED\tSTATUS\tMISSING")
	for _, r := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s %s\t%d\t%s\n", r.Time.Format(time.RFC3339), r.ID, cmp.Or(r.Caller, "-"), r.Method, r.Path, r.Status, r.Change)
	}
	return t.Flush()
}

// refusalID is the request in the path.
type refusalID struct {
	ID string `path:"id" maxLength:"64"`
}

// registerWhy adds GET /refusals/{id} for administrators.
func registerWhy(app *holdfast.App, administrators holdfast.Policy[account.Caller], o *opened) {
	show := func(ctx context.Context, _ account.Caller, in refusalID) (refusal, error) {
		if o.refusals == nil {
			return refusal{}, holdfast.Errorf(http.StatusNotFound, "Refusals are not kept")
		}
		found, err := findRefusal(ctx, o.refusals.file, in.ID)
		if errors.Is(err, sqlite.ErrNoRefusal) {
			return found, holdfast.Errorf(http.StatusNotFound, "Refusal not found; the last few thousand are kept")
		}
		return found, err
	}
	holdfast.Get(app, "/refusals/{id}", administrators, show, holdfast.Tags("access"),
		holdfast.OperationID("explain_refusal"), holdfast.Summary("Why a request was refused, step by step"))
}
