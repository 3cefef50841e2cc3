package console_test

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

// What people have written stands on pages as text, wherever it comes from.
func TestWhatIsWrittenIsText(t *testing.T) {
	t.Parallel()
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	s := openShop(t)
	b := s.signedIn("alice")
	ctx, accounts := t.Context(), s.Accounts()
	if _, err := accounts.PutRole(ctx, account.Role{Name: "auditor", Description: evil, Scopes: []string{"me", "x:" + `"><b>`}}); err != nil {
		t.Log(err) // such a scope is none
		if _, err := accounts.PutRole(ctx, account.Role{Name: "auditor", Description: evil, Scopes: []string{"me"}}); err != nil {
			t.Fatal(err)
		}
	}
	user, err := accounts.CreateUser(ctx, account.NewUser{Name: "eve", Email: "x'>&b@example.org", Password: secret, Roles: []string{"auditor"}})
	if err != nil {
		user, err = accounts.CreateUser(ctx, account.NewUser{Name: "eve", Email: "x'&b@example.org", Password: secret, Roles: []string{"auditor"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	eve := s.browser()
	eve.agent = evil
	eve.signIn("eve")
	if _, err := accounts.NewAPIKey(ctx, account.APIKeyOwner{UserID: user.ID}, account.APIKeyAsk{Name: evil, Scopes: []string{"me"}}); err != nil {
		t.Fatal(err)
	}
	client := s.client("job", evil, "users:read")
	refused := s.refusal(eve, "GET", "/users/"+url.PathEscape(evil))
	q := url.QueryEscape(evil)
	pages := []string{
		"/overview", "/users?q=" + q + "&role=" + q + "&state=" + q + "&after=" + q, "/users", "/users/" + user.ID, "/users/" + user.ID + "/sessions",
		"/roles", "/roles/auditor", "/roles/" + url.PathEscape(evil), "/preview/role?name=" + q + "&description=" + q + "&scopes=" + q,
		"/routes?as=" + q, "/routes?role=" + q + "&scope=" + q + "&find=" + q, "/rule?route=" + q, "/refusals?person=" + q + "&route=" + q + "&within=" + q, "/audit?person=" + q + "&event=" + q + "&since=" + q + "&before=" + q, "/audit/export?person=" + q, "/sessions?user=" + q + "&before=" + q, "/history/" + user.ID + "?before=" + q, "/import/users?do=" + q, "/refusals", "/refusals/" + refused.ID,
		"/clients?after=" + q, "/clients", "/clients/" + client.ID, "/users?done=" + q, "/new/user?name=" + q, "/overview?n=" + q,
	}
	for _, path := range pages {
		a := b.get(path)
		if a.status != http.StatusOK && a.status != http.StatusNotFound {
			t.Errorf("GET %s = %d", path, a.status)
		}
		a.lacks(t, path, "<script>", "<img", "<b>\"", "ZgotmplZ")
	}
	for path, form := range map[string][]string{
		"/users":   {"name", evil, "email", evil, "roles", evil},
		"/roles":   {"name", evil, "description", evil, "scopes", evil},
		"/clients": {"name", evil, "id", evil, "kind", evil, "redirects", evil, "scopes", evil},

		"/import/users": {"format", evil, "roles", evil, "again", evil, "cut", evil, "do", evil},
	} {
		a := b.post(path, form...)
		a.wants(t, "POST "+path, http.StatusUnprocessableEntity, `role="alert"`)
		a.lacks(t, "POST "+path, "<script>", "<img")
	}
	for _, file := range []string{"matrix.svg", "matrix.csv", "matrix.md"} {
		b.get("/matrix/"+file).lacks(t, file, "<script>", "<img")
	}
}

// No parameter leads to another site.
func TestNoOpenRedirect(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	id := s.find("ulf").ID
	for _, path := range []string{"/users/" + id + "/roles?next=https://evil.example", "//evil.example/users", "/users/" + id + "/state?to=//evil.example"} {
		a := b.post(path, "do", "enable", "next", "https://evil.example", "to", "//evil.example")
		if strings.Contains(a.location, "evil") {
			t.Errorf("POST %s leads to %s", path, a.location)
		}
	}
	a := s.browser().do("GET", "/console/users?x=//evil.example", nil, "Accept: text/html")
	if u, err := url.Parse(a.location); err != nil || u.Host != "" || u.Path != "/signin" {
		t.Errorf("nobody is sent to %s", a.location)
	}
}

func TestUsersInPages(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for n := range 120 {
		_, err := s.Accounts().CreateUser(t.Context(), account.NewUser{Name: fmt.Sprintf("n%03d", n), WithoutPassword: true, Roles: []string{"user"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	b := s.signedIn("mary")
	seen, next := 0, "/users?q=N&role=user&state=enabled"
	for pages := 0; next != ""; pages++ {
		a := b.get(next)
		seen += strings.Count(a.body, "<bdi>n")
		m := regexp.MustCompile(`href="users(\?[^"]+)">Next page`).FindStringSubmatch(a.body)
		if next = ""; m != nil {
			next = "/users" + strings.ReplaceAll(m[1], "&amp;", "&")
		}
		if pages > 3 {
			t.Fatal("the pages have no end")
		}
	}
	if seen != 120 {
		t.Errorf("%d users are seen, want 120", seen)
	}
	b.get("/users?q=nobody-is-called-so").wants(t, "nobody", http.StatusOK, "Nobody is like that.")
}

// "View as" says what somebody may call and why not the rest, as the API would.
func TestViewAs(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("mary")
	row := func(a answer, route string) string {
		_, rest, found := strings.Cut(a.body, "</b> "+route+"</code>")
		if !found {
			t.Fatalf("there is no row of %s:\n%s", route, a.body)
		}
		return rest[:strings.Index(rest, "</tr>")]
	}
	for who, wants := range map[string]string{"as=ulf": "may not</span>: needs role admin or manager", "as=Mary": "</span> may</span>", "role=admin": "</span> may</span>"} {
		if got := row(b.get("/routes?"+who+"&find=GET+/users"), "/users"); !strings.Contains(got, wants) && !strings.Contains(got, "needs scope users:read, role admin or manager") {
			t.Errorf("%s at GET /users: %s", who, got)
		}
	}
	a := b.get("/routes?as=nobody-is-called-so")
	a.wants(t, "nobody", http.StatusOK, "There is no user of the name")
	b.get("/rule?route="+url.QueryEscape("DELETE /users/{id}")).wants(t, "a rule", http.StatusOK, "role admin, scope users:write", "accountapi/accountapi.go:", "OAuth2PasswordBearer", "APIKey", "needs scope users:write")
}

func TestARefusalIsExplained(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	refused := s.refusal(s.signedIn("mary"), "GET", "/console/keys")
	b.get("/refusals").wants(t, "the list", http.StatusOK, "/console/keys", "mary", refused.ID)
	b.get("/refusals?person=ulf").lacks(t, "of another", refused.ID)
	b.get("/refusals?person=MAR&route=keys&within=1h").wants(t, "of the person", http.StatusOK, refused.ID)
	b.get("/refusals/"+refused.ID).wants(t, "the refusal", http.StatusOK, "Step by step", `class="failed"`, "role admin", "What would let it through:", "console/mount.go:")
	b.get("/overview").wants(t, "the overview", http.StatusOK, "in the last hour", "GET /console/keys")
}

// An open overview asks again for a while and not for ever, so that a session that
// nobody uses ends.
func TestTheOverviewAsksNoMoreAfterAWhile(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("mary")
	for path, asks := range map[string]bool{"/overview": true, "/overview?n=59": true, "/overview?n=60": false, "/overview?n=-1": false, "/overview?n=x": true} {
		if got := strings.Contains(b.get(path).body, "hx-trigger"); got != asks {
			t.Errorf("GET %s asks again: %v, want %v", path, got, asks)
		}
	}
}

func TestTheMatrixLeaves(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("mary")
	table, err := csv.NewReader(strings.NewReader(b.get("/matrix/matrix.csv").body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, line := range table {
		if line[0] == "DELETE" && line[1] == "/users/{id}" {
			found = true
			for i, want := range map[int]string{3: "no", 4: "no"} {
				if line[i] != want {
					t.Errorf("%s at DELETE /users/{id}: %s", table[0][i], line[i])
				}
			}
			for i, name := range table[0] {
				if name == "admin" && line[i] != "yes" || name == "manager" && line[i] != "no" {
					t.Errorf("%s at DELETE /users/{id}: %s", name, line[i])
				}
			}
		}
	}
	if !found {
		t.Errorf("the table has no DELETE /users/{id}: %v", table)
	}
	svg := xml.NewDecoder(strings.NewReader(b.get("/matrix/matrix.svg").body))
	for {
		if _, err := svg.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
	}
	b.get("/matrix/matrix.md").wants(t, "Markdown", http.StatusOK, "| `DELETE /users/{id}` |", "| Route | anyone | signed in | admin |")
}

// The audit trail says what has happened to each user; a manager does not see it.
func TestTheTrailIsShown(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	alice := s.signedIn("alice")
	if _, err := s.AuditTrail().Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	alice.get("/audit").wants(t, "the list", http.StatusOK, "user.created", "mary", "signed_in")
	of := alice.get("/audit?person=mary&event=user.")
	of.wants(t, "of a person", http.StatusOK, "user.created", "mary")
	of.lacks(t, "of a person", "signed_in")
	alice.get("/audit?person=nobody-is-called-so").wants(t, "of nobody", http.StatusOK, "There is no user of that name")
	alice.get("/audit?before=1").wants(t, "before the first", http.StatusOK, "Nothing like that is written down")
	s.signedIn("mary").get("/audit").wants(t, "a manager", http.StatusForbidden)
}
