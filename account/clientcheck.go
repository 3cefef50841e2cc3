package account

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	maxClientName = 100
	maxAudiences  = 20
)

// checkClient holds a client that is to be kept to the rules.
func checkClient(c Client) error {
	if c.MayUse(GrantPassword) {
		return &InvalidError{"grant_types", "contains password, which is for clients that the program itself declares (RFC 9700 section 2.4)"}
	}
	return cmp.Or(checkClientID(c.ID), checkAnyClient(c))
}

// CheckClients returns what is wrong with clients that a program declares, as
// [NewService] does.
func CheckClients(clients []Client) error {
	for i, c := range clients {
		err := cmp.Or(checkClientID(c.ID), checkAnyClient(c))
		switch {
		case err != nil:
		case c.MayUse(GrantPassword) && !c.FirstParty:
			err = errors.New("the password grant is for first-party clients")
		case slices.ContainsFunc(clients[:i], func(before Client) bool { return before.ID == c.ID }):
			err = errors.New("there are two of this id")
		}
		if err != nil {
			return fmt.Errorf("client %s: %w", quote(c.ID), err)
		}
	}
	return nil
}

// checkClientID keeps ids apart from those of users, which have capitals and
// digits alone, and from what would have to be encoded somewhere.
func checkClientID(id string) error {
	letters := false
	for i, r := range id {
		lower, digit := 'a' <= r && r <= 'z', '0' <= r && r <= '9'
		if letters = letters || lower; !lower && !digit && (i == 0 || !strings.ContainsRune("._-", r)) {
			return &InvalidError{"client_id", "may contain only the letters a to z, digits, and after the first . _ -"}
		}
	}
	if len(id) < 2 || len(id) > 63 || !letters {
		return &InvalidError{"client_id", "must have between 2 and 63 characters, one of them a letter"}
	}
	return nil
}

func checkAnyClient(c Client) error {
	if c.Name == "" || len(c.Name) > maxClientName || !printable(c.Name) {
		return &InvalidError{"client_name", "must be printable and have between 1 and 100 bytes"}
	}
	if c.Scopes == nil && !c.FirstParty {
		return &InvalidError{"scope", "must be given; only a first-party client may ask for all that a user is granted"}
	}
	return cmp.Or(checkGrants(c), checkRedirects(c), checkScopes("scope", c.Scopes), checkAudiences(c.Audiences), checkClientKeys(c))
}

func checkGrants(c Client) error {
	known := []string{GrantCode, GrantRefresh, GrantClientCredentials, GrantPassword}
	for i, grant := range c.Grants {
		switch {
		case !slices.Contains(known, grant):
			return &InvalidError{"grant_types", "contains " + quote(grant) + ", which there is not"}
		case slices.Contains(c.Grants[:i], grant):
			return &InvalidError{"grant_types", "contains " + grant + " twice"}
		}
	}
	switch {
	case len(c.Grants) == 0:
		return &InvalidError{"grant_types", "is empty"}
	case c.MayUse(GrantRefresh) && !c.MayUse(GrantCode) && !c.MayUse(GrantPassword):
		return &InvalidError{"grant_types", "contains refresh_token and no grant that gives one"}
	case c.MayUse(GrantClientCredentials) && c.Public:
		return &InvalidError{"grant_types", "contains client_credentials, and a public client has none"}
	}
	return nil
}

func checkRedirects(c Client) error {
	switch {
	case len(c.Redirects) > maxRedirects:
		return &InvalidError{"redirect_uris", "contains more than 20 URIs"}
	case c.MayUse(GrantCode) && len(c.Redirects) == 0:
		return &InvalidError{"redirect_uris", "is empty, and the grant authorization_code is answered at one"}
	case !c.MayUse(GrantCode) && len(c.Redirects) > 0:
		return &InvalidError{"redirect_uris", "is of no use without the grant authorization_code"}
	}
	for _, uri := range c.Redirects {
		if err := CheckRedirect(uri); err != nil {
			return err
		}
	}
	return nil
}

func checkAudiences(list []string) error {
	if len(list) > maxAudiences {
		return &InvalidError{"audiences", "contains more than 20 resources"}
	}
	for _, uri := range list {
		if reason := checkResource(uri); reason != "" {
			return &InvalidError{"audiences", "contains " + quote(uri) + ", which " + reason}
		}
	}
	return nil
}
