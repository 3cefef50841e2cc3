package identity

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/account"
)

// story is a server on which everything happens that leaves a record, with what was
// given out meanwhile.
type story struct {
	*shop
	secrets map[string]string // all that was issued or typed, by what it is
	refused []string          // the bodies of errors
	last    int64             // the id of the last record that was looked at
	known   map[string]string // what a step leaves for those after it
}

const (
	givenPassword = "orange umbrellas sail"  // to one user, for one sign-in
	zoePassword   = "purple elephants dance" // of that user, until it is changed
)

// longPassword is of more than a system has kept, and cutPassword is what it kept.
const longPassword = "a sentence that is longer than the seventy-two bytes which bcrypt looks at, and goes on"

func cutPassword() string { return longPassword[:72] }

func openStory(t *testing.T, config Config, more ...func(*shop)) *story {
	t.Helper()
	config.SignUp = &SignUp{}
	s := &story{shop: openClients(t, config, more...), secrets: map[string]string{"the usual password": secret, "zoe's password": zoePassword, "a password that was given": givenPassword}, known: map[string]string{}}
	s.records()
	return s
}

// records are those that were written since it was asked the last time, in words.
func (s *story) records() (out []string) {
	s.t.Helper()
	if err := s.Accounts().FlushAudit(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	for _, r := range everyRecord(s.t, s.config.Store) {
		if r.ID > s.last {
			s.last = r.ID
			out = append(out, inShort(r))
		}
	}
	return out
}

// everyRecord is what a store has, in the order of ids.
func everyRecord(t *testing.T, store account.Store) (out []account.AuditRecord) {
	t.Helper()
	err := store.View(t.Context(), func(r account.Reader) error {
		sealed, err := r.Audit(account.AuditQuery{Limit: account.MaxAuditEvents})
		unsealed, err2 := r.UnsealedAudit(0, account.MaxAuditEvents)
		out = append(sealed, unsealed...)
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(out, func(a, b account.AuditRecord) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// inShort is who did what to whom.
func inShort(r account.AuditRecord) string {
	text := fmt.Sprintf("%s by %s on %s", r.Kind, cmp.Or(strings.TrimSpace(r.Actor.Kind+" "+cmp.Or(r.Actor.Name, r.Actor.ID)), "nobody"), cmp.Or(strings.TrimSpace(r.On.Kind+" "+cmp.Or(r.On.Name, r.On.ID)), "nothing"))
	if r.Result != account.AuditOK {
		text += ", " + r.Result
	}
	return text
}

// keep remembers a secret that was given out.
func (s *story) keep(what, value string) string {
	s.t.Helper()
	if value == "" {
		s.t.Fatalf("%s was not given", what)
	}
	s.secrets[what] = value
	return value
}

// call sends JSON with a token, and remembers what is secret in the answer.
func (s *story) call(want int, method, path, token, body string) map[string]any {
	s.t.Helper()
	a := s.browser().do(method, path, body, "Authorization: Bearer "+token, "Content-Type: application/json")
	if a.status != want {
		s.t.Fatalf("%s %s = %d %s, want %d", method, path, a.status, a.body, want)
	}
	return s.took(path, a)
}

// form posts a form, as call does.
func (s *story) form(want int, path, form string) map[string]any {
	s.t.Helper()
	a := s.browser().do("POST", path, form)
	if a.status != want {
		s.t.Fatalf("POST %s = %d %s, want %d", path, a.status, a.body, want)
	}
	return s.took(path, a)
}

func (s *story) took(path string, a answer) map[string]any {
	if a.status >= 400 {
		s.refused = append(s.refused, a.body)
	}
	out := map[string]any{}
	_ = json.Unmarshal([]byte(a.body), &out) // a list has no secret
	for _, name := range []string{"access_token", "refresh_token", "client_secret", "key"} {
		if text, ok := out[name].(string); ok {
			s.secrets[fmt.Sprintf("%s of %s, no. %d", name, path, len(s.secrets))] = text
		}
	}
	return out
}

// signs in with all scopes, and returns the access and the refresh token.
func (s *story) signIn(name, password string) (access, refresh string) {
	s.t.Helper()
	form := credentials(name, password) + "&scope=" + url.QueryEscape("me users:read users:write roles:write clients:write keys:write audit:read")
	got := s.form(http.StatusOK, "/token", form)
	return fmt.Sprint(got["access_token"]), fmt.Sprint(got["refresh_token"])
}

func (s *story) refresh(want int, token string) (next string) {
	s.t.Helper()
	got := s.form(want, "/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}.Encode())
	return fmt.Sprint(got["refresh_token"])
}

// person is the id of a user.
func (s *story) person(name string) string { return s.userID(name) }

// step is something that is done, and the records of it.
type step struct {
	what string
	do   func(s *story)
	want []string
}

// tell does all steps, and says of each which records there are.
func (s *story) tell(steps []step) {
	s.t.Helper()
	for _, one := range steps {
		one.do(s)
		if got := s.records(); !slices.Equal(got, one.want) {
			s.t.Errorf("%s: the records are\n\t%s\nwant\n\t%s", one.what, strings.Join(got, "\n\t"), strings.Join(one.want, "\n\t"))
		}
	}
}

// allSteps is what can be done that leaves a record of its own.
func allSteps() []step {
	return slices.Concat(setupSteps(), userSteps(), tokenSteps(), clientSteps(), keySteps(), readSteps(), endSteps())
}

func setupSteps() []step {
	return []step{
		{"the setup link is made", func(s *story) {
			link, err := s.SetupLink(s.t.Context())
			if err != nil {
				s.t.Fatal(err)
			}
			_, once, _ := strings.Cut(link, "?secret=")
			s.known["setup"] = s.keep("the setup secret", once)
		}, []string{"setup.issued by program on nothing"}},
		{"the first administrator is made", func(s *story) {
			s.form(http.StatusOK, "/setup", url.Values{"secret": {s.known["setup"]}, "name": {"root"}, "password": {secret}}.Encode())
		}, []string{"setup.done by user root on user root"}},
		{"root signs in", func(s *story) { s.known["root"], _ = s.signIn("root", secret) }, []string{"signed_in by user root on user root"}},
		{"somebody signs up", func(s *story) {
			s.call(http.StatusCreated, "POST", "/signup", "", `{"name":"sue","password":"`+secret+`"}`)
		}, []string{"user.signed_up by nobody on user sue"}},
	}
}

func userSteps() []step {
	return []step{
		{"a user is made", func(s *story) {
			s.call(http.StatusCreated, "POST", "/users", s.known["root"], `{"name":"zoe","password":"`+givenPassword+`","roles":["user"]}`)
		}, []string{"user.created by user root on user zoe"}},
		{"the password that was given is no sign-in, and is replaced", func(s *story) {
			s.form(http.StatusBadRequest, "/token", credentials("zoe", givenPassword))
			a := s.browser().do("POST", "/signin", credentials("zoe", givenPassword))
			_, once, _ := strings.Cut(a.body, `name="secret" value="`)
			once, _, _ = strings.Cut(once, `"`)
			s.keep("the secret of the page to choose a password", once)
			s.call(http.StatusNoContent, "POST", "/first-password", "", `{"name":"zoe","given_password":"`+givenPassword+`","new_password":"`+zoePassword+`"}`)
		}, []string{"reset.issued by user zoe on user zoe", "password.changed by user zoe on user zoe"}},
		{"a user is changed", func(s *story) {
			s.call(http.StatusOK, "PATCH", "/users/"+s.person("zoe"), s.known["root"], `{"email":"zoe@example.org"}`)
		}, []string{"user.changed by user root on user zoe"}},
		{"a user gets roles", func(s *story) {
			s.call(http.StatusOK, "PUT", "/users/"+s.person("zoe")+"/roles", s.known["root"], `{"roles":["user","manager"]}`)
		}, []string{"user.roles by user root on user zoe"}},
		{"a password is changed", func(s *story) {
			token, _ := s.signIn("zoe", zoePassword)
			next := s.keep("zoe's second password", "quiet lanterns drift")
			s.call(http.StatusNoContent, "PUT", "/users/me/password", token, `{"current_password":"`+zoePassword+`","new_password":"`+next+`"}`)
		}, []string{"signed_in by user zoe on user zoe", "password.changed by user zoe on user zoe"}},
		{"a link for a password is made and used", func(s *story) {
			link, err := s.ResetLink(s.t.Context(), s.person("zoe"))
			if err != nil {
				s.t.Fatal(err)
			}
			_, once, _ := strings.Cut(link, "?secret=")
			next := s.keep("zoe's third password", "seven copper kettles")
			s.form(http.StatusOK, "/reset", url.Values{"secret": {s.keep("the reset secret", once)}, "password": {next}, "again": {next}}.Encode())
		}, []string{"reset.issued by program on user zoe", "password.reset by user zoe on user zoe"}},
		{"users are imported", func(s *story) {
			if _, err := s.Accounts().Import(s.t.Context(), []account.ImportedUser{{Name: "imp"}, {Name: "imp2"}, {Name: "zoe"}}); err != nil {
				s.t.Fatal(err)
			}
		}, []string{"user.imported by program on user imp", "user.imported by program on user imp2"}},
		{"a password that another system had cut lets in, this once", func(s *story) {
			hash, err := bcrypt.GenerateFromPassword([]byte(cutPassword()), bcrypt.MinCost)
			if err != nil {
				s.t.Fatal(err)
			}
			if _, err := s.Accounts().Import(s.t.Context(), []account.ImportedUser{{Name: "len", Hash: string(hash), CutUntil: time.Now().AddDate(1, 0, 0)}}); err != nil {
				s.t.Fatal(err)
			}
			s.signIn("len", s.keep("a long password", longPassword))
		}, []string{"user.imported by program on user len", "signed_in by user len on user len", "password.cut by user len on user len"}},
		{"wrong passwords in a row are forgotten", func(s *story) {
			if err := s.Accounts().ClearFailures(s.t.Context(), s.person("zoe")); err != nil {
				s.t.Fatal(err)
			}
		}, []string{"failures.cleared by program on user zoe"}},
		{"a role is made and removed", func(s *story) {
			s.call(http.StatusOK, "PUT", "/roles/clerk", s.known["root"], `{"scopes":["me"]}`)
			s.call(http.StatusNoContent, "DELETE", "/roles/clerk", s.known["root"], "")
		}, []string{"role.put by user root on role clerk", "role.removed by user root on role clerk"}},
	}
}

func tokenSteps() []step {
	return []step{
		{"a token is refreshed, and one that was used comes again", func(s *story) {
			_, first := s.signIn("ann", secret)
			second := s.refresh(http.StatusOK, first)
			s.refresh(http.StatusOK, second)
			s.refresh(http.StatusBadRequest, first)
		}, []string{
			"signed_in by user ann on user ann", "token.refreshed by user ann on user ann", "token.refreshed by user ann on user ann",
			"token.reused by nobody on user ann, refused",
		}},
		{"a browser signs in, and allows a client what it asks for", func(s *story) {
			b := s.signedIn("ann")
			s.keep("a browser's cookie", b.cookie())
			s.known["code"] = s.keep("a code", b.code(request()))
			s.known["spoiled"] = s.keep("a code that is spoiled", b.code(request()))
			if a := b.do("POST", "/signout", ""); a.status != http.StatusSeeOther {
				s.t.Errorf("POST /signout = %d", a.status)
			}
		}, []string{
			"signed_in by user ann on user ann", "consent.given by user ann on user ann", "code.issued by user ann on user ann", "code.issued by user ann on user ann",
			"signed_out by user ann on user ann",
		}},
		{"codes of a session that has ended are spoiled", func(s *story) {
			s.form(http.StatusBadRequest, "/token", redemption(s.known["code"]))
		}, []string{"code.spoiled by nobody on user ann, refused"}},
		{"a code is redeemed, and once more", func(s *story) {
			b := s.signedIn("ann")
			code := s.keep("a code that is used twice", b.code(request()))
			s.form(http.StatusOK, "/token", redemption(code))
			s.form(http.StatusBadRequest, "/token", redemption(code))
			got := s.form(http.StatusOK, "/token", redemption(s.keep("another code", b.code(request()))))
			s.known["photos"], s.known["photos access"] = fmt.Sprint(got["refresh_token"]), fmt.Sprint(got["access_token"])
		}, []string{
			"signed_in by user ann on user ann", "code.issued by user ann on user ann", "code.redeemed by user ann on user ann", "code.reused by nobody on user ann, refused",
			"code.issued by user ann on user ann", "code.redeemed by user ann on user ann",
		}},
		{"a client gives its tokens back", func(s *story) {
			s.form(http.StatusOK, "/revoke", url.Values{"token": {s.known["photos"]}, "client_id": {"photos"}}.Encode())
		}, []string{"token.revoked by client photos on user ann"}},
		{"a consent is withdrawn", func(s *story) {
			s.known["ann"], _ = s.signIn("ann", secret)
			s.call(http.StatusNoContent, "DELETE", "/users/me/consents/photos", s.known["ann"], "")
		}, []string{"signed_in by user ann on user ann", "consent.withdrawn by user ann on user ann"}},
		{"who has the store begins a session", func(s *story) {
			got, err := s.Accounts().StartSession(s.t.Context(), s.person("ann"), account.Ask{})
			if err != nil {
				s.t.Fatal(err)
			}
			s.keep("a token by hand", string(got.RefreshToken))
		}, []string{"session.started by program on user ann"}},
	}
}

func clientSteps() []step {
	return []step{
		{"a client is made and changed, and gets another secret", func(s *story) {
			got := s.call(http.StatusCreated, "POST", "/clients", s.known["root"], `{"client_id":"robot","client_name":"Robot","grant_types":["client_credentials"],"scope":"me books:read"}`)
			s.call(http.StatusOK, "PUT", "/clients/robot", s.known["root"], `{"client_name":"Robot","grant_types":["client_credentials"],"scope":"me"}`)
			s.call(http.StatusOK, "POST", "/clients/robot/secret", s.known["root"], `{}`)
			s.known["robot"] = fmt.Sprint(got["client_secret"])
		}, []string{"client.created by user root on client Robot", "client.changed by user root on client Robot", "client.secret by user root on client Robot"}},
		{"a client gets a token for itself", func(s *story) {
			s.form(http.StatusOK, "/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}, "client_secret": {s.known["robot"]}}.Encode())
		}, []string{"token.issued by client Robot on client Robot"}},
		{"a client has keys", func(s *story) {
			got := s.call(http.StatusCreated, "POST", "/clients/robot/keys", s.known["root"], `{"name":"cron","scopes":["me"]}`)
			got = s.call(http.StatusCreated, "POST", fmt.Sprintf("/clients/robot/keys/%v/rotate", got["id"]), s.known["root"], `{"overlap":60}`)
			s.call(http.StatusNoContent, "DELETE", fmt.Sprintf("/clients/robot/keys/%v", got["id"]), s.known["root"], "")
		}, []string{"apikey.created by user root on client robot", "apikey.rotated by user root on client robot", "apikey.revoked by user root on client robot"}},
		{"a client is removed", func(s *story) { s.call(http.StatusNoContent, "DELETE", "/clients/robot", s.known["root"], "") }, []string{"client.removed by user root on client Robot"}},
	}
}

func keySteps() []step {
	return []step{
		{"somebody makes a key, and a call with it is theirs", func(s *story) {
			got := s.call(http.StatusCreated, "POST", "/users/me/keys", s.known["root"], `{"name":"backup","scopes":["me","users:read","users:write"]}`)
			s.call(http.StatusOK, "PATCH", "/users/"+s.person("imp"), fmt.Sprint(got["key"]), `{"email":"imp@example.org"}`)
		}, []string{"apikey.created by user root on user root", "user.changed by user root on user imp"}},
		{"a signing key is announced, signs, and is revoked", func(s *story) {
			next, err := s.KeyRing().Rotate(s.t.Context())
			_, err2 := s.KeyRing().Revoke(s.t.Context(), next.ID)
			if err := errors.Join(err, err2); err != nil {
				s.t.Fatal(err)
			}
			s.known["key"] = next.ID
		}, nil},
		{"another issuer is chosen", func(s *story) {
			if _, err := SetIssuer(s.t.Context(), s.config.Store, "https://other.example"); err != nil {
				s.t.Fatal(err)
			}
		}, []string{"setting.chosen by program on setting issuer"}},
	}
}

func readSteps() []step {
	return []step{
		{"an administrator reads what is others'", func(s *story) {
			zoe := s.person("zoe")
			s.call(http.StatusOK, "GET", "/users", s.known["root"], "")
			s.call(http.StatusOK, "GET", "/users/"+zoe, s.known["root"], "")
			s.call(http.StatusOK, "GET", "/users/"+zoe+"/sessions", s.known["root"], "")
			s.call(http.StatusOK, "GET", "/users/"+zoe+"/keys", s.known["root"], "")
		}, []string{"data.read by user root on users", "data.read by user root on user zoe", "data.read by user root on user zoe", "data.read by user root on user zoe"}},
		{"what is one's own is no one else's", func(s *story) {
			s.call(http.StatusOK, "GET", "/users/me", s.known["root"], "")
			s.call(http.StatusOK, "GET", "/users/me/sessions", s.known["root"], "")
			s.call(http.StatusOK, "GET", "/users/"+s.person("root"), s.known["root"], "")
		}, nil},
		{"nothing that is refused has a record of a change", func(s *story) {
			s.call(http.StatusForbidden, "DELETE", "/users/"+s.person("zoe"), s.known["ann"], "")
			s.call(http.StatusUnauthorized, "DELETE", "/users/"+s.person("zoe"), "no token", "")
			s.call(http.StatusNotFound, "DELETE", "/users/nobody", s.known["root"], "")
			s.call(http.StatusConflict, "POST", "/users", s.known["root"], `{"name":"zoe"}`)
			s.call(http.StatusUnprocessableEntity, "POST", "/users", s.known["root"], `{"name":"short","password":"x"}`)
			s.form(http.StatusBadRequest, "/token", credentials("zoe", s.keep("a wrong password", "not the password of zoe")))
			s.form(http.StatusBadRequest, "/token", credentials(s.keep("a password typed as a name", "oops-my-password-1"), "x"))
			s.form(http.StatusUnauthorized, "/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"machine"}, "client_secret": {s.keep("a wrong client secret", "hfcs_not-the-secret")}}.Encode())
		}, nil},
	}
}

func endSteps() []step {
	return []step{
		{"sessions are ended", func(s *story) {
			token, _ := s.signIn("zoe", s.secrets["zoe's third password"])
			s.signIn("zoe", s.secrets["zoe's third password"])
			s.call(http.StatusNoContent, "DELETE", "/users/me/sessions?others=true", token, "")
			list, err := s.Accounts().Sessions(s.t.Context(), s.person("zoe"))
			if err != nil || len(list) != 1 {
				s.t.Fatalf("Sessions = %v, %v", list, err)
			}
			s.call(http.StatusNoContent, "DELETE", "/users/"+s.person("zoe")+"/sessions/"+list[0].ID, s.known["root"], "")
		}, []string{
			"signed_in by user zoe on user zoe", "signed_in by user zoe on user zoe", "sessions.ended by user zoe on user zoe", "session.ended by user root on user zoe",
		}},
		{"somebody signs out", func(s *story) { s.call(http.StatusNoContent, "POST", "/logout", s.known["ann"], "") }, []string{"signed_out by user ann on user ann"}},
		{"a user is removed", func(s *story) {
			s.call(http.StatusNoContent, "DELETE", "/users/"+s.person("zoe"), s.known["root"], "")
		}, []string{"user.removed by user root on user zoe"}},
	}
}

// at is a day on which nothing else happens.
var at = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
