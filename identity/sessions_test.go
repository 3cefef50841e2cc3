package identity

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/memory"
)

// A browser is shown by what it says of itself and by the address that it came
// from, and another one can sign it out.
func TestASessionSaysWhereItIs(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	phone, desk := l.browser(), l.browser()
	phone.do("POST", "/signin", credentials("ann", secret), "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1")
	desk.do("POST", "/signin", credentials("ann", secret), "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0")
	accounts := l.Accounts()
	ann, err := accounts.UserByName(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	list, err := accounts.Sessions(t.Context(), ann.ID)
	if err != nil || len(list) != 2 {
		t.Fatalf("Sessions = %+v, %v, want two", list, err)
	}
	at := slices.IndexFunc(list, func(one account.SessionInfo) bool { return one.Device == "Safari on iPhone" })
	if at < 0 || list[1-at].Device != "Firefox on Linux" || list[at].Address == "" {
		t.Fatalf("Sessions = %+v, want a phone and a desk, with addresses", list)
	}
	phone.wants("before", "GET", "/shelf", http.StatusOK)
	if err := accounts.EndSession(t.Context(), ann.ID, list[at].ID); err != nil {
		t.Fatal(err)
	}
	phone.wants("after its session was ended", "GET", "/shelf", http.StatusUnauthorized)
	desk.wants("another session", "GET", "/shelf", http.StatusOK)
}

func TestConfigOfSessions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config Config
		field  string
	}{
		"an overlap that is too long":          {Config{RefreshOverlap: 11 * time.Minute}, "RefreshOverlap"},
		"an idle limit that tokens outlive":    {Config{SessionIdle: 15 * time.Minute}, "SessionIdle"},
		"an idle limit that is negative":       {Config{SessionIdle: -1}, "SessionIdle"},
		"a strict refresh and an idle limit":   {Config{RefreshOverlap: account.StrictRefresh, SessionIdle: time.Hour}, ""},
		"an overlap that is as long as it may": {Config{RefreshOverlap: 10 * time.Minute}, ""},
	} {
		config := test.config
		config.Scheme, config.Store, config.URL = NewScheme(), memory.New(), "http://localhost"
		field := ""
		if wrong, ok := errors.AsType[*ConfigError](config.complete()); ok {
			field = wrong.Field
		}
		if field != test.field {
			t.Errorf("%s: an error about %q, want %q", name, field, test.field)
		}
	}
}
