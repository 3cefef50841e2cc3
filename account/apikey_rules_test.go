package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// What is not written as a key asks nothing of the store, and one that was never
// given out is as one that is over.
func TestWhatIsNoKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.user("ann", "user")
	g := w.key(of(ann), "me")
	grant, visit := w.login("ann", "me"), w.visit("ann")
	o := &outages{Store: w.store}
	w.config.Store = o
	s, err := account.NewService(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	text := string(g.Secret)
	for name, other := range map[string]string{
		"nothing": "", "a refresh token": string(grant.RefreshToken), "a session": string(visit.Secret), "its id": g.Key.ID,
		"one letter less": text[:len(text)-1], "another kind": "hfk_" + text[4:], "in capitals": strings.ToUpper(text), "a space": text + " ",
	} {
		o.begin(0)
		if _, err := s.APIKeyCaller(t.Context(), account.Secret(other)); !errors.Is(err, account.ErrNoAPIKey) || o.calls != 0 {
			t.Errorf("%s: APIKeyCaller = %v and %v, want ErrNoAPIKey and nothing asked", name, err, o.asked)
		}
	}
	never := newWorld(t)
	stranger := never.key(of(never.user("ann", "user")), "me")
	_, unknown := w.APIKeyCaller(t.Context(), stranger.Secret)
	if err := w.RevokeAPIKey(t.Context(), of(ann), g.Key.ID); err != nil {
		t.Fatal(err)
	}
	_, revoked := w.APIKeyCaller(t.Context(), g.Secret)
	if unknown == nil || revoked == nil || unknown.Error() != revoked.Error() {
		t.Errorf("unknown is %v, revoked is %v; want the same", unknown, revoked)
	}
	if _, err := w.SessionCaller(t.Context(), g.Secret); !errors.Is(err, account.ErrNoCaller) {
		t.Errorf("SessionCaller of a key = %v, want ErrNoCaller", err)
	}
	if _, err := w.Refresh(t.Context(), text, account.Ask{}); !errors.Is(err, account.ErrBadGrant) {
		t.Errorf("Refresh of a key = %v, want ErrBadGrant", err)
	}
}

func TestWhatIsAskedOfAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, gone := w.user("ann", "user"), w.user("gone", "user")
	yes := true
	if _, err := w.UpdateUser(t.Context(), gone.ID, account.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	w.putClient(account.Client{ID: "public", Public: true, Grants: []string{account.GrantClientCredentials}, Scopes: []string{"me"}})
	w.putClient(account.Client{ID: "code", Grants: []string{account.GrantCode}, Scopes: []string{"me"}})
	till := w.machine("till", "me")
	long := strings.Repeat("x", 65)
	const year = 366 * 24 * time.Hour
	for name, test := range map[string]struct {
		owner account.APIKeyOwner
		ask   account.APIKeyAsk
		field string // of an InvalidError
		want  error
	}{
		"all that is needed":               {of(ann), account.APIKeyAsk{Name: "x", Scopes: []string{"me"}}, "", nil},
		"no scopes":                        {of(ann), account.APIKeyAsk{Name: "x"}, "", nil},
		"a year":                           {of(ann), account.APIKeyAsk{Name: "x", TTL: year}, "", nil},
		"no name":                          {of(ann), account.APIKeyAsk{}, "name", nil},
		"a long name":                      {of(ann), account.APIKeyAsk{Name: long}, "name", nil},
		"a name of two lines":              {of(ann), account.APIKeyAsk{Name: "a\nb"}, "name", nil},
		"a scope that no role grants":      {of(ann), account.APIKeyAsk{Name: "x", Scopes: []string{"me", "users:read"}}, "scopes", nil},
		"too many scopes":                  {of(ann), account.APIKeyAsk{Name: "x", Scopes: make([]string, 201)}, "scopes", nil},
		"more than a year":                 {of(ann), account.APIKeyAsk{Name: "x", TTL: year + 1}, "expires_in", nil},
		"less than nothing":                {of(ann), account.APIKeyAsk{Name: "x", TTL: -1}, "expires_in", nil},
		"a user who is not there":          {account.APIKeyOwner{UserID: "x"}, account.APIKeyAsk{Name: "x"}, "", account.ErrNoUser},
		"nobody":                           {account.APIKeyOwner{}, account.APIKeyAsk{Name: "x"}, "", account.ErrNoUser},
		"a disabled user":                  {of(gone), account.APIKeyAsk{Name: "x"}, "", account.ErrDisabled},
		"a client":                         {till, account.APIKeyAsk{Name: "x", Scopes: []string{"me"}}, "", nil},
		"a scope that is not the client's": {till, account.APIKeyAsk{Name: "x", Scopes: []string{"users:read"}}, "scopes", nil},
		"a client that is not there":       {account.APIKeyOwner{ClientID: "x"}, account.APIKeyAsk{Name: "x"}, "", account.ErrNoClient},
		"a public client":                  {account.APIKeyOwner{ClientID: "public"}, account.APIKeyAsk{Name: "x"}, "client", nil},
		"a client that acts for users":     {account.APIKeyOwner{ClientID: "code"}, account.APIKeyAsk{Name: "x"}, "client", nil},
		"the built-in client":              {account.APIKeyOwner{ClientID: account.BuiltInClient}, account.APIKeyAsk{Name: "x"}, "client", nil},
	} {
		_, err := w.NewAPIKey(t.Context(), test.owner, test.ask)
		invalid, ok := errors.AsType[*account.InvalidError](err)
		switch {
		case test.field != "" && (!ok || invalid.Field != test.field):
			t.Errorf("%s: NewAPIKey = %v, want something about %s", name, err, test.field)
		case test.field == "" && !errors.Is(err, test.want):
			t.Errorf("%s: NewAPIKey = %v, want %v", name, err, test.want)
		}
	}
}

// A person gives a program no more than the application has that they use.
func TestWhoMakesOwnKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("reader", "books:read", "books:write")
	ann := w.user("ann", "reader", "user")
	w.putClient(account.Client{ID: "app", Public: true, Grants: []string{account.GrantPassword}, Scopes: []string{"books:read"}})
	w.putClient(account.Client{ID: "ours", FirstParty: true, Public: true, Grants: []string{account.GrantPassword}})
	wide := w.key(of(ann), "books:read", "books:write")
	machine := w.key(w.machine("till", "books:read"), "books:read")
	token := func(client string, scopes ...string) account.Caller {
		g, err := w.Login(t.Context(), "ann", secret, account.Ask{ClientID: client, Scopes: scopes})
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.Caller(t.Context(), ann.ID, g.SessionID, g.Scopes)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	cookie, err1 := w.SessionCaller(t.Context(), w.visit("ann").Secret)
	byKey, err2 := w.APIKeyCaller(t.Context(), wide.Secret)
	byMachine, err3 := w.APIKeyCaller(t.Context(), machine.Secret)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		caller account.Caller
		scopes []string
		field  string
		want   error
	}{
		"all that the token has":      {token("", "books:read", "me"), []string{"books:read", "me"}, "", nil},
		"more than the token has":     {token("", "books:read"), []string{"books:read", "books:write"}, "scopes", nil},
		"a session that is presented": {cookie, []string{"books:write", "me"}, "", nil},
		"more than the roles grant":   {cookie, []string{"users:read"}, "scopes", nil},
		"an application of ours":      {token("ours", "books:read"), []string{"books:read"}, "", nil},
		"an application of others":    {token("app", "books:read"), []string{"books:read"}, "", account.ErrForbidden},
		"another key":                 {byKey, []string{"books:read"}, "", account.ErrForbidden},
		"a machine":                   {byMachine, []string{"books:read"}, "", account.ErrForbidden},
		"nobody":                      {account.Caller{}, nil, "", account.ErrForbidden},
	} {
		_, err := w.NewOwnAPIKey(t.Context(), test.caller, account.APIKeyAsk{Name: "x", Scopes: test.scopes})
		if invalid, ok := errors.AsType[*account.InvalidError](err); ok != (test.field != "") || ok && invalid.Field != test.field || !ok && !errors.Is(err, test.want) {
			t.Errorf("%s: NewOwnAPIKey = %v, want %v %s", name, err, test.want, test.field)
		}
	}
	// A rotation gives a key, too.
	_, err := w.RotateOwnAPIKey(t.Context(), token("", "books:read"), wide.Key.ID, time.Hour)
	if _, ok := errors.AsType[*account.InvalidError](err); !ok {
		t.Errorf("RotateOwnAPIKey of a key that may do more = %v, want *InvalidError", err)
	}
	_, err = w.RotateOwnAPIKey(t.Context(), byKey, wide.Key.ID, time.Hour)
	w.refused("RotateOwnAPIKey by a key", err, account.ErrForbidden)
	_, err = w.RotateOwnAPIKey(t.Context(), cookie, machine.Key.ID, time.Hour)
	w.refused("RotateOwnAPIKey of another's", err, account.ErrNoAPIKey)
	next, err := w.RotateOwnAPIKey(t.Context(), cookie, wide.Key.ID, time.Hour)
	if err != nil || next.Key.Name != wide.Key.Name || !slices.Equal(next.Key.Scopes, wide.Key.Scopes) || next.Key.Expires.Sub(next.Key.Created) != account.DefaultAPIKeyTTL {
		t.Errorf("RotateOwnAPIKey = %+v, %v, want one like that before", next.Key, err)
	}
}

func TestKeysAreTheirOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, ben := w.user("ann", "user"), w.user("ben", "user")
	g := w.key(of(ann), "me")
	w.refused("RevokeAPIKey by another", w.RevokeAPIKey(t.Context(), of(ben), g.Key.ID), account.ErrNoAPIKey)
	_, err := w.RotateAPIKey(t.Context(), of(ben), g.Key.ID, 0)
	w.refused("RotateAPIKey by another", err, account.ErrNoAPIKey)
	_, err = w.RotateAPIKey(t.Context(), of(ann), "x", 0)
	w.refused("RotateAPIKey of nothing", err, account.ErrNoAPIKey)
	for _, overlap := range []time.Duration{-1, account.MaxAPIKeyOverlap + 1} {
		_, err := w.RotateAPIKey(t.Context(), of(ann), g.Key.ID, overlap)
		if _, ok := errors.AsType[*account.InvalidError](err); !ok {
			t.Errorf("RotateAPIKey with an overlap of %v = %v, want *InvalidError", overlap, err)
		}
	}
	if keys, err := w.APIKeys(t.Context(), of(ben)); err != nil || len(keys) != 0 {
		t.Errorf("APIKeys of another = %v, %v", keys, err)
	}
	w.mayDo("after all that", g.Secret, "me")
}

// Who has as many keys as there may be gets one more when one of them is over.
func TestRoomForKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.user("ann", "user")
	var last account.APIKeyGrant
	for i := range account.MaxAPIKeys {
		last = w.key(of(ann), "me")
		w.now = w.now.Add(time.Duration(i%2) * time.Millisecond)
	}
	ask := account.APIKeyAsk{Name: "x", Scopes: []string{"me"}}
	_, err := w.NewAPIKey(t.Context(), of(ann), ask)
	w.refused("one too many", err, account.ErrTooManyAPIKeys)
	_, err = w.RotateAPIKey(t.Context(), of(ann), last.Key.ID, time.Hour)
	w.refused("a rotation that leaves one too many", err, account.ErrTooManyAPIKeys)
	w.now = w.now.Add(25 * time.Hour)
	next, err := w.RotateAPIKey(t.Context(), of(ann), last.Key.ID, 0)
	if err != nil {
		t.Errorf("a rotation that leaves as many = %v", err)
	}
	if _, err := w.NewAPIKey(t.Context(), of(w.user("ben", "user")), ask); err != nil {
		t.Errorf("another's = %v", err)
	}
	w.now = next.Key.Expires.Add(-time.Millisecond)
	if _, err := w.NewAPIKey(t.Context(), of(ann), ask); err != nil {
		t.Errorf("after others have been over for a day = %v", err)
	}
	w.mayDo("one that is not over", next.Secret, "me")
}
