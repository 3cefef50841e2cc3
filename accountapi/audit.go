package accountapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// AuditRecord is one record of the audit trail.
type AuditRecord struct {
	Seq     int64             `json:"seq" doc:"Its place in the chain, from 1 on and without gaps; 0 for one that has none yet"`
	Time    time.Time         `json:"time" doc:"Of a record that counts, the beginning of its minute"`
	Event   string            `json:"event" doc:"What has happened, such as user.created"`
	Result  string            `json:"result" enum:"ok,refused,throttled"`
	Actor   AuditActor        `json:"actor" doc:"Who has done it"`
	Subject AuditSubject      `json:"subject" doc:"Whom or what it concerns"`
	Source  string            `json:"source" doc:"The address that it came from; a network where there is a count, or 'others'; empty if unknown"`
	Request string            `json:"request_id" doc:"As the answer has it in X-Request-Id, and the log; empty if there was no request"`
	Count   int64             `json:"count,omitempty" doc:"How often it has happened in its minute; left out for a record of one"`
	Details map[string]string `json:"details" doc:"More, by name; never a secret"`
	MAC     []byte            `json:"mac" doc:"What proves the record and all before it"`
}

// AuditActor is who does something, and as whom.
type AuditActor struct {
	Kind    string `json:"kind" doc:"user, client, cli, server or program; empty if nobody is known"`
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	Client  string `json:"client,omitempty" doc:"The application through which"`
	Session string `json:"session,omitempty" doc:"The session in which"`
	Key     string `json:"key,omitempty" doc:"The id of the API key that was presented"`
}

// AuditSubject is whom or what something concerns.
type AuditSubject struct {
	Kind string `json:"kind,omitempty"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// ViewAudit is a record as it is shown.
func ViewAudit(r account.AuditRecord) AuditRecord {
	out := AuditRecord{
		Seq: r.Seq, Time: r.At, Event: string(r.Kind), Result: r.Result, Actor: AuditActor(r.Actor), Subject: AuditSubject(r.On),
		Source: r.Source, Request: r.Request, Count: r.Count, Details: r.Details.Map(),
	}
	if r.Seq > 0 {
		out.MAC = r.MAC[:]
	}
	return out
}

// AuditPage is a piece of the trail.
type AuditPage struct {
	Records []AuditRecord `json:"records"`
	Next    int64         `json:"next" doc:"What to go on with, in 'before' or, if 'order' is oldest, in 'after'; 0 if there is no more now"`
}

// AuditList says which records are wanted.
type AuditList struct {
	User   string    `query:"user" maxLength:"64" doc:"The id of a user whom they concern or who did it"`
	Event  string    `query:"event" maxLength:"64" doc:"Of this kind; with a dot at its end, as in 'user.', all that begin so"`
	Since  time.Time `query:"since" doc:"From then on"`
	Until  time.Time `query:"until" doc:"Before then"`
	Order  string    `query:"order" default:"newest" enum:"newest,oldest" doc:"Which come first"`
	After  int64     `query:"after" default:"0" minimum:"0" doc:"Behind this place in the chain"`
	Before int64     `query:"before" default:"0" minimum:"0" doc:"Before this place in the chain; 0 for all"`
	Limit  int       `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

// query is what the store is asked.
func (l AuditList) query() account.AuditQuery {
	return account.AuditQuery{
		User: l.User, Kind: account.AuditKind(l.Event), After: l.After, Before: l.Before, Since: l.Since, Until: l.Until,
		Limit: l.Limit, Newest: l.Order == "newest",
	}
}

// RegisterAudit adds GET /audit, for the role auditor, which may do nothing else, and
// for administrators.
func (a *API) RegisterAudit(on holdfast.Routes) {
	reader := a.either(func(by callers) policy { return holdfast.AnyRole(by.Require(a.scopes.ReadAudit), Admin, Auditor) })
	holdfast.Get(on, "/audit", reader, a.listAudit, holdfast.Tags("audit"), fails(noStore),
		holdfast.OperationID("list_audit"), holdfast.Summary("Read the audit trail: what has its place in the chain, which is all but the last second"))
}

func (a *API) listAudit(ctx context.Context, c account.Caller, in AuditList) (AuditPage, error) {
	list, err := a.accounts.Audit(ctx, in.query())
	if err != nil {
		return AuditPage{}, answer(err)
	}
	a.accounts.CountAuditRead(ctx, c)
	page := AuditPage{Records: make([]AuditRecord, len(list))}
	for i, r := range list {
		page.Records[i] = ViewAudit(r)
	}
	if len(list) == in.Limit {
		page.Next = list[len(list)-1].Seq
	}
	return page, nil
}

// Line is a record as one line of JSON, without the newline.
func (r AuditRecord) Line() ([]byte, error) { return json.Marshal(r) }

// noteRead records that a caller reads what is another's: a user's, or of all users.
// What cannot be recorded is not shown.
func (a *API) noteRead(ctx context.Context, c account.Caller, userID, what string) error {
	if userID != "" && userID == c.User.ID {
		return nil
	}
	on := account.AuditSubject{Kind: "users"}
	if userID != "" {
		on = account.AuditSubject{Kind: "user", ID: userID}
	}
	return answer(a.accounts.RecordRead(ctx, on, what))
}
