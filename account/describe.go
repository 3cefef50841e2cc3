package account

import (
	"cmp"
	"net/url"
	"strings"
	"time"
)

// What records say of things: names and values in turn. A change says all of it as it
// is then, or what was changed, and beside that what was there before, by audit.Was.

func describeClient(c Client) []string {
	return []string{
		"name", c.Name, "grants", strings.Join(c.Grants, " "), "scopes", strings.Join(c.Scopes, " "), "redirects", strings.Join(c.Redirects, " "),
		"audiences", strings.Join(c.Audiences, " "), "public", yes(c.Public), "first_party", yes(c.FirstParty), "disabled", yes(c.Disabled), "keys", describeKeys(c),
	}
}

// describeKeys names the public keys of a client, by their kid and their thumbprint (RFC
// 7638): the first is a word of whoever made them, and the second proves which it is.
func describeKeys(c Client) string {
	const most = 64 // of a kid
	keys, err := keysOf(c)
	if err != nil {
		return "unreadable"
	}
	var list []string
	for i, one := range keys {
		if i > 0 && keys[i-1].thumbprint == one.thumbprint {
			continue // an RSA key that names no algorithm is there once for each
		}
		kid := one.key.ID()
		list = append(list, url.QueryEscape(kid[:min(len(kid), most)])+"="+one.thumbprint)
	}
	return strings.Join(list, " ")
}

// describeNew is what is recorded of a new user.
func describeNew(user User, hash string, mark PasswordMark) []string {
	password := "set"
	switch {
	case hash == "":
		password = "none"
	case mark.Given:
		password = "given"
	}
	return []string{"roles", strings.Join(user.Roles, " "), "password", password, "email", user.Email}
}

// describe is what a change changes of a user, and what is there now.
func (c UserChange) describe(user User) (to, from []string) {
	if c.Email != nil {
		to, from = append(to, "email", cmp.Or(*c.Email, "none")), append(from, "email", cmp.Or(user.Email, "none"))
	}
	if c.Disabled != nil {
		to, from = append(to, "disabled", yesOrNo(*c.Disabled)), append(from, "disabled", yesOrNo(user.Disabled))
	}
	return to, from
}

func describeRole(r Role) []string {
	return []string{"description", r.Description, "scopes", strings.Join(r.Scopes, " ")}
}

func describeConsent(c Consent) []string {
	return []string{"scopes", strings.Join(c.Scopes, " "), "audience", strings.Join(c.Audience, " ")}
}

func describeKey(k APIKey) []string {
	return []string{"key", k.ID, "name", k.Name, "scopes", strings.Join(k.Scopes, " "), "expires", k.Expires.UTC().Format(time.RFC3339)}
}

// yes is a detail that is left out if it is not so.
func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

func yesOrNo(is bool) string { return cmp.Or(yes(is), "no") }
