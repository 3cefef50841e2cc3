package identity

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
)

// issuerSetting is the setting of a store that is the issuer of its tokens.
const issuerSetting = "issuer"

// Issuer returns the issuer of a store's tokens, or "" if none was chosen.
func Issuer(ctx context.Context, store Settings) (string, error) {
	return store.Setting(ctx, issuerSetting)
}

// SetIssuer changes the issuer of a store's tokens and returns the one before.
// It ends every access token that was issued so far; sessions stay, and
// refreshing gives new ones. Programs that are running keep to the issuer before
// until they start again, and services that verify tokens have to be told.
func SetIssuer(ctx context.Context, store Settings, issuer string) (before string, err error) {
	issuer, reason := checkURL(issuer)
	if reason != "" {
		return "", &ConfigError{"URL", reason}
	}
	if before, err = Issuer(ctx, store); err != nil {
		return "", err
	}
	stored, err := chooseOnce(ctx, store, issuer)
	if err != nil || stored == issuer {
		return before, err
	}
	return before, replaceIssuer(ctx, store, stored, issuer)
}

// chooseOnce stores the issuer of a store that has none, and returns the one
// that holds. The audience is chosen before: a store with an issuer and no
// audience is one from before there was a choice.
func chooseOnce(ctx context.Context, store Settings, issuer string) (stored string, err error) {
	stored, err = Issuer(ctx, store)
	if err != nil {
		return "", err
	}
	audience := audienceOfOld
	if stored == "" {
		audience = audienceIsIssuer
	}
	if _, err := store.SetOnce(ctx, audienceSetting, audience); err != nil || stored != "" {
		return stored, err
	}
	return store.SetOnce(ctx, issuerSetting, issuer)
}

func replaceIssuer(ctx context.Context, store Settings, before, issuer string) error {
	stored, err := store.ReplaceSetting(ctx, issuerSetting, before, issuer)
	if err == nil && stored != issuer {
		err = fmt.Errorf("identity: another program has changed the issuer to %s meanwhile", stored)
	}
	return err
}

// addresses are where a program is reached, and what its tokens say of that.
type addresses struct {
	url    string // without a slash at its end, with the prefix
	issuer string
}

// chooseIssuer stores the public URL at the first start and keeps to it, but
// lets a public one take the place of one for trying.
func chooseIssuer(ctx context.Context, c *Config) (addresses, error) {
	given := ""
	if c.URL != "" {
		text, reason := checkURL(c.URL)
		if reason != "" {
			return addresses{}, &ConfigError{"URL", reason}
		}
		given = text + c.Scheme.prefix
	}
	stored, err := Issuer(ctx, c.Store)
	switch {
	case err != nil:
		return addresses{}, err
	case given == "" && stored == "":
		return addresses{}, &ConfigError{"URL", `it is empty, and the store has none from before: say where the program is reached, as in "https://library.example", or "http://127.0.0.1:8000" for trying`}
	}
	given = cmp.Or(given, stored)
	if stored, err = chooseOnce(ctx, c.Store, given); err != nil {
		return addresses{}, err
	}
	switch {
	case stored == given || IsLocal(stored) && IsLocal(given):
		return addresses{given, stored}, nil
	case !IsLocal(stored):
		return addresses{}, &ConfigError{"URL", fmt.Sprintf("it is %s, but this database belongs to %s, and tokens that were issued name it; SetIssuer, or 'holdfast issuer set', changes that", given, stored)}
	}
	c.Logger.LogAttrs(ctx, slog.LevelWarn, "the issuer was that of a trial run and is the public URL from now on: access tokens issued so far are refused, and refreshing gives new ones",
		slog.String("before", stored), slog.String("issuer", given))
	return addresses{given, given}, replaceIssuer(ctx, c.Store, stored, given)
}
