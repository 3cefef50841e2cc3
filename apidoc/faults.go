package apidoc

import (
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// notes collects what is wrong.
type notes []error

func (n *notes) check(wrong bool, format string, args ...any) {
	if wrong {
		*n = append(*n, fmt.Errorf(format, args...))
	}
}

// Faults says what is wrong with it by itself; an application says the same when
// it starts.
func (a API) Faults() []error {
	var n notes
	n.address("TermsOfService", a.TermsOfService)
	n.address("Contact.URL", a.Contact.URL)
	if a.Contact.Email != "" {
		_, err := mail.ParseAddress(a.Contact.Email)
		n.check(err != nil, "Contact.Email: %q is no address of mail", a.Contact.Email)
	}
	n.check(a.License != License{} && a.License.Name == "", "License: it has no name")
	n.check(a.License.Identifier != "" && a.License.URL != "", "License: it has an identifier and an address; say one of them")
	n.address("License.URL", a.License.URL)
	n.docs("ExternalDocs", a.ExternalDocs)
	n.resource(a.Resource)
	for _, s := range a.Servers {
		n.server(s)
	}
	seen := map[string]bool{}
	for _, tag := range a.Tags {
		n.check(tag.Name == "", "Tags: a tag has no name")
		n.check(seen[tag.Name], "Tags: %q stands there twice", tag.Name)
		seen[tag.Name] = true
		n.docs("tag "+tag.Name, tag.ExternalDocs)
	}
	n.calls("webhook", a.Webhooks)
	return n
}

// Faults says what is wrong with it by itself; an application says the same when
// it starts.
func (o Operation) Faults() []error {
	var n notes
	n.docs("ExternalDocs", o.ExternalDocs)
	n.examples("", o.Examples, false)
	n.answers("", o.Answers)
	n.calls("callback", o.Callbacks)
	for _, flow := range o.WithoutFlows {
		n.check(flow != "password" && flow != "authorizationCode" && flow != "clientCredentials", "WithoutFlows: %q is no flow with a tokenUrl: password, authorizationCode, clientCredentials", flow)
	}
	return n
}

// address checks that a text that was given is one that a reader can follow.
func (n *notes) address(what, text string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	n.check(err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "", "%s: %q is no address such as https://example.org/x", what, text)
}

func (n *notes) docs(what string, d ExternalDocs) {
	n.check(d.URL == "" && d.Description != "", "%s: it has a description and no address", what)
	n.address(what, d.URL)
}

var variable = regexp.MustCompile(`\{([^{}]*)\}`)

func (n *notes) server(s Server) {
	n.check(s.URL == "", "Servers: a server has no address")
	used := map[string]bool{}
	for _, match := range variable.FindAllStringSubmatch(s.URL, -1) {
		used[match[1]] = true
		_, ok := s.Variables[match[1]]
		n.check(!ok, "server %s: Variables has no %q", s.URL, match[1])
	}
	for name, v := range s.Variables {
		n.check(!used[name], "server %s: nothing in it is the variable %q", s.URL, name)
		n.check(v.Enum != nil && !slices.Contains(v.Enum, v.Default), "server %s: the default of %q is not among what may be chosen", s.URL, name)
	}
}

// name is what OpenAPI allows as the name of a component; examples and calls
// are told by such names, too, so that other tools can refer to them.
var name = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

func (n *notes) examples(where string, list []Example, bodyOnly bool) {
	seen := map[string]bool{}
	for _, e := range list {
		key := e.Parameter + " " + e.Name
		n.check(!name.MatchString(e.Name), "%sexample %q: a name has letters, digits, and . _ -", where, e.Name)
		n.check(seen[key], "%sexample %q stands there twice", where, e.Name)
		n.check(bodyOnly && e.Parameter != "", "%sexample %q: it is of a body, and has no Parameter", where, e.Name)
		seen[key] = true
	}
}

func (n *notes) answers(where string, list []Answer) {
	for _, a := range list {
		n.check(a.Status < 100 || a.Status > 599, "%sanswer %d: that is no status of HTTP", where, a.Status)
		bodiless := a.Status < 200 || a.Status == http.StatusNoContent || a.Status == http.StatusNotModified
		n.check(bodiless && (a.Type.t != nil || a.MediaType != ""), "%sanswer %d: such an answer has no body", where, a.Status)
		for _, h := range a.Headers {
			n.check(h.Name == "", "%sanswer %d: a header has no name", where, a.Status)
		}
		n.examples(fmt.Sprintf("%sanswer %d: ", where, a.Status), a.Examples, true)
	}
}

var methods = []string{"", http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions, http.MethodTrace}

func (n *notes) calls(kind string, list []Call) {
	seen := map[string]bool{}
	for _, c := range list {
		where := fmt.Sprintf("%s %q: ", kind, c.Name)
		n.check(!name.MatchString(c.Name), "%sa name has letters, digits, and . _ -", where)
		n.check(seen[c.Name], "%sit stands there twice", where)
		seen[c.Name] = true
		n.check(!slices.Contains(methods, c.Method), "%smethod %q is none that OpenAPI knows", where, c.Method)
		n.check(kind == "webhook" && c.To != "", "%sTo is of callbacks; where a webhook goes was agreed on elsewhere", where)
		n.check(kind == "callback" && !strings.Contains(c.To, "{$"), "%sTo is %q and does not say where the address was given, such as {$request.body#/callbackUrl}", where, c.To)
		n.check(len(c.Examples) > 0 && c.Body.t == nil, "%sit has examples and no Body", where)
		n.examples(where, c.Examples, true)
		n.answers(where, c.Answers)
	}
}
