package identity

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/keytext"
	pagekit "github.com/holdfast-go/holdfast/internal/pages"
)

var accountTemplate = text("account.html")

// accountPage is where people see and end what they have: sessions, what they have
// allowed clients, API keys, and their password.
type accountPage struct {
	*signInPage
	accounts *account.Service
	at       string // from the origin
	words    map[string]string
}

// accountPage is the page as an application shows it.
func (id *Identity) accountPage(signIn *signInPage) *accountPage {
	return &accountPage{signInPage: signIn, accounts: id.accounts.Service, at: signIn.base + id.config.Scheme.prefix + "/account", words: id.words()}
}

func (p *accountPage) register(on holdfast.Routes) {
	show := func(w http.ResponseWriter, r *http.Request, c Caller) error {
		return p.show(w, r, c, http.StatusOK, "")
	}
	on.Handle("GET /account", holdfast.Raw(holdfast.Public(), p.signedIn(show)), holdfast.Hidden())
	on.Handle("POST /account", holdfast.Raw(holdfast.Public(), p.signedIn(p.submit)), holdfast.Hidden())
	p.style(on)
}

// signedIn is a handler for those who have signed in; who has not is sent there.
// So the page is for everybody in the access table, as the form to sign in is.
func (p *accountPage) signedIn(next func(http.ResponseWriter, *http.Request, Caller) error) func(http.ResponseWriter, *http.Request, holdfast.Anyone) error {
	return func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		presents, ok := findSession(r)
		if !ok {
			return seeOther(w, p.path+"?next="+url.QueryEscape(p.at))
		}
		c, err := p.sessions.verify(r.Context(), presents)
		switch {
		case errors.Is(err, account.ErrNoCaller), errors.Is(err, errRepeated):
			return seeOther(w, p.path+"?next="+url.QueryEscape(p.at))
		case err != nil:
			return p.fail(w, r, err)
		}
		return next(w, r, c)
	}
}

// own is what the page shows.
type own struct {
	User          account.User
	Roles         string
	Consents      []allowed
	Sessions      []signedIn
	Keys          []apiKey
	Others        bool // there is another session than this one
	Least         int
	Bound         string
	Done, Problem string
}

// allowed is a client that may act for the person.
type allowed struct {
	ID, Name string
	Scopes   []scopeLine
	Audience []string // the services that it is for; none for the program itself
	Given    moment
}

// signedIn is a session of the person.
type signedIn struct {
	ID, Where, Client, Address string
	Created, LastUsed          moment
	This                       bool
}

// apiKey is an API key of the person.
type apiKey struct {
	ID, Name string
	Prefix   string
	Scopes   []scopeLine
	Used     bool
	LastUsed moment
	Expires  moment
}

// moment is a time as a page says it.
type moment time.Time

func (m moment) String() string { return time.Time(m).UTC().Format("2 January 2006, 15:04 UTC") }

// Stamp is the moment for programs.
func (m moment) Stamp() string { return time.Time(m).UTC().Format(time.RFC3339) }

// whatWasDone are the sentences after something was done, by what the address
// says.
var whatWasDone = map[string]string{
	"withdrawn": "The application cannot act for you any more.",
	"ended":     "The session has ended.",
	"others":    "All other sessions have ended.",
	"revoked":   "The API key is good for nothing any more.",
	"password":  "Your password is changed, and all other sessions have ended.",
}

// show answers with the page, and what was wrong with the last form if something
// was.
func (p *accountPage) show(w http.ResponseWriter, r *http.Request, c Caller, status int, problem string) error {
	shown := own{
		User: c.User, Roles: strings.Join(c.User.Roles, ", "), Least: p.least, Bound: boundTo(r), Problem: problem,
	}
	if problem == "" {
		shown.Done = whatWasDone[r.URL.Query().Get("done")]
	}
	var err error
	if shown.Consents, err = p.consents(r.Context(), c); err != nil {
		return p.fail(w, r, err)
	}
	if shown.Sessions, err = p.sessionsOf(r.Context(), c); err != nil {
		return p.fail(w, r, err)
	}
	if shown.Keys, err = p.keys(r.Context(), c); err != nil {
		return p.fail(w, r, err)
	}
	shown.Others = slices.ContainsFunc(shown.Sessions, func(one signedIn) bool { return !one.This })
	return accountTemplate.Render(w, status, pagekit.Page{Site: p.site, Title: "Your account", Style: stylesheet, Wide: true, Content: shown})
}

func (p *accountPage) consents(ctx context.Context, c Caller) (out []allowed, err error) {
	list, err := p.accounts.Consents(ctx, c.User.ID)
	if err != nil {
		return nil, err
	}
	for _, one := range list {
		client, err := p.accounts.Client(ctx, one.ClientID)
		if errors.Is(err, account.ErrNoClient) {
			client.Name = one.ClientID // a program has declared it once
		} else if err != nil {
			return nil, err
		}
		line := allowed{ID: one.ClientID, Name: client.Name, Audience: one.Audience, Given: moment(one.Given)}
		for _, scope := range one.Scopes {
			line.Scopes = append(line.Scopes, inWords(p.words, scope))
		}
		out = append(out, line)
	}
	return out, nil
}

// sessionsOf lists where the person is signed in, this browser first and then by
// last use.
func (p *accountPage) sessionsOf(ctx context.Context, c Caller) (out []signedIn, err error) {
	list, err := p.accounts.Sessions(ctx, c.User.ID)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b account.SessionInfo) int { return b.LastUsed.Compare(a.LastUsed) })
	this := slices.IndexFunc(list, func(one account.SessionInfo) bool { return one.ID == c.SessionID })
	if this > 0 {
		list = slices.Insert(slices.Delete(slices.Clone(list), this, this+1), 0, list[this])
	}
	for _, one := range list {
		out = append(out, signedIn{
			ID: one.ID, Where: cmp.Or(one.Device, "An unknown device"), Client: one.Client, Address: one.Address,
			Created: moment(one.Created), LastUsed: moment(one.LastUsed), This: one.ID == c.SessionID,
		})
	}
	return out, nil
}

// keys lists the person's API keys that are not over, the newest first.
func (p *accountPage) keys(ctx context.Context, c Caller) (out []apiKey, err error) {
	list, err := p.accounts.APIKeys(ctx, account.APIKeyOwner{UserID: c.User.ID})
	if err != nil {
		return nil, err
	}
	for _, one := range slices.Backward(list) {
		if !one.Expires.After(p.sessions.now()) {
			continue
		}
		line := apiKey{
			ID: one.ID, Name: one.Name, Prefix: keytext.Person, Used: !one.LastUsed.IsZero(), LastUsed: moment(one.LastUsed), Expires: moment(one.Expires),
		}
		for _, scope := range one.Scopes {
			line.Scopes = append(line.Scopes, inWords(p.words, scope))
		}
		out = append(out, line)
	}
	return out, nil
}

// boundTo makes what the page's forms carry, so that each is one of this session's
// pages: no other page knows it.
func boundTo(r *http.Request) string {
	mac := hmac.New(sha256.New, []byte(strings.Join(cookiesOf(r), " ")))
	mac.Write([]byte("account"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// submit does what a form of the page says. No page of another site has sent it.
func (p *accountPage) submit(w http.ResponseWriter, r *http.Request, c Caller) error {
	if !readForm(w, r) {
		return p.show(w, r, c, http.StatusBadRequest, unreadable)
	}
	if !hmac.Equal([]byte(r.PostForm.Get("bound")), []byte(boundTo(r))) {
		return p.show(w, r, c, http.StatusForbidden, "The form was not of this session. Try again.")
	}
	switch r.PostForm.Get("do") {
	case "withdraw":
		return p.withdraw(w, r, c)
	case "end":
		err := p.accounts.EndSession(r.Context(), c.User.ID, r.PostForm.Get("session"))
		return p.ended(w, r, err, "ended")
	case "others":
		return p.ended(w, r, p.accounts.EndSessions(r.Context(), c.User.ID, c.SessionID), "others")
	case "revoke":
		return p.revoke(w, r, c)
	case "password":
		return p.changePassword(w, r, c)
	}
	return p.show(w, r, c, http.StatusBadRequest, unreadable)
}

// done sends the browser to the page again, so that nothing is done twice.
func (p *accountPage) done(w http.ResponseWriter, what string) error {
	return seeOther(w, p.at+"?done="+what)
}

// ended says that a session has ended, now or already.
func (p *accountPage) ended(w http.ResponseWriter, r *http.Request, err error, what string) error {
	if err != nil && !errors.Is(err, account.ErrNoSession) {
		return p.fail(w, r, err)
	}
	return p.done(w, what)
}

func (p *accountPage) withdraw(w http.ResponseWriter, r *http.Request, c Caller) error {
	err := p.accounts.WithdrawConsent(r.Context(), c.User.ID, r.PostForm.Get("client"))
	if err != nil && !errors.Is(err, account.ErrNoConsent) { // it was withdrawn already
		return p.fail(w, r, err)
	}
	return p.done(w, "withdrawn")
}

func (p *accountPage) revoke(w http.ResponseWriter, r *http.Request, c Caller) error {
	err := p.accounts.RevokeAPIKey(r.Context(), account.APIKeyOwner{UserID: c.User.ID}, r.PostForm.Get("key"))
	if err != nil && !errors.Is(err, account.ErrNoAPIKey) { // it is gone already
		return p.fail(w, r, err)
	}
	return p.done(w, "revoked")
}

func (p *accountPage) changePassword(w http.ResponseWriter, r *http.Request, c Caller) error {
	current, next := r.PostForm.Get("current"), r.PostForm.Get("password")
	err := errDiffer
	if next == r.PostForm.Get("again") {
		err = p.accounts.ChangePassword(r.Context(), c, account.Secret(current), account.Secret(next))
	}
	switch {
	case errors.Is(err, account.ErrBadLogin):
		return p.show(w, r, c, http.StatusUnprocessableEntity, "The present password is wrong.")
	case errors.Is(err, account.ErrNoCaller):
		return seeOther(w, p.path)
	case err != nil:
		status, problem := p.problem(w, r, err)
		return p.show(w, r, c, status, problem)
	}
	// All sessions have ended, this one, too: its secret may be why.
	if err := p.sessions.signIn(w, r, c.User.Name, next); err != nil {
		return seeOther(w, p.path)
	}
	return p.done(w, "password")
}

// words are what scopes are for, by name.
func (id *Identity) words() map[string]string {
	words := map[string]string{}
	for _, one := range id.config.Scheme.Scheme.Scopes() {
		words[one.Name()] = one.Description()
	}
	return words
}

func inWords(words map[string]string, scope string) scopeLine {
	line := scopeLine{Name: scope, Text: words[scope]}
	if line.Text == "" {
		line.Text = scope
	}
	return line
}
