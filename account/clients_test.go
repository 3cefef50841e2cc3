package account_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
)

// web is a client of people, and job one that calls for itself.
func web() account.Client {
	return account.Client{ID: "web", Name: "Web shop", Redirects: []string{"https://shop.example/callback"}, Scopes: []string{"me"}, Audiences: []string{"https://api.example"}}
}

func job() account.Client {
	return account.Client{ID: "job", Name: "Nightly job", Scopes: []string{"users:read", "me"}}
}

func (w *world) client(c account.Client) (account.Client, account.Secret) {
	w.t.Helper()
	made, secret, err := w.CreateClient(w.t.Context(), c)
	if err != nil {
		w.t.Fatalf("CreateClient(%s) = %v", c.ID, err)
	}
	return made, secret
}

func TestARedirectURIIsComparedExactly(t *testing.T) {
	t.Parallel()
	c := account.Client{Redirects: []string{
		"https://shop.example/callback?a=1", "http://127.0.0.1:8000/cb", "http://[::1]/cb", "http://localhost/cb?x=1", "com.example.app:/cb",
	}}
	for uri, want := range map[string]bool{
		"https://shop.example/callback?a=1":          true,
		"com.example.app:/cb":                        true,
		"http://127.0.0.1:8000/cb":                   true,
		"http://127.0.0.1:49152/cb":                  true,
		"http://127.0.0.1/cb":                        true,
		"http://[::1]:49152/cb":                      true,
		"http://localhost:1/cb?x=1":                  true,
		"":                                           false,
		"https://shop.example/callback":              false,
		"https://shop.example/callback?a=1&b=2":      false,
		"https://shop.example/callback?a=1#x":        false,
		"https://shop.example/callback?a=1/":         false,
		"https://shop.example/callback/../x?a=1":     false,
		"https://shop.example/callback/..;/x?a=1":    false,
		"https://shop.example/%63allback?a=1":        false,
		"https://shop.example/callback%2e?a=1":       false,
		"https://Shop.example/callback?a=1":          false,
		"HTTPS://shop.example/callback?a=1":          false,
		"https://shop.example./callback?a=1":         false,
		"https://shop.example:443/callback?a=1":      false,
		"https://shop.example:8443/callback?a=1":     false,
		"https://evil.example@shop.example/callback": false,
		"https://shop.example@evil.example/callback": false,
		"https://shop.example\\@evil.example":        false,
		"https://shop\u0435.example/callback?a=1":    false,
		"http://shop.example/callback?a=1":           false,
		"com.example.app:/cb/x":                      false,
		"com.example.app://cb":                       false,
		"http://127.0.0.1:8000/cb/":                  false,
		"http://127.0.0.1:8000/cb?x=1":               false,
		"http://127.0.0.1:0/cb":                      false,
		"http://127.0.0.1:65536/cb":                  false,
		"http://127.0.0.1:/cb":                       false,
		"http://127.0.0.1:80a/cb":                    false,
		"http://127.0.0.1:80@evil.example/cb":        false,
		"http://127.0.0.1@evil.example/cb":           false,
		"http://127.0.0.1.evil.example/cb":           false,
		"http://127.0.0.1#/cb":                       false,
		"https://127.0.0.1:8000/cb":                  false,
		"http://127.0.0.2:8000/cb":                   false,
		"http://127.1:8000/cb":                       false,
		"http://localhost:8000/cb":                   false,
		"http://LOCALHOST/cb?x=1":                    false,
		"http://localhost.evil.example/cb?x=1":       false,
		"http://[::1%25eth0]/cb":                     false,
		"http://[0:0:0:0:0:0:0:1]/cb":                false,
	} {
		if got := c.AllowsRedirect(uri); got != want {
			t.Errorf("AllowsRedirect(%q) = %v, want %v", uri, got, want)
		}
	}
}

// Whatever is allowed leads a parser to where something that is registered leads,
// but for the port of a loopback address.
func TestAnAllowedRedirectLeadsWhereARegisteredOneDoes(t *testing.T) {
	t.Parallel()
	c := account.Client{Redirects: []string{"https://shop.example/cb?a=1", "http://127.0.0.1:8000/cb", "http://localhost/", "com.example.app:/cb"}}
	pieces := []string{
		"https://", "http://", "shop.example", "127.0.0.1", "localhost", "com.example.app:", "/cb", "/", "?a=1", ":8000", ":1", ":65536", ":", "@", "#",
		"evil.example", "..", "%2e", "\\", ";", " ", "\t", "[::1]", ".", "&", "\u3002",
	}
	rapid.Check(t, func(t *rapid.T) {
		uri := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 6).Draw(t, "pieces"), "")
		if !c.AllowsRedirect(uri) {
			return
		}
		u, err := url.Parse(uri)
		if err != nil || u.User != nil || strings.Contains(uri, "#") {
			t.Fatalf("%q is allowed, and is %+v, %v", uri, u, err)
		}
		if !slices.ContainsFunc(c.Redirects, func(one string) bool {
			r, _ := url.Parse(one)
			return r.Scheme == u.Scheme && r.Hostname() == u.Hostname() && r.RequestURI() == u.RequestURI() && (r.Scheme == "http" || r.Port() == u.Port())
		}) {
			t.Fatalf("%q is allowed, and leads to %s", uri, u.Host)
		}
	})
}

func TestWhatAClientMayBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := publicSet(t, newKey(t, "EdDSA", "a"))
	redirect := func(uri string) func(*account.Client) {
		return func(c *account.Client) { c.Redirects = []string{uri} }
	}
	for name, test := range map[string]struct {
		change func(*account.Client)
		want   string // "" if it is let in
	}{
		"a shop":                      {func(*account.Client) {}, ""},
		"a private-use scheme":        {redirect("com.example.app:/callback"), ""},
		"a loopback address":          {redirect("http://127.0.0.1/callback"), ""},
		"localhost":                   {redirect("http://localhost:3000/callback"), ""},
		"an address of IPv6":          {redirect("http://[::1]:3000/callback"), ""},
		"a port of its own":           {redirect("https://shop.example:8443/callback"), ""},
		"http elsewhere":              {redirect("http://shop.example/callback"), "redirect_uris contains \"http://shop.example/callback\", which is http and does not lead to the machine itself; use https, or 127.0.0.1, [::1] or localhost"},
		"a host like loopback":        {redirect("http://127.0.0.1.evil.example/"), "is http and does not lead"},
		"a fragment":                  {redirect("https://shop.example/#x"), "has a fragment"},
		"an empty fragment":           {redirect("https://shop.example/#"), "has a fragment"},
		"a user":                      {redirect("https://a@shop.example/"), "has a user before its host"},
		"a wildcard":                  {redirect("https://*.shop.example/"), "has a wildcard"},
		"a wildcard in the path":      {redirect("https://shop.example/*"), "has a wildcard"},
		"a path that leads up":        {redirect("https://shop.example/a/../b"), "has a segment . or .."},
		"the same, encoded":           {redirect("https://shop.example/a/%2E%2e/b"), "has a segment . or .."},
		"the same, with a parameter":  {redirect("https://shop.example/a/..;x/b"), "has a segment . or .."},
		"javascript":                  {redirect("javascript:alert(1)"), "is no absolute URI"},
		"javascript with slashes":     {redirect("javascript://shop.example/%0aalert(1)"), "has a scheme that is neither https nor one's own"},
		"data":                        {redirect("data:text/html,x"), "is no absolute URI"},
		"no host":                     {redirect("https:///callback"), "has no host"},
		"capitals":                    {redirect("HTTPS://shop.example/"), "has a scheme in capitals"},
		"a space":                     {redirect("https://shop.example/a b"), "is no absolute URI in ASCII"},
		"a name in another script":    {redirect("https://sh\u043ep.example/"), "is no absolute URI in ASCII"},
		"a backslash":                 {redirect("https://shop.example\\@evil.example/"), "is no absolute URI in ASCII"},
		"no URI":                      {redirect("callback"), "is no absolute URI in ASCII"},
		"an empty URI":                {redirect(""), "is no absolute URI in ASCII"},
		"too many URIs":               {func(c *account.Client) { c.Redirects = slices.Repeat(c.Redirects, 21) }, "contains more than 20 URIs"},
		"an id in capitals":           {func(c *account.Client) { c.ID = "Web" }, "client_id may contain only"},
		"an id like a user's":         {func(c *account.Client) { c.ID = "01234567890123456789012345" }, "one of them a letter"},
		"an id of one letter":         {func(c *account.Client) { c.ID = "w" }, "client_id must have between 2 and 63"},
		"the built-in client's id":    {func(c *account.Client) { c.ID = "holdfast" }, "client_id is that of a client which the program declares"},
		"no name":                     {func(c *account.Client) { c.Name = "" }, "client_name must be printable"},
		"a name that turns text":      {func(c *account.Client) { c.Name = "Shop \u202egnihton" }, "client_name must be printable"},
		"a long name":                 {func(c *account.Client) { c.Name = strings.Repeat("a", 101) }, "client_name must be printable"},
		"the password grant":          {func(c *account.Client) { c.Grants = []string{"password"} }, "grant_types contains password, which is for clients that the program itself declares"},
		"a grant that there is not":   {func(c *account.Client) { c.Grants = []string{"implicit"} }, `grant_types contains "implicit", which there is not`},
		"a grant twice":               {func(c *account.Client) { c.Grants = []string{"authorization_code", "authorization_code"} }, "twice"},
		"a refresh of nothing":        {func(c *account.Client) { c.Redirects, c.Grants = nil, []string{"refresh_token"} }, "no grant that gives one"},
		"a code without a URI":        {func(c *account.Client) { c.Redirects, c.Grants = nil, []string{"authorization_code"} }, "redirect_uris is empty"},
		"a URI without a code":        {func(c *account.Client) { c.Grants = []string{"client_credentials"} }, "redirect_uris is of no use"},
		"a public machine":            {func(c *account.Client) { c.Public, c.Redirects, c.Grants = true, nil, nil }, "a public client has none"},
		"no scopes, of another party": {func(c *account.Client) { c.Scopes = nil }, "scope must be given"},
		"no scopes, of the first":     {func(c *account.Client) { c.Scopes, c.FirstParty = nil, true }, ""},
		"a malformed scope":           {func(c *account.Client) { c.Scopes = []string{`a"`} }, "scope contains the malformed scope"},
		"an answer of its own": {func(c *account.Client) {
			c.Redirects = []string{"https://shop.example/cb?a=b&iss=https://evil.example"}
		}, "redirect_uris contains"},
		"an audience":                 {func(c *account.Client) { c.Audiences = []string{"https://api.example/v1"} }, ""},
		"an audience with a fragment": {func(c *account.Client) { c.Audiences = []string{"https://api.example/#a"} }, "audiences contains"},
		"an audience that is no URI":  {func(c *account.Client) { c.Audiences = []string{"api"} }, "audiences contains"},
		"keys":                        {func(c *account.Client) { c.Keys = key }, ""},
		"keys of a public client":     {func(c *account.Client) { c.Keys, c.Public = key, true }, "jwks is there, and a public client has no key"},
		"keys that are none":          {func(c *account.Client) { c.Keys = "{}" }, "jwks is no set of public keys"},
		"no keys":                     {func(c *account.Client) { c.Keys = `{"keys":[]}` }, "jwks is no set of public keys: there is no key"},
		"a private key":               {func(c *account.Client) { c.Keys = privateSet(t, newKey(t, "EdDSA", "a")) }, "jwks is no set of public keys"},
		"a shared secret":             {func(c *account.Client) { c.Keys = `{"keys":[{"kty":"oct","alg":"HS256","k":"AAAA"}]}` }, "jwks is no set of public keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := web()
			c.ID = "web-" + strings.ReplaceAll(strings.ToLower(strings.TrimFunc(name, func(r rune) bool { return r > 'z' })), " ", "-")
			c.ID = strings.Map(func(r rune) rune {
				if r == ',' || r == '\'' {
					return -1
				}
				return r
			}, c.ID)
			test.change(&c)
			_, _, err := w.CreateClient(t.Context(), c)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("CreateClient = %v, want %q", err, test.want)
			}
		})
	}
}

func TestClientsThatAreMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, secret := w.client(account.Client{Name: "Job", Scopes: []string{"users:read", "me", "me"}})
	if !strings.HasPrefix(made.ID, "hfc_") || !strings.HasPrefix(string(secret), "hfcs_") || !slices.Equal(made.Scopes, []string{"me", "users:read"}) ||
		!slices.Equal(made.Grants, []string{"client_credentials"}) || !made.Created.Equal(w.now) {
		t.Errorf("CreateClient = %+v with a secret of %d bytes", made, len(secret))
	}
	if text := fmt.Sprintf("%v %+v %s", secret, secret, secret); strings.Contains(text, "hfcs_") {
		t.Errorf("the secret prints itself: %s", text)
	}
	shop, _ := w.client(web())
	if !slices.Equal(shop.Grants, []string{"authorization_code", "refresh_token"}) {
		t.Errorf("a client with a redirect URI gets %v", shop.Grants)
	}
	_, _, err := w.CreateClient(t.Context(), web())
	w.refused("CreateClient of an id that is taken", err, account.ErrClientTaken)
	public := web()
	public.ID, public.Public = "app", true
	if _, secret := w.client(public); secret != "" {
		t.Errorf("a public client gets a secret")
	}
	list, err := w.Clients(t.Context(), "", 10)
	if err != nil || len(list) != 3 {
		t.Errorf("Clients = %d, %v, want 3", len(list), err)
	}
	_, err = w.Client(t.Context(), "ghost")
	w.refused("Client", err, account.ErrNoClient)
	_, err = w.ReplaceClient(t.Context(), account.Client{ID: "ghost", Name: "Ghost", Scopes: []string{}, Grants: []string{"client_credentials"}})
	w.refused("ReplaceClient", err, account.ErrNoClient)
	_, err = w.RotateClientSecret(t.Context(), "ghost", 0)
	w.refused("RotateClientSecret", err, account.ErrNoClient)
	w.refused("RemoveClient", w.RemoveClient(t.Context(), "ghost"), account.ErrNoClient)
	_, err = w.ClientSecrets(t.Context(), "ghost")
	w.refused("ClientSecrets", err, account.ErrNoClient)
}

// knows reports whether a secret is the client's.
func (w *world) knows(id string, secret account.Secret) bool {
	w.t.Helper()
	c, credential, err := w.AuthenticateClient(w.t.Context(), id, secret)
	if err == nil && (c.ID != id || credential == "" || strings.Contains(string(secret), credential)) {
		w.t.Errorf("AuthenticateClient(%s) = %+v, %q", id, c, credential)
	}
	if err != nil {
		w.refused("AuthenticateClient", err, account.ErrBadClient)
	}
	return err == nil
}

func TestTwoSecretsWhileOneRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, first := w.client(job())
	rotate := func(overlap time.Duration) account.Secret {
		t.Helper()
		secret, err := w.RotateClientSecret(t.Context(), "job", overlap)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	known := func(when string, want []bool, secrets ...account.Secret) {
		t.Helper()
		for i, secret := range secrets {
			if got := w.knows("job", secret); got != want[i] {
				t.Errorf("%s: secret %d counts: %v, want %v", when, i+1, got, want[i])
			}
		}
	}
	second := rotate(time.Hour)
	known("while both count", []bool{true, true}, first, second)
	w.now = w.now.Add(time.Hour - time.Millisecond)
	known("a moment before the older ends", []bool{true, true}, first, second)
	w.now = w.now.Add(time.Millisecond)
	known("when the older ends", []bool{false, true}, first, second)
	third, fourth := rotate(time.Hour), rotate(time.Hour)
	known("after two rotations", []bool{false, false, true, true}, first, second, third, fourth)
	if list, err := w.ClientSecrets(t.Context(), "job"); err != nil || len(list) != account.MaxClientSecrets || !list[0].Expires.IsZero() || !list[1].Expires.Equal(w.now.Add(time.Hour)) {
		t.Errorf("ClientSecrets = %+v, %v", list, err)
	}
	fifth := rotate(0)
	known("after a rotation without an overlap", []bool{false, false, true}, third, fourth, fifth)
	for _, overlap := range []time.Duration{-1, account.MaxOverlap + 1} {
		if _, err := w.RotateClientSecret(t.Context(), "job", overlap); err == nil {
			t.Errorf("RotateClientSecret with an overlap of %v = nil", overlap)
		}
	}
	public := web()
	public.Public = true
	w.client(public)
	if _, err := w.RotateClientSecret(t.Context(), "web", 0); err == nil {
		t.Error("a public client's secret rotates")
	}
}

func TestWhoIsNoClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, secret := w.client(job())
	_, other := w.client(account.Client{ID: "other", Name: "Other", Scopes: []string{}})
	public := web()
	public.Public = true
	w.client(public)
	for name, try := range map[string]struct {
		id     string
		secret account.Secret
	}{
		"another's secret":           {"job", other},
		"no secret":                  {"job", ""},
		"no client":                  {"ghost", secret},
		"a public one":               {"web", ""},
		"a public one with a secret": {"web", secret},
		"the built-in one":           {"holdfast", secret},
		"no id":                      {"", ""},
		"a longer secret":            {"job", secret + "x"},
	} {
		if w.knows(try.id, try.secret) {
			t.Errorf("%s is a client", name)
		}
	}
	if !w.knows("job", secret) {
		t.Error("the client's own secret is not known")
	}
}

// A machine's token ends with what it rests on, also in another process.
func TestAMachineIsACaller(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end    func(*world) error
		stands bool
	}{
		"nothing":                     {func(*world) error { return nil }, true},
		"another client":              {func(w *world) error { return w.RemoveClient(w.t.Context(), "other") }, true},
		"removal":                     {func(w *world) error { return w.RemoveClient(w.t.Context(), "job") }, false},
		"rotation without an overlap": {func(w *world) error { _, err := w.RotateClientSecret(w.t.Context(), "job", 0); return err }, false},
		"rotation with one":           {func(w *world) error { _, err := w.RotateClientSecret(w.t.Context(), "job", time.Hour); return err }, true},
		"the end of the older secret": {func(w *world) error {
			_, err := w.RotateClientSecret(w.t.Context(), "job", time.Hour)
			w.now = w.now.Add(time.Hour)
			return err
		}, false},
		"disabling": {change(func(c *account.Client) { c.Disabled = true }), false},
		"becoming public": {change(func(c *account.Client) {
			c.Public, c.Redirects, c.Grants = true, web().Redirects, []string{"authorization_code"}
		}), false},
		"losing the grant": {change(func(c *account.Client) { c.Redirects, c.Grants = web().Redirects, []string{"authorization_code"} }), false},
		"getting keys in a secret's place": {change(func(c *account.Client) {
			c.Keys = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
		}), false},
		"another name": {change(func(c *account.Client) { c.Name = "Another" }), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, secret := w.client(job())
			w.client(account.Client{ID: "other", Name: "Other", Scopes: []string{}})
			elsewhere := w.service(password.Bcrypt(4))
			_, credential, err := w.AuthenticateClient(t.Context(), "job", secret)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []*account.Service{w.Service, elsewhere} {
				c, err := s.MachineCaller(t.Context(), "job", credential, []string{"me", "users:write"})
				if err != nil || !c.Machine() || c.ClientID != "job" || c.User.ID != "" || !c.HasScope("me") || c.HasScope("users:read") || c.HasScope("users:write") || c.HasRole("admin") || c.HasRole("") {
					t.Fatalf("MachineCaller = %+v, %v", c, err)
				}
			}
			if err := test.end(w); err != nil {
				t.Fatal(err)
			}
			for _, s := range []*account.Service{w.Service, elsewhere} {
				c, err := s.MachineCaller(t.Context(), "job", credential, []string{"me"})
				if (err == nil) != test.stands || err != nil && (!errors.Is(err, account.ErrNoCaller) || c.Machine()) {
					t.Errorf("after %s: MachineCaller = %+v, %v, want that it stands: %v", name, c, err, test.stands)
				}
			}
		})
	}
}

// change changes the client job.
func change(fn func(*account.Client)) func(*world) error {
	return func(w *world) error {
		c, err := w.Client(w.t.Context(), "job")
		if err != nil {
			return err
		}
		fn(&c)
		_, err = w.ReplaceClient(w.t.Context(), c)
		return err
	}
}

func TestAMachineHasTheScopesOfItsClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, secret := w.client(job())
	grant := func(scopes ...string) (account.Grant, error) {
		return w.ClientGrant(t.Context(), "job", account.Ask{Scopes: scopes, Audience: []string{"https://api.example"}})
	}
	all, err := grant()
	if err != nil || !slices.Equal(all.Scopes, []string{"me", "users:read"}) || all.ClientID != "job" || all.RefreshToken != "" || all.User.ID != "" || !slices.Equal(all.Audience, []string{"https://api.example"}) {
		t.Errorf("ClientGrant = %+v, %v", all, err)
	}
	if one, err := grant("me", "me"); err != nil || !slices.Equal(one.Scopes, []string{"me"}) {
		t.Errorf("ClientGrant(me) = %v, %v", one.Scopes, err)
	}
	if _, err := grant("me", "users:write"); err == nil || !strings.Contains(err.Error(), `"users:write"`) {
		t.Errorf("ClientGrant of a scope that is not the client's = %v", err)
	}
	_, credential, err := w.AuthenticateClient(t.Context(), "job", secret)
	if err != nil {
		t.Fatal(err)
	}
	less := job()
	less.Scopes, less.Grants = []string{"me"}, []string{"client_credentials"}
	if _, err := w.ReplaceClient(t.Context(), less); err != nil {
		t.Fatal(err)
	}
	if c, err := w.MachineCaller(t.Context(), "job", credential, all.Scopes); err != nil || !c.HasScope("me") || c.HasScope("users:read") {
		t.Errorf("a token from before the client lost a scope: me %v, users:read %v, %v", c.HasScope("me"), c.HasScope("users:read"), err)
	}
	for _, id := range []string{"", "ghost", "holdfast"} {
		if _, err := w.ClientCaller(t.Context(), id, nil); !errors.Is(err, account.ErrNoCaller) {
			t.Errorf("ClientCaller(%q) = %v, want ErrNoCaller", id, err)
		}
		if _, err := w.ClientGrant(t.Context(), id, account.Ask{}); !errors.Is(err, account.ErrNoClient) {
			t.Errorf("ClientGrant(%q) = %v, want ErrNoClient", id, err)
		}
	}
}

// What a user may do through a client is no more than the client may, now.
func TestAClientBoundsItsUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna", "manager")
	w.client(web())
	g, err := w.Login(t.Context(), "anna", secret, account.Ask{ClientID: "web", Scopes: []string{"me", "users:read"}, Audience: []string{"https://api.example"}})
	if err != nil || g.ClientID != "web" || !slices.Equal(g.Scopes, []string{"me"}) || !slices.Equal(g.Audience, []string{"https://api.example"}) {
		t.Fatalf("Login = %+v, %v", g, err)
	}
	caller := func() account.Caller {
		t.Helper()
		c, err := w.Caller(t.Context(), g.User.ID, g.SessionID, []string{"me", "users:read"})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := caller(); !c.HasScope("me") || c.HasScope("users:read") || c.ClientID != "web" || c.Machine() {
		t.Errorf("Caller = %+v", c)
	}
	wider := web()
	wider.Scopes, wider.Grants = []string{"me", "users:read"}, []string{"authorization_code", "refresh_token"}
	if _, err := w.ReplaceClient(t.Context(), wider); err != nil {
		t.Fatal(err)
	}
	if c := caller(); !c.HasScope("users:read") {
		t.Error("a client's new scope is not its users'")
	}
	if g, err = w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{ClientID: "web"}); err != nil || !slices.Equal(g.Scopes, []string{"me"}) || !slices.Equal(g.Audience, []string{"https://api.example"}) {
		t.Errorf("Refresh = %+v, %v, want what was granted at sign-in", g, err)
	}
	for _, other := range []string{"", "holdfast", "ghost"} {
		_, err := w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{ClientID: other})
		w.refused("Refresh by another client", err, account.ErrBadGrant)
	}
	if g, err = w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{ClientID: "web"}); err != nil {
		t.Errorf("Refresh after others have tried = %v", err)
	}
	wider.Disabled = true
	if _, err := w.ReplaceClient(t.Context(), wider); err != nil {
		t.Fatal(err)
	}
	_, err = w.caller(g)
	w.refused("Caller through a disabled client", err, account.ErrNoCaller)
	_, err = w.Login(t.Context(), "anna", secret, account.Ask{ClientID: "web"})
	w.refused("Login through a disabled client", err, account.ErrNoClient)
	wider.Disabled = false
	if _, err := w.ReplaceClient(t.Context(), wider); err != nil {
		t.Fatal(err)
	}
	if _, err := w.caller(g); err != nil {
		t.Errorf("Caller through a client that is enabled again = %v", err)
	}
	if err := w.RemoveClient(t.Context(), "web"); err != nil {
		t.Fatal(err)
	}
	_, err = w.caller(g)
	w.refused("Caller through a client that is gone", err, account.ErrNoSession)
	_, err = w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{ClientID: "web"})
	w.refused("Refresh through a client that is gone", err, account.ErrBadGrant)
}

func TestDeclaredClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna", "user")
	config := w.config
	config.Clients = []account.Client{{
		ID: "desk", Name: "Front desk", FirstParty: true, Public: true, Grants: []string{"password"},
	}}
	s, err := account.NewService(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := s.Client(t.Context(), "desk"); err != nil || c.Name != "Front desk" {
		t.Errorf("Client = %+v, %v", c, err)
	}
	if list := s.DeclaredClients(); len(list) != 2 || list[0].ID != "desk" || list[1].ID != "holdfast" {
		t.Errorf("DeclaredClients = %+v, want desk and holdfast", list)
	}
	g, err := s.Login(t.Context(), "anna", secret, account.Ask{ClientID: "desk", Scopes: []string{"me"}})
	if err != nil || g.ClientID != "desk" {
		t.Fatalf("Login = %+v, %v", g, err)
	}
	_, err = w.caller(g) // by a service that does not declare the client
	w.refused("Caller", err, account.ErrNoSession)
	for what, do := range map[string]func(context.Context) error{
		"CreateClient": func(ctx context.Context) error {
			_, _, err := s.CreateClient(ctx, account.Client{ID: "desk"})
			return err
		},
		"ReplaceClient": func(ctx context.Context) error {
			_, err := s.ReplaceClient(ctx, account.Client{ID: "desk"})
			return err
		},
		"RotateClientSecret": func(ctx context.Context) error { _, err := s.RotateClientSecret(ctx, "desk", 0); return err },
		"RemoveClient":       func(ctx context.Context) error { return s.RemoveClient(ctx, "desk") },
	} {
		if err := do(t.Context()); err == nil || !strings.Contains(err.Error(), "which the program declares") {
			t.Errorf("%s of a declared client = %v", what, err)
		}
	}
	for name, clients := range map[string][]account.Client{
		`client "x y": client_id may contain only`:                    {{ID: "x y"}},
		`client "desk": there are two of this id`:                     {config.Clients[0], config.Clients[0]},
		`client "desk": the password grant is for first-party`:        {{ID: "desk", Name: "Desk", Public: true, Scopes: []string{}, Grants: []string{"password"}}},
		`client "desk": grant_types is empty`:                         {{ID: "desk", Name: "Desk", FirstParty: true}},
		`client "desk": redirect_uris contains "http://shop.example"`: {{ID: "desk", Name: "Desk", FirstParty: true, Redirects: []string{"http://shop.example"}, Grants: []string{"authorization_code"}}},
	} {
		config.Clients = clients
		if _, err := account.NewService(t.Context(), config); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("NewService = %v, want %s", err, name)
		}
	}
}
