package console_test

import (
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
)

// forms lists every form that there is, as somebody would send it who may.
func (s *shop) forms() map[string][]string {
	id := s.find("ulf").ID
	return map[string][]string{
		"/users":                     {"name", "zoe", "roles", "user"},
		"/users/" + id + "/roles":    {"roles", "manager"},
		"/users/" + id + "/state":    {"do", "disable"},
		"/users/" + id + "/unlock":   {},
		"/users/" + id + "/reset":    {},
		"/users/" + id + "/remove":   {"name", "ulf"},
		"/users/" + id + "/sessions": {},
		"/users/" + id + "/keys":     {"key", "X"},
		"/import/users":              {"do", "import", "format", "passlib-csv", "roles", "user", "again", base64.StdEncoding.EncodeToString([]byte("username,hash\nyan,\n"))},
		"/sessions":                  {"user", id, "session", "X"},
		"/keys":                      {"do", "now"},
		"/audit/verify":              {},
		"/backup":                    {},
		"/roles":                     {"name", "manager", "scopes", "users:write"},
		"/roles/auditor/remove":      {"name", "auditor"},
		"/clients":                   {"name", "Job", "id", "job", "kind", "machine"},
		"/clients/nightly/change":    {"name", "Daily job"},
		"/clients/nightly/secret":    {"do", "now"},
		"/clients/nightly/state":     {"do", "disable"},
		"/clients/nightly/remove":    {"name", "nightly"},
		"/clients/nightly/keys":      {"key", "X"},
	}
}

// state is what forms change, in words.
func (s *shop) state() string {
	s.t.Helper()
	accounts, ctx := s.Accounts(), s.t.Context()
	users, err := accounts.Users(ctx, "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	var out strings.Builder
	for _, u := range users {
		sessions, err := accounts.Sessions(ctx, u.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		out.WriteString(u.Name + " " + strings.Join(u.Roles, ",") + " " + map[bool]string{true: "disabled"}[u.Disabled] + " " + strings.Repeat("s", len(sessions)) + "\n")
	}
	roles, err := accounts.Roles(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range roles {
		out.WriteString(r.Name + " " + strings.Join(r.Scopes, ",") + "\n")
	}
	clients, err := accounts.Clients(ctx, "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range clients {
		secrets, err := accounts.ClientSecrets(ctx, c.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		out.WriteString(c.ID + " " + map[bool]string{true: "disabled"}[c.Disabled] + " " + string(secrets[0].Hash[:]) + "\n")
	}
	keys, err := s.SigningKeys(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, one := range keys {
		out.WriteString(one.ID + "\n")
	}
	return out.String()
}

func (s *shop) withRoleAndClient() {
	s.t.Helper()
	if _, err := s.Accounts().PutRole(s.t.Context(), account.Role{Name: "auditor", Scopes: []string{"me"}}); err != nil {
		s.t.Fatal(err)
	}
	s.client("nightly", "Nightly job", "users:read")
}

// Every route that changes something is among the forms, so that what follows is
// about all of them.
func TestTheFormsAreAll(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	table, err := s.app.Access()
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, row := range table {
		if strings.HasPrefix(row.Path, "/console/") && row.Method != "GET" {
			all++
		}
	}
	if known := len(s.forms()); known != all {
		t.Errorf("%d forms are tried and there are %d", known, all)
	}
}

func TestFormsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.withRoleAndClient()
	alice, mary, ulf, stale := s.signedIn("alice"), s.signedIn("mary"), s.signedIn("ulf"), s.browser()
	before := s.state()
	for path, form := range s.forms() {
		values := url.Values{}
		for i := 0; i+1 < len(form); i += 2 {
			values.Add(form[i], form[i+1])
		}
		for what, try := range map[string]struct {
			b      *browser
			lines  []string
			status int
			says   string
		}{
			"a page of another site":          {alice, []string{"Sec-Fetch-Site: cross-site"}, http.StatusForbidden, "A page of another site has sent this request"},
			"a page of another host":          {alice, []string{"Sec-Fetch-Site: same-site"}, http.StatusForbidden, "A page of another site has sent this request"},
			"an old browser on another site":  {alice, []string{"Sec-Fetch-Site: ", "Origin: https://evil.example"}, http.StatusForbidden, "A page of another site has sent this request"},
			"a sandboxed frame":               {alice, []string{"Sec-Fetch-Site: ", "Origin: null"}, http.StatusForbidden, "A page of another site has sent this request"},
			"a manager":                       {mary, nil, http.StatusForbidden, "Not for you"},
			"a user":                          {ulf, nil, http.StatusForbidden, "Not for you"},
			"nobody":                          {stale, nil, http.StatusUnauthorized, "Sign in first"},
			"an administrator with a token":   {stale, []string{"Authorization: Bearer x"}, http.StatusUnauthorized, "Sign in first"},
			"an administrator, as a question": {alice, []string{"X-Method: GET"}, 0, ""},
		} {
			method := "POST"
			if try.status == 0 {
				method, try.status = "GET", http.StatusMethodNotAllowed
				if a := try.b.do(method, s.prefix+path, nil); a.status != http.StatusMethodNotAllowed && a.status != http.StatusOK {
					t.Errorf("GET %s = %d", path, a.status)
				}
				continue
			}
			try.b.do(method, s.prefix+path, values, try.lines...).wants(t, what+" at POST "+path, try.status, try.says)
		}
	}
	if after := s.state(); after != before {
		t.Errorf("what was refused has been done:\n%s\nwas\n%s", after, before)
	}
}

// Who has signed in long ago is asked to do it again before anything is changed,
// and is not offered what would be refused.
func TestASignInThatIsTooLongAgo(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.withRoleAndClient()
	b := s.signedIn("alice")
	id := s.find("ulf").ID
	offered := []string{"Keep these roles", "Make a link", "Disable <bdi>", "Remove <bdi>"}
	b.get("/users/"+id).wants(t, "at first", http.StatusOK, offered...)
	s.clock.pass(16 * time.Minute)
	a := b.get("/users/" + id)
	again := "/signin?next=" + url.QueryEscape("/console/users/"+id)
	a.wants(t, "later", http.StatusOK, "sign in again", `href="`+html.EscapeString(again)+`"`, "more than 15 minutes ago")
	a.lacks(t, "later", offered...)
	before := s.state()
	for path, form := range s.forms() {
		if strings.HasSuffix(path, "/sessions") || strings.HasPrefix(path, "/users/") && strings.HasSuffix(path, "/keys") {
			continue // it makes nothing worse
		}
		if path == "/audit/verify" {
			continue // it changes nothing
		}
		b.post(path, form...).wants(t, "POST "+path, http.StatusForbidden, "sign in again", `href="/signin?next=%2Fconsole%2F`)
	}
	if after := s.state(); after != before {
		t.Errorf("what was refused has been done:\n%s\nwas\n%s", after, before)
	}
	if a := b.post("/users/" + id + "/sessions"); a.status != http.StatusSeeOther {
		t.Errorf("the end of sessions = %d", a.status)
	}
	b.signIn("alice")
	b.get("/users/"+id).wants(t, "after another sign-in", http.StatusOK, offered...)
	b.post("/users/"+id+"/roles", "roles", "manager").leadsTo(t, b, "/users/"+id+"/roles", "/users/"+id+"?done=roles")
}

// A manager sees what the table says, and no button that would be refused.
func TestWhatIsOffered(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.withRoleAndClient()
	alice, mary := s.signedIn("alice"), s.signedIn("mary")
	id := s.find("ulf").ID
	for path, offered := range map[string][]string{
		"/overview":    {">Refusals<", ">Clients<", ">Keys<", ">Settings<", "in the last hour"},
		"/users":       {"New user"},
		"/users/" + id: {"Keep these roles", "Make a link", "Disable", "Remove", "Sessions and keys", "refusals?person"},
		"/roles":       {"New role"},
		"/roles/user":  {"Keep", "Remove user", "Show what changes"},
	} {
		alice.get(path).wants(t, "an administrator at "+path, http.StatusOK, offered...)
		a := mary.get(path)
		a.wants(t, "a manager at "+path, http.StatusOK)
		a.lacks(t, "a manager at "+path, offered...)
		if path != "/users" {
			a.lacks(t, "a manager at "+path, `action="../users`, `action="../roles`, `action="../clients`)
		}
	}
}

func TestUsersAreChanged(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	a := b.post("/users", "name", "Zoe", "email", "zoe@example.org", "roles", "user", "roles", "manager")
	a.wants(t, "a new user", http.StatusOK, "has no password yet", shopURL+"/reset?secret=")
	zoe := s.find("zoe")
	if !slices.Equal(zoe.Roles, []string{"manager", "user"}) || zoe.Email != "zoe@example.org" {
		t.Errorf("the user is %+v", zoe)
	}
	link := regexp.MustCompile(`https://[^<\s]+/reset\?secret=[^<\s]+`).FindString(html.UnescapeString(a.body))
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.browser().do("POST", "/reset", url.Values{"secret": {u.Query().Get("secret")}, "password": {secret}, "again": {secret}}); got.status != http.StatusOK {
		t.Errorf("the link = %d %s", got.status, got.body)
	}
	z := s.signedIn("zoe")
	at := "/users/" + zoe.ID
	z.get("/users").wants(t, "the new user", http.StatusOK)

	b.post(at+"/roles").leadsTo(t, b, at+"/roles", at+"?done=roles")
	z.get("/users").wants(t, "without a role", http.StatusForbidden)
	b.post(at+"/state", "do", "disable").leadsTo(t, b, at+"/state", at+"?done=disabled")
	z.get("").wants(t, "disabled", http.StatusUnauthorized)
	b.get("/users?state=disabled").wants(t, "the disabled", http.StatusOK, ">zoe<")
	b.post(at+"/state", "do", "enable").leadsTo(t, b, at+"/state", at+"?done=enabled")

	z.signIn("zoe")
	other := s.signedIn("zoe")
	page := b.get(at + "/sessions")
	page.wants(t, "the sessions", http.StatusOK, "Firefox on Linux")
	one := regexp.MustCompile(`name="session" value="([^"]+)"`).FindStringSubmatch(page.body)[1]
	b.post(at+"/sessions", "session", one).leadsTo(t, b, at+"/sessions", at+"/sessions?done=ended")
	b.post(at+"/sessions", "session", one).wants(t, "again", http.StatusConflict, "It is gone already.")
	if sessions, err := s.Accounts().Sessions(t.Context(), zoe.ID); err != nil || len(sessions) != 1 {
		t.Errorf("there are the sessions %v, %v, want one", sessions, err)
	}
	b.post(at+"/sessions").leadsTo(t, b, at+"/sessions", at+"/sessions?done=all-ended")
	z.get("").wants(t, "after all", http.StatusUnauthorized)
	other.get("").wants(t, "after all", http.StatusUnauthorized)

	b.post(at+"/reset").wants(t, "a reset", http.StatusOK, "chooses a new password", "/reset?secret=")
	b.post(at+"/remove", "name", "zo").wants(t, "a name that is another", http.StatusUnprocessableEntity, "the name that was typed is another")
	b.post(at+"/remove", "name", "zoe").leadsTo(t, b, at+"/remove", "/users?done=removed")
	b.get(at).wants(t, "who is gone", http.StatusNotFound, "There is no such user", "Not found")
}

func TestFormsThatAreWrong(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	me, ulf := s.find("alice").ID, s.find("ulf").ID
	for name, test := range map[string]struct {
		path   string
		form   []string
		status int
		says   string
	}{
		"a name that is taken":         {"/users", []string{"name", "ulf"}, http.StatusConflict, "Somebody has that name already."},
		"a name that is none":          {"/users", []string{"name", `"><b>`}, http.StatusUnprocessableEntity, `value="&#34;&gt;&lt;b&gt;"`},
		"a role that is none":          {"/users", []string{"name", "zoe", "roles", "king"}, http.StatusUnprocessableEntity, "unknown role"},
		"a role that is none, later":   {"/users/" + ulf + "/roles", []string{"roles", "king"}, http.StatusUnprocessableEntity, "unknown role"},
		"the last administrator's":     {"/users/" + me + "/roles", []string{"roles", "user"}, http.StatusConflict, "at least one administrator"},
		"the last administrator":       {"/users/" + me + "/state", []string{"do", "disable"}, http.StatusConflict, "at least one administrator"},
		"their removal":                {"/users/" + me + "/remove", []string{"name", "alice"}, http.StatusConflict, "at least one administrator"},
		"a role that somebody has":     {"/roles/user/remove", []string{"name", "user"}, http.StatusConflict, "somebody has the role"},
		"another name for a role":      {"/roles/user/remove", []string{"name", "x"}, http.StatusUnprocessableEntity, "the name that was typed is another"},
		"a role without a name":        {"/roles", nil, http.StatusUnprocessableEntity, "The name"},
		"a client without a name":      {"/clients", []string{"kind", "machine"}, http.StatusUnprocessableEntity, "client_name"},
		"a client that is nowhere":     {"/clients", []string{"name", "X", "kind", "web", "redirects", "javascript:alert(1)"}, http.StatusUnprocessableEntity, "redirect"},
		"a user who is not there":      {"/users/X/roles", nil, http.StatusNotFound, "There is no such user"},
		"a client that is not there":   {"/clients/x/secret", nil, http.StatusNotFound, "There is no such client"},
		"the role of nobody":           {"/roles/x/remove", []string{"name", "x"}, http.StatusNotFound, "There is no such role"},
		"sessions of who is not there": {"/users/X/sessions", nil, http.StatusNotFound, "There is no such user"},
		"a form that is too large":     {"/users", []string{"name", strings.Repeat("x", 70<<10)}, http.StatusRequestEntityTooLarge, ""},
	} {
		b.post(test.path, test.form...).wants(t, name, test.status, test.says, "<!DOCTYPE html>")
	}
	for _, path := range []string{"/users/X", "/users/X/sessions", "/roles/X", "/clients/X", "/refusals/X", "/rule?route=X", "/matrix/x.pdf"} {
		b.get(path).wants(t, path, http.StatusNotFound, "There is no such", "Not found")
	}
}

func TestRolesAreChanged(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b, mary := s.signedIn("alice"), s.signedIn("mary")
	b.get("/preview/role?name=manager&scopes=me").wants(t, "a preview", http.StatusOK,
		"Closes", "1 person may then no longer call", "<code>GET /users</code>", "<code>GET /console/routes</code>")
	b.get("/preview/role?name=manager&scopes=me&scopes=users:read&scopes=keys:write&scopes=users:write").wants(t, "a preview of nothing", http.StatusOK, "No route opens or closes")
	b.get("/preview/role?name=admin&scopes=me").wants(t, "a preview of a role", http.StatusOK, "<code>DELETE /users/{id}</code>")
	mary.get("/users").wants(t, "before", http.StatusOK)
	b.post("/roles", "name", "manager", "description", "Reads", "scopes", "me").leadsTo(t, b, "/roles", "/roles/manager?done=role")
	mary.get("/users").wants(t, "after", http.StatusForbidden, "the scope users:read")
	b.get("/roles/manager?done=role").wants(t, "the role", http.StatusOK, "it holds from the next request", "Reads", ">mary<")
	b.post("/roles", "name", "auditor", "scopes", "me").leadsTo(t, b, "/roles", "/roles/auditor?done=role")
	b.post("/roles/auditor/remove", "name", "auditor").leadsTo(t, b, "/roles/auditor/remove", "/roles?done=removed")
}

func TestClientsAreChanged(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	secretOf := func(a answer) string {
		m := regexp.MustCompile(`<textarea id="secret"[^>]*>([^<]+)</textarea>`).FindStringSubmatch(a.body)
		if m == nil {
			t.Fatalf("there is no secret:\n%s", a.body)
		}
		return html.UnescapeString(m[1])
	}
	token := func(secret string) int {
		return s.browser().do("POST", "/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"job"}, "client_secret": {secret}}).status
	}
	first := secretOf(b.post("/clients", "name", "Job", "id", "job", "kind", "machine", "scopes", "users:read"))
	b.get("/clients/job").wants(t, "the client", http.StatusOK, "Job", "for itself", "users:read", "client_credentials", "<code>GET /me/routes</code>")
	b.get("/clients/job").lacks(t, "the client, which signs in on no page", "<code>GET /console</code>")
	if got := token(first); got != http.StatusOK {
		t.Errorf("a token by the first secret = %d", got)
	}
	second := secretOf(b.post("/clients/job/secret", "do", "later"))
	if a, c := token(first), token(second); a != http.StatusOK || c != http.StatusOK {
		t.Errorf("tokens beside each other = %d, %d", a, c)
	}
	third := secretOf(b.post("/clients/job/secret", "do", "now"))
	if a, c := token(second), token(third); a == http.StatusOK || c != http.StatusOK {
		t.Errorf("tokens after the change = %d, %d", a, c)
	}
	b.post("/clients/job/state", "do", "disable").leadsTo(t, b, "/clients/job/state", "/clients/job?done=client-disabled")
	if got := token(third); got == http.StatusOK {
		t.Error("a disabled client gets a token")
	}
	b.post("/clients/job/state", "do", "enable").leadsTo(t, b, "/clients/job/state", "/clients/job?done=client-enabled")
	grant, err := s.Accounts().NewAPIKey(t.Context(), account.APIKeyOwner{ClientID: "job"}, account.APIKeyAsk{Name: "till 3", Scopes: []string{"users:read"}})
	if err != nil {
		t.Fatal(err)
	}
	b.get("/clients/job").wants(t, "its keys", http.StatusOK, "till 3", grant.Key.ID)
	b.post("/clients/job/keys", "key", grant.Key.ID).leadsTo(t, b, "/clients/job/keys", "/clients/job?done=revoked")
	b.post("/clients/job/keys", "key", grant.Key.ID).wants(t, "again", http.StatusConflict, "gone already")
	b.post("/clients/job/remove", "name", "job").leadsTo(t, b, "/clients/job/remove", "/clients?done=removed")
	b.post("/clients", "name", "App", "id", "app", "kind", "public", "redirects", "https://app.example/back").leadsTo(t, b, "/clients", "/clients/app")
	b.get("/clients/app").wants(t, "a public one", http.StatusOK, "it has no secret", "https://app.example/back")
}

func TestAUsersKeys(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b, ulf := s.signedIn("alice"), s.find("ulf")
	grant, err := s.Accounts().NewAPIKey(t.Context(), account.APIKeyOwner{UserID: ulf.ID}, account.APIKeyAsk{Name: "nightly", Scopes: []string{"me"}})
	if err != nil {
		t.Fatal(err)
	}
	at := "/users/" + ulf.ID
	a := b.get(at + "/sessions")
	a.wants(t, "the keys", http.StatusOK, "nightly", grant.Key.ID)
	a.lacks(t, "the keys", string(grant.Secret))
	b.post(at+"/keys", "key", grant.Key.ID).leadsTo(t, b, at+"/keys", at+"/sessions?done=revoked")
	b.get(at+"/sessions").lacks(t, "after", "nightly")
}

// A first password that an administrator types is good for one sign-in, in which
// the person sets another.
func TestAGivenPassword(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	const given = "a password that alice knows"
	a := b.post("/users", "name", "zoe", "roles", "user", "password", given)
	zoe := s.find("zoe")
	a.leadsTo(t, b, "/users", "/users/"+zoe.ID+"?done=created")
	b.get("/users/"+zoe.ID+"?done=created").wants(t, "the user", http.StatusOK, "good for one sign-in", "chosen by somebody else")
	z := s.browser()
	z.do("POST", "/signin", url.Values{"username": {"zoe"}, "password": {given}}).wants(t, "the sign-in", http.StatusOK, "Choose your own password")
	if got, want := s.Attempts().Refused, uint64(0); got != want {
		t.Errorf("%d sign-ins count as refused, want %d", got, want)
	}
	b.post("/users", "name", "yan", "password", "short").wants(t, "a short one", http.StatusUnprocessableEntity, "The password ", `value="yan"`)
	b.post("/users", "name", "yan", "password", strings.Repeat("x", 17<<10)).wants(t, "a long one", http.StatusRequestEntityTooLarge, "")
}

// Wrong passwords in a row are seen and forgotten.
func TestWrongPasswordsInARow(t *testing.T) {
	t.Parallel()
	s := openShopThat(t, func(c *identity.Config) { c.InsecureNoThrottle = false })
	b, mary, at := s.signedIn("alice"), s.signedIn("mary"), "/users/"+s.find("ulf").ID
	b.get(at).lacks(t, "at first", "in a row")
	for range 2 {
		s.browser().do("POST", "/signin", url.Values{"username": {"ulf"}, "password": {"wrong"}})
	}
	b.get(at).wants(t, "after two", http.StatusOK, "2 in a row", "Count from zero")
	mary.get(at).lacks(t, "for a manager", "Count from zero")
	b.post(at+"/unlock").leadsTo(t, b, at+"/unlock", at+"?done=unlocked")
	b.get(at+"?done=unlocked").wants(t, "after that", http.StatusOK, "counted from zero again")
	b.get(at).lacks(t, "after that", "in a row")
}

// A client keeps what the form has no field for.
func TestAClientIsChanged(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	b.post("/clients", "name", "App", "id", "app", "kind", "public", "redirects", "https://app.example/back", "scopes", "me").leadsTo(t, b, "/clients", "/clients/app")
	before, err := s.Accounts().Client(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	b.get("/clients/app/change").wants(t, "the form", http.StatusOK, `value="App"`, ">https://app.example/back</textarea>", `value="me" checked`)
	b.post("/clients/app/change", "name", "Prints", "redirects", "https://app.example/back https://app.example/other", "scopes", "users:read").
		leadsTo(t, b, "/clients/app/change", "/clients/app?done=client")
	b.get("/clients/app?done=client").wants(t, "the client", http.StatusOK, "Prints", "users:read", "https://app.example/other", "The client is changed")
	after, err := s.Accounts().Client(t.Context(), "app")
	if err != nil || !slices.Equal(after.Grants, before.Grants) || after.Public != before.Public || after.FirstParty != before.FirstParty {
		t.Errorf("the client is %+v, %v, and was %+v", after, err, before)
	}
	b.post("/clients/app/change", "name", "Prints", "redirects", "javascript:alert(1)").wants(t, "a bad address", http.StatusUnprocessableEntity, "redirect", "javascript:alert(1)</textarea>")
	b.get("/clients/till/change").wants(t, "one of the program's", http.StatusNotFound, "There is no such client")
	b.get("/clients/nobody/change").wants(t, "one that is none", http.StatusNotFound, "There is no such client")
}
