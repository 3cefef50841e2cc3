package identity

import (
	"context"
	"errors"
	"net/http"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
)

// refusalID is the request in the path.
type refusalID struct {
	ID string `path:"id" maxLength:"64"`
}

// registerWhy adds GET /refusals/{id} for administrators.
func registerWhy(on holdfast.Routes, administrators holdfast.Policy[Caller], kept RefusalStore, accounts *account.Service) {
	show := func(ctx context.Context, _ Caller, in refusalID) (Refusal, error) {
		stored, err := kept.Refusal(ctx, in.ID)
		if errors.Is(err, ErrNoRefusal) {
			return Refusal{}, holdfast.Errorf(http.StatusNotFound, "Refusal not found; the last few thousand are kept")
		}
		if err != nil {
			return Refusal{}, err
		}
		if err := accounts.RecordRead(ctx, account.AuditSubject{Kind: "request", ID: stored.ID}, "refusal"); err != nil {
			return Refusal{}, unavailable(err)
		}
		return readRefusal(stored)
	}
	holdfast.Get(on, "/refusals/{id}", administrators, show, holdfast.Tags("access"),
		holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: http.StatusNotFound, Text: "There is no such refusal any more"}}}),
		holdfast.OperationID("explain_refusal"), holdfast.Summary("Why a request was refused, step by step"))
}
