package accountapi_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/accountapi"
)

// sessions reads a page of sessions.
func (a *api) sessions(path, token string) accountapi.SessionPage {
	a.t.Helper()
	w := a.call("GET", path, token, "")
	var page accountapi.SessionPage
	if w.Code != http.StatusOK || json.Unmarshal(w.Body.Bytes(), &page) != nil {
		a.t.Fatalf("GET %s = %d %s", path, w.Code, w.Body)
	}
	return page
}

func (a *api) wants(method, path, token string, want int) {
	a.t.Helper()
	if w := a.call(method, path, token, ""); w.Code != want {
		a.t.Errorf("%s %s = %d %s, want %d", method, path, w.Code, w.Body, want)
	}
}

func TestOwnSessions(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	phone, desk, train := a.login("user", "me"), a.login("user", "me"), a.login("user", "me")
	other := a.login("manager", "me users:read")

	list := a.sessions("/users/me/sessions", desk).Sessions
	current := func(one accountapi.Session) bool { return one.Current }
	if len(list) != 3 || slices.IndexFunc(list, current) != 1 || list[1].ClientID != "holdfast" || list[1].Created.IsZero() || !list[1].Expires.After(list[1].Created) {
		t.Errorf("the own sessions are %+v, want three, of which the second is this", list)
	}
	theirs := a.sessions("/users/me/sessions", other).Sessions
	a.wants("DELETE", "/users/me/sessions/"+theirs[0].ID, desk, http.StatusNotFound)
	a.wants("DELETE", "/users/me/sessions/"+list[0].ID, desk, http.StatusNoContent)
	a.wants("DELETE", "/users/me/sessions/"+list[0].ID, desk, http.StatusNotFound)
	a.wants("GET", "/users/me", phone, http.StatusUnauthorized)
	a.wants("GET", "/users/me", train, http.StatusOK)
	a.wants("DELETE", "/users/me/sessions?others=true", desk, http.StatusNoContent)
	a.wants("GET", "/users/me", train, http.StatusUnauthorized)
	a.wants("GET", "/users/me", desk, http.StatusOK)
	a.wants("DELETE", "/users/me/sessions?others=perhaps", desk, http.StatusUnprocessableEntity)
	a.wants("DELETE", "/users/me/sessions", desk, http.StatusNoContent)
	a.wants("GET", "/users/me", desk, http.StatusUnauthorized)
	a.wants("GET", "/users/me", other, http.StatusOK)
}

func TestSessionsOfOthers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin := a.login("admin", allScopes)
	first, second := a.login("user", "me"), a.login("user", "me")
	path := "/users/" + a.users["user"].ID + "/sessions"

	var ids []string
	for next, pages := "", 0; pages < 3; pages++ {
		page := a.sessions(path+"?limit=1&after="+next, admin)
		for _, one := range page.Sessions {
			ids = append(ids, one.ID)
			if one.Current {
				t.Error("another's session is called the current one")
			}
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if len(ids) != 2 {
		t.Fatalf("page by page there are the sessions %v, want two", ids)
	}
	a.wants("GET", path+"?limit=101", admin, http.StatusUnprocessableEntity)
	a.wants("DELETE", "/users/"+a.users["manager"].ID+"/sessions/"+ids[0], admin, http.StatusNotFound)
	a.wants("GET", "/users/me", first, http.StatusOK)
	a.wants("DELETE", path+"/"+ids[0], admin, http.StatusNoContent)
	a.wants("GET", "/users/me", first, http.StatusUnauthorized)
	a.wants("GET", "/users/me", second, http.StatusOK)
	a.wants("DELETE", path, admin, http.StatusNoContent)
	a.wants("GET", "/users/me", second, http.StatusUnauthorized)
	for _, method := range []string{"GET", "DELETE"} {
		a.wants(method, "/users/x/sessions", admin, http.StatusNotFound)
	}
	a.wants("GET", "/users/me", admin, http.StatusOK)
}
