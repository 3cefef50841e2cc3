package identity

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	pagekit "github.com/holdfast-go/holdfast/internal/pages"
	"github.com/holdfast-go/holdfast/internal/retryafter"
	"github.com/holdfast-go/holdfast/oauth"
)

var errorPage = text("error.html")

// failure is what the page of an error shows.
type failure struct{ Heading, Problem, Help, Reason string }

// fail tells the client what is wrong, or the person where no client may be told.
func (p *authorizePage) fail(w http.ResponseWriter, r *http.Request, err error) error {
	var refused *oauth.AuthorizeError
	if !errors.As(err, &refused) {
		return p.signInPage.fail(w, r, err)
	}
	if location, ok := refused.Location(); ok {
		w.Header().Set("Referrer-Policy", "no-referrer")
		return seeOther(w, location)
	}
	return p.renderError(w, http.StatusBadRequest, failure{
		Heading: "This cannot go on", Problem: "The application that sent you here has made a mistake, so you are not sent back to it.",
		Help: "Close this page, and tell those who make the application.", Reason: strings.TrimSuffix(refused.Description, ".") + ".",
	})
}

// fail answers with a page to an error that no form can say.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, err error) error {
	var answer *holdfast.Error
	switch {
	case errors.As(err, &answer) && answer.Status == http.StatusForbidden:
		return p.renderError(w, http.StatusForbidden, failure{Heading: "Nothing was done", Problem: fmt.Sprint(answer.Detail, "."), Help: "If you have meant it, begin again."})
	case r.Context().Err() != nil:
		return err
	}
	p.failed(r, err)
	w.Header().Set("Retry-After", retryafter.Value(time.Second))
	return p.renderError(w, http.StatusServiceUnavailable, failure{Heading: "Not just now", Problem: "That did not work just now. Try again in a moment."})
}

func (p *pages) renderError(w http.ResponseWriter, status int, shown failure) error {
	return errorPage.Render(w, status, pagekit.Page{Site: p.site, Title: shown.Heading, Style: stylesheet, Content: shown})
}
