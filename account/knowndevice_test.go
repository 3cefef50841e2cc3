package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// grant signs in with a device, from an address.
func (w *world) grant(name, secret, from string, device account.Secret) (account.Grant, error) {
	return w.Login(account.WithKnownDevice(account.WithSource(w.t.Context(), from), device), name, secret, account.Ask{})
}

// exhaust has strangers use up what there is for strangers at an account.
func (w *world) exhaust(name string) {
	w.t.Helper()
	for n := range 20 {
		w.refused("a guess", w.try(name, "wrong", fmt.Sprintf("198.51.%d.1", n)), account.ErrBadLogin)
	}
}

func TestWhichDevicesAreKnown(t *testing.T) {
	t.Parallel()
	next := account.Secret("a new horse battery")
	for name, test := range map[string]struct {
		device func(w *world, own account.Secret) account.Secret
		secret string
		known  bool
	}{
		"the one that signed in":   {func(_ *world, own account.Secret) account.Secret { return own }, secret, true},
		"none":                     {func(*world, account.Secret) account.Secret { return "" }, secret, false},
		"one that makes something": {func(*world, account.Secret) account.Secret { return "x.y.." }, secret, false},
		"one that brings much": {func(_ *world, own account.Secret) account.Secret {
			return own + "." + account.Secret(strings.Repeat("x", 1000))
		}, secret, false},
		"one that alters it": {func(_ *world, own account.Secret) account.Secret {
			return own[:len(own)-2] + map[bool]account.Secret{true: "BA", false: "AA"}[own[len(own)-2:] == "AA"]
		}, secret, false},
		"somebody else's": {func(w *world, _ account.Secret) account.Secret {
			grant, err := w.grant("ben", secret, "192.0.2.2", "")
			w.refused("Login of ben", err, nil)
			return grant.Device
		}, secret, false},
		"one that two have signed in with": {func(w *world, own account.Secret) account.Secret {
			grant, err := w.grant("ben", secret, "192.0.2.2", own)
			w.refused("Login of ben", err, nil)
			return grant.Device
		}, secret, true},
		"one that five have signed in with since": {func(w *world, own account.Secret) account.Secret {
			for n := range 4 {
				name := fmt.Sprint("other", n)
				w.user(name, "user")
				grant, err := w.grant(name, secret, "192.0.2.2", own)
				w.refused("Login of another", err, nil)
				own = grant.Device
			}
			return own
		}, secret, false},
		"after 90 days": {func(w *world, own account.Secret) account.Secret {
			w.now = w.now.Add(90 * 24 * time.Hour)
			return own
		}, secret, true},
		"after 91 days": {func(w *world, own account.Secret) account.Secret {
			w.now = w.now.Add(91 * 24 * time.Hour)
			return own
		}, secret, false},
		"before the password was changed": {func(w *world, own account.Secret) account.Secret {
			link, err := w.NewReset(w.t.Context(), w.id("anna"))
			w.refused("NewReset", err, nil)
			_, err = w.ResetPassword(w.t.Context(), link, next)
			w.refused("ResetPassword", err, nil)
			return own
		}, string(next), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := watched(t)
			w.user("anna", "user")
			w.user("ben", "user")
			grant, err := w.grant("anna", secret, "192.0.2.1", "")
			w.refused("the first Login", err, nil)
			device := test.device(w, grant.Device)
			w.exhaust("anna")
			_, err = w.grant("anna", test.secret, "203.0.113.1", device)
			if test.known {
				w.refused("Login on the move", err, nil)
			} else {
				w.throttled("Login on the move", err, 5*time.Second)
			}
		})
	}
}

// id is that of a user.
func (w *world) id(name string) string {
	w.t.Helper()
	user, err := w.UserByName(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return user.ID
}

// A device is no way around the bound, and neither opens anything nor says who it is
// known to.
func TestAKnownDeviceIsNoWayAround(t *testing.T) {
	t.Parallel()
	w, _ := watched(t)
	anna := w.user("anna", "user")
	grant, err := w.grant("anna", secret, "192.0.2.1", "")
	w.refused("Login", err, nil)
	for n := range 10 {
		_, err := w.grant("anna", "wrong", fmt.Sprintf("203.0.%d.1", n), grant.Device)
		w.refused("a guess with the device", err, account.ErrBadLogin)
	}
	_, err = w.grant("anna", secret, "203.0.113.1", grant.Device)
	w.throttled("one more", err, 45*time.Second)
	w.refused("Login at the address", w.try("anna", secret, "192.0.2.1"), nil)
	if strings.Contains(string(grant.Device), anna.ID) || strings.Contains(string(grant.Device), "anna") {
		t.Error("the device knows who it is known to")
	}
}

func TestASessionLeavesADevice(t *testing.T) {
	t.Parallel()
	w, _ := watched(t)
	w.user("anna", "user")
	session, err := w.LoginSession(account.WithSource(t.Context(), "192.0.2.1"), "anna", secret)
	w.refused("LoginSession", err, nil)
	w.exhaust("anna")
	_, err = w.grant("anna", secret, "203.0.113.1", session.Device)
	w.refused("Login with the session's device", err, nil)
}

// Who has stolen what a device keeps can use up what it stands for, and keeps the owner
// out neither at an address that they are known at nor with another device. It is not
// twice as much for the thief.
func TestAStolenDeviceKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	w, _ := watched(t)
	w.user("anna", "user")
	grant, err := w.grant("anna", secret, "192.0.2.1", "")
	w.refused("Login", err, nil)
	w.now = w.now.Add(24 * time.Hour)
	other, err := w.grant("anna", secret, "192.0.2.9", "")
	w.refused("Login with another device", err, nil)
	for n := range 10 {
		_, err := w.grant("anna", "wrong", fmt.Sprintf("203.0.%d.1", n), grant.Device)
		w.refused("a guess of the thief", err, account.ErrBadLogin)
	}
	_, err = w.grant("anna", "wrong", "203.0.113.1", grant.Device)
	w.throttled("one more", err, 45*time.Second)
	_, err = w.grant("anna", secret, "198.51.100.1", other.Device)
	w.refused("Login of the owner with the other device", err, nil)
	_, err = w.grant("anna", secret, "192.0.2.1", grant.Device)
	w.refused("Login of the owner at the known address, with the stolen device", err, nil)
}
