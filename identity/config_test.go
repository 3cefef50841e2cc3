package identity

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
)

// What cannot be is refused with a sentence that names the field.
func TestConfigurationsThatAreRefused(t *testing.T) {
	t.Parallel()
	admin := holdfast.NewRole("admin", "Everything")
	for name, test := range map[string]struct {
		change func(*Config)
		field  string
		says   string
	}{
		"no scheme":                   {func(c *Config) { c.Scheme = nil }, "Scheme", "declare it with NewScheme"},
		"no store":                    {func(c *Config) { c.Store = nil }, "Store", "sqlite.Open"},
		"no URL":                      {func(c *Config) { c.URL = "" }, "URL", "say where the program is reached"},
		"a URL of another kind":       {func(c *Config) { c.URL = "ftp://example.org" }, "URL", "http:// or https://"},
		"a URL without a host":        {func(c *Config) { c.URL = "https://" }, "URL", "http:// or https://"},
		"a URL with a query":          {func(c *Config) { c.URL = "https://example.org?a=b" }, "URL", "http:// or https://"},
		"no URL at all":               {func(c *Config) { c.URL = "example.org" }, "URL", "http:// or https://"},
		"no time":                     {func(c *Config) { c.AccessTTL = time.Millisecond }, "AccessTTL", "a second or more"},
		"sessions shorter than that":  {func(c *Config) { c.RefreshTTL = time.Minute }, "RefreshTTL", "not be shorter"},
		"keys that nobody has seen":   {func(c *Config) { c.Keys.Announce = time.Second }, "Keys.Announce", "2s or more"},
		"keys that end before that":   {func(c *Config) { c.Keys.Period = time.Hour }, "Keys.Period", "longer than Keys.Announce"},
		"a service without a name":    {func(c *Config) { c.Services = map[string]account.Secret{"": account.Secret(strings.Repeat("x", 32))} }, "Services", "no name"},
		"a service's short secret":    {func(c *Config) { c.Services = map[string]account.Secret{"shop": "short"} }, "Services", "less than 32 characters"},
		"an empty audience":           {func(c *Config) { c.Audience = []string{"a", ""} }, "Audience", "empty"},
		"a proxy that is none":        {func(c *Config) { c.TrustedProxies = []string{"proxy"} }, "TrustedProxies", "an address or a network"},
		"every origin":                {func(c *Config) { c.CORSOrigins = []string{"*"} }, "CORSOrigins", "want an origin"},
		"no connections":              {func(c *Config) { c.MaxConns = -1 }, "MaxConns", "1 or more"},
		"everybody an administrator":  {func(c *Config) { c.SignUp = &SignUp{Roles: []holdfast.Role{admin}} }, "SignUp", "administrator"},
		"newcomers of an unknown one": {func(c *Config) { c.SignUp = &SignUp{Roles: []holdfast.Role{holdfast.NewRole("ghost", "")}} }, "SignUp", "ghost"},
	} {
		config := quick(t, Config{})
		test.change(&config)
		_, err := Open(t.Context(), config)
		var wrong *ConfigError
		if !errors.As(err, &wrong) || wrong.Field != test.field || !strings.Contains(wrong.Reason, test.says) {
			t.Errorf("%s: Open = %v, want an error of Config.%s with %q", name, err, test.field, test.says)
		}
	}
}

// What a role of the application may not be is refused as everywhere else.
func TestRolesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, role := range map[string]holdfast.Role{
		"a name that is none":                {},
		"an administrator without her means": holdfast.NewRole("admin", ""),
	} {
		_, err := Open(t.Context(), quick(t, Config{Roles: []holdfast.Role{role}}))
		var invalid *account.InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("%s: Open = %v, want an *account.InvalidError", name, err)
		}
	}
}

// broken is a store that fails in the middle of Open.
type broken struct {
	*memory.Store
	err error
}

func (b *broken) SetOnce(ctx context.Context, name, value string) (string, error) {
	if name == "login-key" {
		return "", b.err
	}
	return b.Store.SetOnce(ctx, name, value)
}

func TestAStoreThatFailsIsSaid(t *testing.T) {
	t.Parallel()
	down := errors.New("disk on fire")
	if _, err := Open(t.Context(), quick(t, Config{Store: &broken{memory.New(), down}})); !errors.Is(err, down) {
		t.Errorf("Open = %v, want the store's error", err)
	}
}

// Keys that are encrypted want their master key.
func TestEncryptedKeys(t *testing.T) {
	t.Parallel()
	master, err := keyring.ParseMasterKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	store := memory.New()
	opened(t, Config{Store: store, Keys: Keys{Master: master}})
	if _, err := Open(t.Context(), quick(t, Config{Store: store})); !errors.Is(err, keyring.ErrSealed) || !strings.Contains(err.Error(), "Config.Keys.Master") {
		t.Errorf("Open without the master key = %v", err)
	}
	opened(t, Config{Store: store, Keys: Keys{Master: master}})
}

// The zero values are the safe ones.
func TestDefaults(t *testing.T) {
	t.Parallel()
	config := Config{Scheme: NewScheme(), Store: memory.New()}
	if err := config.complete(); err != nil {
		t.Fatal(err)
	}
	if config.AccessTTL != 15*time.Minute || config.RefreshTTL != 30*24*time.Hour || config.Keys.Period != 30*24*time.Hour ||
		config.Keys.Announce != 24*time.Hour || config.MaxConns != 10_000 {
		t.Errorf("the defaults are %+v", config)
	}
	config.Keys.Period = -1
	if err := config.complete(); err != nil || config.Keys.Period != 0 {
		t.Errorf("a negative period = %v, %v, want none", config.Keys.Period, err)
	}
}
