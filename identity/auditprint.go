package identity

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/accountapi"
)

// WriteAudit writes records of the audit trail as a table for people, a line for each.
func WriteAudit(w io.Writer, list []accountapi.AuditRecord) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "TIME\tEVENT\tRESULT\tWHO\tWHOM OR WHAT\tFROM\tMORE")
	for _, r := range list {
		result := r.Result
		if r.Count > 0 {
			result = fmt.Sprintf("%s, %d times", result, r.Count)
		}
		var more []string
		for _, name := range slices.Sorted(maps.Keys(r.Details)) {
			more = append(more, name+"="+r.Details[name])
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Time.Format(time.RFC3339), r.Event, result,
			labelled(r.Actor.Kind, r.Actor.ID, r.Actor.Name), labelled(r.Subject.Kind, r.Subject.ID, r.Subject.Name), cmp.Or(r.Source, "-"), strings.Join(more, " "))
	}
	return t.Flush()
}

// ExportAudit writes the records that are asked for and have a place in the chain as
// JSON lines, the oldest first, however many there are: a piece at a time, and not in
// one transaction. Query.Newest and Query.Limit are not looked at.
func ExportAudit(ctx context.Context, accounts *account.Service, query account.AuditQuery, out io.Writer) error {
	const piece = 1000
	query.Newest, query.Limit = false, piece
	w := bufio.NewWriter(out)
	for {
		list, err := accounts.Audit(ctx, query)
		if err != nil {
			return err
		}
		for _, r := range list {
			line, err := accountapi.ViewAudit(r).Line()
			if err != nil {
				return err
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		if len(list) == 0 {
			return w.Flush()
		}
		query.After = list[len(list)-1].Seq
	}
}

func labelled(kind, id, name string) string {
	return cmp.Or(strings.TrimSpace(kind+" "+cmp.Or(name, id)), "-")
}

// WriteAuditReport writes what a verification of the audit trail has found, for people.
func WriteAuditReport(w io.Writer, r account.AuditReport) error {
	var out strings.Builder
	fmt.Fprintf(&out, "records   %d, from %d to %d\nunsealed  %d\n", r.Records, r.From, r.To, r.Unsealed)
	if r.Head > 0 {
		fmt.Fprintf(&out, "head      of %d\n", r.Head)
	} else {
		out.WriteString("head      none was given: see --head\n")
	}
	fmt.Fprintf(&out, "fault     %s\n", cmp.Or(r.Fault, "none"))
	_, err := io.WriteString(w, out.String())
	return err
}
