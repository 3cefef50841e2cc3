package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// outcome is what is compared of an answer, in words that stand in reasons.txt:
//
//	400 invalid_request                 an error of RFC 6749 section 5.2
//	200, 200 active, 200 inactive       what was asked for
//	a page                              for the person: the browser is not sent anywhere
//	asks                                the person is asked to sign in or to agree
//	sends code, sends invalid_scope     the browser is sent to the client
func outcome(r request, got *reply, w *world) string {
	to := got.headers.Get("Location")
	switch {
	case r.path == authorizePath && got.status >= 300 && got.status < 400:
		return sent(to, w)
	case r.path == authorizePath && got.status == http.StatusOK:
		return "asks"
	case r.path == authorizePath && r.method != http.MethodGet && r.method != http.MethodPost:
		return strconv.Itoa(got.status)
	case r.path == authorizePath && got.status < 500:
		return "a page"
	}
	var body struct {
		Error  string `json:"error"`
		Active *bool  `json:"active"`
	}
	_ = json.Unmarshal(got.body, &body) // what is no JSON has neither
	out := strconv.Itoa(got.status)
	switch {
	case body.Error != "":
		out += " " + body.Error
	case body.Active != nil && *body.Active:
		out += " active"
	case body.Active != nil:
		out += " inactive"
	}
	return out
}

// sent says with what a browser was sent to the client, or that it stays here.
func sent(location string, w *world) string {
	to, err := url.Parse(location)
	if err != nil {
		return "sends nonsense"
	}
	if to.Host == "" && to.Scheme == "" || strings.HasPrefix(location, w.base+"/") {
		return "asks"
	}
	said, where := to.Query(), ""
	if fragment, err := url.ParseQuery(to.Fragment); err == nil && to.Fragment != "" {
		said, where = fragment, " in the fragment"
	}
	switch {
	case said.Get("error") != "":
		return "sends " + said.Get("error") + where
	case said.Get("code") != "":
		return "sends code" + where
	}
	return "sends nothing"
}

// alike reports whether two outcomes are the same: of a status only its class
// counts, as two servers may well choose 400 and 413.
func alike(theirs, ours string) bool { return class(theirs) == class(ours) }

func class(outcome string) string {
	status, rest, _ := strings.Cut(outcome, " ")
	if _, err := strconv.Atoi(status); err == nil && len(status) == 3 {
		return status[:1] + "xx " + rest
	}
	return outcome
}
