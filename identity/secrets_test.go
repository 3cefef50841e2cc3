package identity

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

func masterOf(t *testing.T, digit string) keyring.MasterKey {
	t.Helper()
	key, err := keyring.ParseMasterKey(strings.Repeat(digit+"f", 32)[:63] + "0")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// canaries are secrets by what they are.
type canaries map[string]string

// issue has a program make everything that it gives out.
func (c canaries) issue(t *testing.T, id *Identity) {
	t.Helper()
	ctx, s := t.Context(), id.Accounts()
	setup, err0 := s.NewSetup(ctx)
	user, err1 := s.CreateUser(ctx, account.NewUser{Name: "anna", Password: secret, Roles: []string{"admin"}})
	grant, err2 := s.Login(account.WithSource(ctx, "192.0.2.7"), "anna", secret, account.Ask{Scopes: []string{"me"}})
	visit, err3 := s.LoginSession(ctx, "anna", secret)
	link, err4 := s.NewReset(ctx, user.ID)
	key, err5 := s.NewAPIKey(ctx, account.APIKeyOwner{UserID: user.ID}, account.APIKeyAsk{Name: "x", Scopes: []string{"me"}})
	client, clientSecret, err6 := s.CreateClient(ctx, account.Client{Name: "Photos", FirstParty: true, Redirects: []string{"https://photos.example/cb"}, Grants: []string{account.GrantCode}})
	next, err7 := s.Refresh(ctx, string(grant.RefreshToken), account.Ask{})
	caller, err8 := s.SessionCaller(ctx, visit.Secret)
	code, err9 := s.NewCode(ctx, caller, account.CodeAsk{ClientID: client.ID, Redirect: "https://photos.example/cb", Challenge: challengeOf(verifier)})
	if err := errors.Join(err0, err1, err2, err3, err4, err5, err6, err7, err8, err9); err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]account.Secret{
		"a setup link": setup, "a password": secret, "a refresh token": grant.RefreshToken, "its successor": next.RefreshToken, "a session's secret": visit.Secret,
		"a reset link": link, "an API key": key.Secret, "a client's secret": clientSecret, "a code": code,
	} {
		c[what] = string(text)
		if _, last, found := strings.Cut(string(text), "."); found { // the secret half of a token
			c[what+", the half that counts"] = last
		}
	}
}

// keysOf are the keys that a program has.
func (c canaries) keysOf(t *testing.T, id *Identity, store Settings) {
	t.Helper()
	login, err := loginKey(t.Context(), store, id.config.Keys)
	if err != nil {
		t.Fatal(err)
	}
	c["the login key"], c["the login key in hexadecimal digits"] = string(login[:]), hex.EncodeToString(login[:])
	keys, err := id.KeyRing().Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range keys {
		data, err := one.MarshalPrivate()
		var jwk struct{ D string }
		if err = errors.Join(err, json.Unmarshal(data, &jwk)); err != nil || jwk.D == "" {
			t.Fatalf("a key without its private part, %v", err)
		}
		c["the signing key "+one.ID()] = jwk.D
	}
}

// foundIn are those that stand in the files of a folder.
func (c canaries) foundIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("there are %d files, %v", len(files), err)
	}
	for _, one := range files {
		data, err := os.ReadFile(filepath.Join(dir, one.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range c {
			if bytes.Contains(data, []byte(text)) {
				found[what+" in "+one.Name()] = true
			}
		}
	}
	return found
}

// With a master key no secret stands in the files of a store, whenever the key came:
// what was there before is overwritten. docs/security.md lists what there is.
func TestNoSecretStandsInTheStore(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]bool{"from the beginning": false, "after a time without a master key": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, all := t.TempDir(), canaries{}
			with := func(keys Keys, fn func(id *Identity, store *sqlite.Store)) {
				t.Helper()
				store := openedOnDisk(t, filepath.Join(dir, "test.db"))
				id, err := Open(t.Context(), quick(t, Config{Store: store, Keys: keys, URL: "https://a.example"}))
				if err != nil {
					t.Fatal(err)
				}
				fn(id, store)
				if err := id.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if before {
				with(Keys{}, func(id *Identity, store *sqlite.Store) {
					all.keysOf(t, id, store)
					if found := all.foundIn(t, dir); len(found) < 2 {
						t.Errorf("without a master key %v are found: the search finds nothing", found)
					}
				})
			}
			with(Keys{Master: masterOf(t, "a")}, func(id *Identity, store *sqlite.Store) {
				all.keysOf(t, id, store)
				all.issue(t, id)
				if found := all.foundIn(t, dir); len(found) > 0 {
					t.Errorf("with a master key %v are found", found)
				}
			})
			with(Keys{Master: masterOf(t, "b"), OldMaster: masterOf(t, "a")}, func(id *Identity, store *sqlite.Store) {
				all.keysOf(t, id, store)
				if found := all.foundIn(t, dir); len(found) > 0 {
					t.Errorf("with another master key %v are found", found)
				}
			})
			with(Keys{Master: masterOf(t, "b")}, func(*Identity, *sqlite.Store) {}) // the old one is not needed any more
		})
	}
}

func TestWhoHasTheMasterKey(t *testing.T) {
	t.Parallel()
	store := memory.New()
	login, err := loginKey(t.Context(), store, Keys{})
	if err != nil {
		t.Fatal(err)
	}
	if err := SealSecrets(t.Context(), store, Keys{}); err != nil {
		t.Errorf("SealSecrets without a key = %v", err)
	}
	if err := SealSecrets(t.Context(), memory.New(), Keys{Master: masterOf(t, "a")}); err != nil {
		t.Errorf("SealSecrets of a new store = %v", err)
	}
	a, b := Keys{Master: masterOf(t, "a")}, Keys{Master: masterOf(t, "b")}
	if err := SealSecrets(t.Context(), store, a); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		keys Keys
		want error
	}{
		"the key":        {a, nil},
		"none":           {Keys{}, keyring.ErrSealed},
		"another":        {b, keyring.ErrMasterKey},
		"it as the last": {Keys{Master: b.Master, OldMaster: a.Master}, nil},
	} {
		copied := memory.New()
		sealed, err1 := store.Setting(t.Context(), loginKeySetting)
		_, err2 := copied.SetOnce(t.Context(), loginKeySetting, sealed)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		got, err := loginKey(t.Context(), copied, test.keys)
		if !errors.Is(err, test.want) || test.want == nil && got != login {
			t.Errorf("%s: the login key is the same: %v, %v, want %v", name, got == login, err, test.want)
		}
		if err := SealSecrets(t.Context(), copied, test.keys); !test.keys.Master.IsZero() && !errors.Is(err, test.want) {
			t.Errorf("%s: SealSecrets = %v, want %v", name, err, test.want)
		}
	}
	for _, damaged := range []string{"sealed:%", "sealed:", "sealed:AAAA", "zz"} {
		copied := memory.New()
		if _, err := copied.SetOnce(t.Context(), loginKeySetting, damaged); err != nil {
			t.Fatal(err)
		}
		if _, err := loginKey(t.Context(), copied, a); err == nil {
			t.Errorf("a login key that is %q is taken", damaged)
		}
	}
}

// A command without the master key does what needs no counting, and nobody signs in
// with it uncounted.
func TestAccountsWithoutTheMasterKey(t *testing.T) {
	t.Parallel()
	store := memory.New()
	if _, err := loginKey(t.Context(), store, Keys{Master: masterOf(t, "a")}); err != nil {
		t.Fatal(err)
	}
	accounts, err := OpenAccounts(t.Context(), quick(t, Config{Store: store}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = accounts.Close() }()
	user, err := accounts.CreateUser(t.Context(), account.NewUser{Name: "anna", Password: secret})
	if err != nil {
		t.Errorf("CreateUser = %v", err)
	}
	if _, err := accounts.NewReset(t.Context(), user.ID); err != nil {
		t.Errorf("NewReset = %v", err)
	}
	if _, err := accounts.Login(t.Context(), "anna", secret, account.Ask{}); !errors.Is(err, keyring.ErrSealed) {
		t.Errorf("Login = %v, want %v", err, keyring.ErrSealed)
	}
	if _, err := Open(t.Context(), quick(t, Config{Store: store, URL: "https://a.example"})); !errors.Is(err, keyring.ErrSealed) {
		t.Errorf("Open = %v, want %v", err, keyring.ErrSealed)
	}
}

// Programs that start on one store one after the other, or again, each have a link;
// one of them makes the administrator.
func TestSetupLinksOfSeveralStarts(t *testing.T) {
	t.Parallel()
	store := memory.New()
	secretOf := func() account.Secret {
		id, err := Open(t.Context(), quick(t, Config{Store: store, URL: "https://a.example"}))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = id.Close() }()
		link, err := id.SetupLink(t.Context())
		_, text, found := strings.Cut(link, "?secret=")
		if err != nil || !found {
			t.Fatalf("SetupLink = %q, %v", link, err)
		}
		return account.Secret(text)
	}
	links := []account.Secret{secretOf(), secretOf(), secretOf()}
	id, err := Open(t.Context(), quick(t, Config{Store: store, URL: "https://a.example"}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = id.Close() }()
	use := func(ctx context.Context, link account.Secret, name string) error {
		_, err := id.Accounts().Setup(ctx, link, name, secret)
		return err
	}
	if err := use(t.Context(), links[0], "anna"); err != nil {
		t.Errorf("the first program's link = %v", err)
	}
	for i, link := range links {
		if err := use(t.Context(), link, "ben"); !errors.Is(err, account.ErrBadSetup) {
			t.Errorf("link %d after one was used = %v, want ErrBadSetup", i, err)
		}
	}
}
