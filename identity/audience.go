package identity

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// The settings of a store that say which services its tokens are for: unless a
// configuration says otherwise, and what the last one said.
const (
	audienceSetting = "audience"
	servedSetting   = "audience-served" // a list in JSON, [] if it said nothing
)

// What the setting of the audience says. An audience that is the issuer
// follows it when that is changed.
const (
	audienceOfOld    = "holdfast" // what all tokens said once
	audienceIsIssuer = "(issuer)"
)

// Audience returns the services that a store's tokens are for, or none before
// the first Open. The first is the API of the program itself, which refuses
// tokens that are not for it. They are those of the Config.Audience with which
// Open was last called on the store, by whichever program.
func Audience(ctx context.Context, store Settings) ([]string, error) {
	audience, err := servedAudience(ctx, store)
	if err != nil || len(audience) > 0 {
		return audience, err
	}
	own, err := ownAudience(ctx, store)
	if err != nil || own == "" {
		return nil, err
	}
	return []string{own}, nil
}

// ownAudience is the service that a store's tokens are for unless a configuration says
// otherwise, or "" if that was not chosen yet.
func ownAudience(ctx context.Context, store Settings) (string, error) {
	issuer, err := Issuer(ctx, store)
	if err != nil || issuer == "" {
		return "", err
	}
	audience, err := store.Setting(ctx, audienceSetting)
	if audience == audienceIsIssuer {
		return issuer, err
	}
	return cmp.Or(audience, audienceOfOld), err
}

// servedAudience is what the configuration said with which the store was last
// opened, or none if it said nothing.
func servedAudience(ctx context.Context, store Settings) (audience []string, err error) {
	text, err := store.Setting(ctx, servedSetting)
	if err != nil || text == "" {
		return nil, err
	}
	if err := json.Unmarshal([]byte(text), &audience); err != nil {
		return nil, fmt.Errorf("identity: the setting %s in the store is damaged: %w", servedSetting, err)
	}
	return audience, nil
}

// keepAudience writes down what a configuration says, for those who look at
// tokens beside the program. Of two programs that start at once either one's word
// stands.
func keepAudience(ctx context.Context, store Settings, audience []string) error {
	text, err := json.Marshal(slices.Concat([]string{}, audience))
	if err != nil {
		return err
	}
	before, err := store.SetOnce(ctx, servedSetting, string(text))
	if err == nil && before != string(text) {
		_, err = store.ReplaceSetting(ctx, servedSetting, before, string(text))
	}
	return err
}

// chooseAudience returns the services that the tokens of a configuration are for.
func chooseAudience(ctx context.Context, c *Config) ([]string, error) {
	if err := keepAudience(ctx, c.Store, c.Audience); err != nil || len(c.Audience) > 0 {
		return c.Audience, err
	}
	own, err := ownAudience(ctx, c.Store)
	return []string{own}, err
}
