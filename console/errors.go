package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	apianswer "github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/keyring"
)

type answer = apianswer.Failure

// errDiffer says that a name which was to be typed to be sure is another.
var errDiffer = errors.New("the name is another")

// errNoFile says that no file was sent that could be imported.
var errNoFile = errors.New("no file was sent, or of no known format")

// errTooLong says that something takes longer than a page should.
var errTooLong = errors.New("it takes too long for a page")

// problem is the sentence that a form shows about an error of who has sent it, and
// the status; 0 if it is none.
func problem(err error) (status int, text string) {
	var invalid *account.InvalidError
	switch {
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity, "The " + invalid.Field + " " + invalid.Reason + "."
	case errors.Is(err, errDiffer):
		return http.StatusUnprocessableEntity, "Nothing was removed: the name that was typed is another."
	case errors.Is(err, account.ErrNameTaken):
		return http.StatusConflict, "Somebody has that name already."
	case errors.Is(err, account.ErrClientTaken):
		return http.StatusConflict, "There is a client of this id already."
	case errors.Is(err, account.ErrLastAdmin):
		return http.StatusConflict, "Nothing was changed: at least one administrator who can sign in must remain."
	case errors.Is(err, account.ErrRoleInUse):
		return http.StatusConflict, "Nothing was removed: somebody has the role."
	case errors.Is(err, errNoFile):
		return http.StatusUnprocessableEntity, "Choose a file, and say what has written it."
	case errors.Is(err, errTooLong):
		return http.StatusServiceUnavailable, "There are too many records to verify them while a page waits: holdfast audit verify takes the time that it needs."
	case errors.Is(err, keyring.ErrAnnounced):
		return http.StatusConflict, "Another key is announced already. It can sign at once."
	case errors.Is(err, keyring.ErrSettling):
		return http.StatusConflict, "A key is about to sign; try again in a few seconds."
	case errors.Is(err, account.ErrNoSession), errors.Is(err, account.ErrNoAPIKey):
		return http.StatusConflict, "It is gone already."
	}
	return 0, ""
}

// answerOf is what is answered to an error of the domain that no form can say. Any
// other means that the store could not be asked.
func answerOf(err error) error {
	for is, text := range map[error]string{
		account.ErrNoUser: "There is no such user", account.ErrNoRole: "There is no such role", account.ErrNoClient: "There is no such client",
		identity.ErrNoRefusal: "There is no such refusal; the last few thousand are kept", errNoRoute: "There is no such route",
	} {
		if errors.Is(err, is) {
			return holdfast.Errorf(http.StatusNotFound, "%s", text)
		}
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &holdfast.Error{Status: http.StatusServiceUnavailable, RetryAfter: time.Second, Cause: err}
}

// errNoRoute is about a route that the table does not have.
var errNoRoute = errors.New("no such route")

// whatWasDone are the sentences after something was done, by what the address says.
var whatWasDone = map[string]string{
	"created": "The user is there, with a password that is good for one sign-in, in which they set another.", "unlocked": "Wrong passwords are counted from zero again.", "roles": "The roles are changed; it holds from the next request.",
	"disabled": "The user cannot sign in any more, and all their sessions have ended.", "enabled": "The user can sign in again.",
	"removed": "It is removed.", "ended": "The session has ended.", "all-ended": "All sessions of the user have ended.",
	"announced": "The next key is announced, and takes over by itself.", "rotated": "The next key signs from now on. What the one before has signed stays good until it expires.",
	"revoked": "The key is good for nothing any more.", "role": "The role is kept; it holds from the next request.",
	"client": "The client is changed; it holds from its next request.", "client-disabled": "The client gets no tokens any more, and those it has are good for nothing.", "client-enabled": "The client can ask for tokens again.",
}
