package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	pagekit "github.com/holdfast-go/holdfast/internal/pages"
	"github.com/holdfast-go/holdfast/oauth"
)

// authorizePage is where clients send people for a code: it signs them in, asks
// what has to be asked, and sends them back. package oauth says what a request may
// be, account what a code is; here is what a person sees.
type authorizePage struct {
	*signInPage
	tokens   *oauth.Server
	accounts *account.Service

	at    string            // from the origin
	own   bool              // the program has a sign-in page of its own
	root  string            // the origin of the public URL
	words map[string]string // what scopes are for, by name
	lasts func(account.Client) string
}

func (p *authorizePage) register(on holdfast.Routes) {
	show := func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error { return p.show(w, r) }
	submit := func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error { return p.submit(w, r) }
	on.Handle("GET /authorize", holdfast.Raw(holdfast.Public(), show), holdfast.Hidden())
	on.Handle("POST /authorize", holdfast.Raw(holdfast.Public(), submit), holdfast.Hidden())
	p.style(on)
	p.tokens.AnnounceAuthorize()
}

// asked is a request for a code and who is asked.
type asked struct {
	oauth.AuthorizeRequest

	caller Caller // zero if no one is signed in
	cookie string
}

// read is a request with who has come with it. Its errors are for fail.
func (p *authorizePage) read(r *http.Request, raw string) (asked, error) {
	request, err := p.tokens.ReadAuthorize(r.Context(), raw)
	if err != nil {
		return asked{}, err
	}
	a := asked{AuthorizeRequest: request}
	presents, ok := findSession(r)
	if !ok {
		return a, nil
	}
	a.caller, err = p.sessions.find(r.Context(), presents)
	if errors.Is(err, account.ErrNoCaller) || errors.Is(err, errRepeated) {
		return a, nil
	}
	a.cookie = presents.cookies[0]
	return a, err
}

// show answers a request for a code.
func (p *authorizePage) show(w http.ResponseWriter, r *http.Request) error {
	a, err := p.read(r, r.URL.RawQuery)
	if err != nil {
		return p.fail(w, r, err)
	}
	must, err := p.mustSignIn(r.Context(), a)
	switch {
	case err != nil:
		return p.fail(w, r, err)
	case must && a.None:
		return p.fail(w, r, a.Refuse("login_required", "Somebody has to sign in"))
	case must:
		return p.askWho(w, a)
	}
	consent, err := p.mustAsk(r.Context(), a)
	switch {
	case err != nil:
		return p.fail(w, r, err)
	case consent.asks && a.None:
		return p.fail(w, r, a.Refuse("consent_required", "The user has to be asked"))
	case consent.asks:
		return p.askWhat(w, http.StatusOK, a, consent, "")
	}
	return p.send(w, r, a)
}

// submit takes what a form of this page sends, or a request for a code that was
// posted (RFC 6749 section 3.1), which changes nothing and is asked for again.
func (p *authorizePage) submit(w http.ResponseWriter, r *http.Request) error {
	if !readForm(w, r) {
		return p.fail(w, r, &oauth.AuthorizeError{Code: "invalid_request", Description: unreadable})
	}
	does := r.PostForm.Get("do")
	if does != "" {
		if err := p.sessions.origins.check(asUnsafe(r)); err != nil {
			return p.fail(w, r, err)
		}
	}
	a, err := p.read(r, r.PostForm.Encode())
	if err != nil {
		return p.fail(w, r, err)
	}
	switch does {
	case "":
		return seeOther(w, p.at+"?"+a.Query.Encode()) // without what else the form had: it may be a password
	case "signin":
		return p.signIn(w, r, a)
	case "choose":
		return p.setOwn(w, r, p.at+later(a), p.signInForm(a, ""))
	case "deny":
		return p.fail(w, r, a.Refuse("access_denied", "The user does not allow it"))
	case "allow":
		return p.allow(w, r, a)
	}
	return p.fail(w, r, &oauth.AuthorizeError{Code: "invalid_request", Description: unreadable})
}

// mustSignIn reports whether somebody has to sign in before anything is asked.
func (p *authorizePage) mustSignIn(ctx context.Context, a asked) (bool, error) {
	if a.cookie == "" || a.Login {
		return true, nil
	}
	if a.MaxAge < 0 {
		return false, nil
	}
	at, err := p.accounts.AuthTime(ctx, a.caller)
	if errors.Is(err, account.ErrNoCaller) {
		return true, nil
	}
	return p.sessions.now().Sub(at) > a.MaxAge, err
}

// later is the request as it goes on after a person has signed in, which
// they do not have to do again.
func later(a asked) string {
	query := url.Values{}
	for name, values := range a.Query {
		query[name] = slices.Clone(values)
	}
	query.Del("max_age")
	words := slices.DeleteFunc(strings.Fields(query.Get("prompt")), func(one string) bool { return one == "login" || one == "select_account" })
	if query.Del("prompt"); len(words) > 0 {
		query.Set("prompt", strings.Join(words, " "))
	}
	return "?" + query.Encode()
}

// askWho shows the form to sign in, on this page: it leads to the client.
func (p *authorizePage) askWho(w http.ResponseWriter, a asked) error {
	if p.own {
		return seeOther(w, p.path+"?next="+url.QueryEscape(p.at+later(a)))
	}
	return p.render(w, http.StatusOK, p.signInForm(a, a.Hint))
}

func (p *authorizePage) signInForm(a asked, name string) form {
	shown := signInForm
	shown.Action, shown.To, shown.Name, shown.leads, shown.popup = "authorize", a.Client.Name, name, leads(a.Redirect), true
	shown.Hidden = append(hidden(a.Query), pagekit.Hidden{Name: "do", Value: "signin"})
	return shown
}

func (p *authorizePage) signIn(w http.ResponseWriter, r *http.Request, a asked) error {
	name := r.PostForm.Get("username")
	err := p.sessions.signIn(w, r, name, r.PostForm.Get("password"))
	if err == nil {
		return seeOther(w, p.at+later(a))
	}
	return p.refused(w, r, err, p.signInForm(a, name))
}

// hidden is a request as a form carries it unseen.
func hidden(query url.Values) (out []pagekit.Hidden) {
	for _, name := range slices.Sorted(keysOf(query)) {
		for _, value := range query[name] {
			out = append(out, pagekit.Hidden{Name: name, Value: value})
		}
	}
	return out
}

// allow takes the yes of a person to what the page has shown.
func (p *authorizePage) allow(w http.ResponseWriter, r *http.Request, a asked) error {
	if a.cookie == "" {
		return p.askWho(w, a) // the session has ended meanwhile
	}
	consent, err := p.mustAsk(r.Context(), a)
	if err != nil {
		return p.fail(w, r, err)
	}
	if !hmac.Equal([]byte(r.PostForm.Get("bound")), []byte(consent.bound)) {
		return p.askWhat(w, http.StatusConflict, a, consent, "Something has changed since this page was shown. Look again.")
	}
	if !a.Client.FirstParty {
		if err := p.accounts.GiveConsent(r.Context(), a.caller.User.ID, consent.ask); err != nil {
			return p.fail(w, r, unavailable(err))
		}
	}
	return p.send(w, r, a)
}

// send sends the person back with a code.
func (p *authorizePage) send(w http.ResponseWriter, r *http.Request, a asked) error {
	code, err := p.accounts.NewCode(r.Context(), a.caller, a.CodeAsk())
	switch {
	case errors.Is(err, account.ErrNoCaller):
		return p.askWho(w, a)
	case errors.Is(err, account.ErrNoConsent), errors.Is(err, account.ErrNoClient):
		return p.fail(w, r, a.Refuse("access_denied", "What was allowed was withdrawn meanwhile"))
	case err != nil:
		return p.fail(w, r, unavailable(err))
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return seeOther(w, a.Answer(code))
}

// bind makes what a form carries to be taken as the answer to what was shown: of
// the session, the request, the scopes and the services, which no other page can
// know.
func bind(a asked, shown []string) string {
	mac := hmac.New(sha256.New, []byte(a.cookie))
	mac.Write([]byte("consent\x00" + a.Query.Encode() + "\x00" + a.Client.Name + "\x00" + strings.Join(shown, " ")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
