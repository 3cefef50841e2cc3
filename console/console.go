package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/access"
)

// console is the pages of one application.
type console struct {
	app      *holdfast.App
	id       *identity.Identity
	accounts *account.Service
	prefix   string
	site     string
	fresh    time.Duration
	now      func() time.Time
	backup   func(ctx context.Context, to io.Writer) error // nil for none
	copying  sync.Mutex                                    // while a backup is made
	began    time.Time
	table    func() (access.Document, error) // of the application; it does not change
}

type (
	caller = identity.Caller
	policy = holdfast.Policy[caller]
)

// errStale is about a sign-in that is too long ago for what is to be done.
var errStale = errors.New("the sign-in is too long ago")

// staleCode is how the page of the refusal knows it.
const staleCode = "sign_in_again"

// freshSignIn lets in those who have signed in a short time ago.
func (c *console) freshSignIn(ctx context.Context, who caller) (caller, error) {
	fresh, err := c.isFresh(ctx, who)
	if err == nil && !fresh {
		err = &holdfast.Error{
			Status: http.StatusForbidden, Code: staleCode, Cause: errStale,
			Detail: fmt.Sprintf("To change something, sign in again: the last time was more than %s ago", inWords(c.fresh)),
		}
	}
	return who, err
}

func (c *console) isFresh(ctx context.Context, who caller) (bool, error) {
	at, err := c.accounts.AuthTime(ctx, who)
	return err == nil && c.now().Sub(at) < c.fresh, err
}
