package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/accountapi"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/tty"
)

// auditCmd is `holdfast audit`.
type auditCmd struct {
	List   auditList   `cmd:"" help:"List what has happened, the newest first."`
	Export auditExport `cmd:"" help:"Print the sealed records as JSON lines, the oldest first."`
	Verify auditVerify `cmd:"" help:"Look whether a record was changed, cut off or moved. Exits with 1 if so."`
	Head   auditHead   `cmd:"" help:"Print the signed head of the chain, to be kept where nobody who has the database can change it."`
}

// auditQuery are the flags of what is looked for.
type auditQuery struct {
	User  string `help:"Of this user: whom it concerns, or who did it; a name or an id." placeholder:"NAME"`
	Since string `help:"From then on: a time as in 2030-01-02T03:04:05Z, a day, or how long ago, as in 36h." placeholder:"TIME"`
	Event string `help:"Of this kind, as in user.created; with a dot at its end, as in 'user.', all that begin so." placeholder:"KIND"`
}

func (q auditQuery) query(ctx context.Context, accounts *account.Service) (out account.AuditQuery, err error) {
	out.Kind = account.AuditKind(q.Event)
	if q.Since != "" {
		if out.Since, err = tty.ParseSince(q.Since, now()); err != nil {
			return out, err
		}
	}
	if q.User == "" {
		return out, nil
	}
	user, err := accounts.UserByName(ctx, q.User)
	if errors.Is(err, account.ErrNoUser) {
		out.User, err = q.User, nil // the id, of one who may be gone
		return out, err
	}
	out.User = user.ID
	return out, err
}

type auditList struct {
	database
	auditQuery
	Limit int  `default:"50" help:"How many at most."`
	JSON  bool `name:"json" help:"Print JSON."`
}

// Run lists records: those that have no place in the chain yet, and then the others.
func (c *auditList) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) error {
		query, err := c.query(ctx, accounts)
		if err != nil {
			return err
		}
		query.Limit, query.Newest = c.Limit, true
		list, err := accounts.UnsealedAudit(ctx, query)
		if err != nil {
			return err
		}
		query.Limit -= len(list)
		sealed, err := accounts.Audit(ctx, query)
		if err != nil {
			return err
		}
		out := make([]accountapi.AuditRecord, 0, len(list)+len(sealed))
		for _, r := range append(list, sealed...) {
			out = append(out, accountapi.ViewAudit(r))
		}
		if c.JSON {
			return printJSON(std.out, map[string]any{"records": out})
		}
		return identity.WriteAudit(std.out, out)
	})
}

type auditExport struct {
	database
	auditQuery
	After int64 `help:"Only records behind this place in the chain: the last 'seq' of the export before."`
}

// Run exports.
func (c *auditExport) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) error {
		query, err := c.query(ctx, accounts)
		if err != nil {
			return err
		}
		query.After = c.After
		return identity.ExportAudit(ctx, accounts, query, std.out)
	})
}

// withTrail opens the trail of a database, for who has the master key if its key is
// encrypted.
func (m masterKey) withTrail(ctx context.Context, d database, fn func(*account.AuditTrail) error) error {
	if err := d.there(ctx); err != nil {
		return err
	}
	return d.withStoreThere(ctx, func(store store) (err error) {
		config := config(store)
		if config.Keys.Master, config.Keys.OldMaster, err = m.readBoth(); err != nil {
			return err
		}
		trail, err := identity.OpenAudit(ctx, config)
		if err != nil {
			return withKeyHint(err)
		}
		return fn(trail)
	})
}

type auditHead struct {
	database
	masterKey
	Key bool `help:"Print the public key with which others verify heads, as a JWK."`
}

// Run seals what is not yet, and prints the head.
func (c *auditHead) Run(ctx context.Context, std streams) error {
	return c.withTrail(ctx, c.database, func(trail *account.AuditTrail) error {
		if c.Key {
			fmt.Fprintln(std.out, trail.Public())
			return nil
		}
		if _, err := trail.Seal(ctx); err != nil {
			return err
		}
		head, err := trail.Head(ctx)
		if err == nil && head == "" {
			err = errors.New("nothing was recorded yet")
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(std.out, head)
		return nil
	})
}

type auditVerify struct {
	database
	masterKey
	Head string `help:"A file with a line that 'holdfast audit head' has printed before, or - for standard input. Without one, it is not found that the end was cut off by somebody who has an older copy, or that all was written again by somebody who has the key." placeholder:"FILE"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// errAuditFault is said after the report, which has the fault.
var errAuditFault = errors.New("the audit trail is not whole")

// Run verifies.
func (c *auditVerify) Run(ctx context.Context, std streams) error {
	head, err := c.head(std)
	if err != nil {
		return err
	}
	return c.withTrail(ctx, c.database, func(trail *account.AuditTrail) error {
		report, err := trail.Verify(ctx, head)
		if err != nil {
			return err
		}
		if c.JSON {
			err = printJSON(std.out, report)
		} else {
			err = identity.WriteAuditReport(std.out, report)
		}
		if err == nil && report.Fault != "" {
			err = errAuditFault
		}
		return err
	})
}

// head is the head to compare with, the last line of what there is.
func (c *auditVerify) head(std streams) (string, error) {
	var data []byte
	var err error
	switch c.Head {
	case "":
		return "", nil
	case "-":
		data, err = tty.ReadAll(std.in)
	default:
		data, err = os.ReadFile(c.Head)
	}
	if err != nil {
		return "", err
	}
	lines := strings.Fields(string(data))
	if len(lines) == 0 {
		return "", errors.New("--head: there is no head in it")
	}
	return lines[len(lines)-1], nil
}
