package identity

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
)

// A command beside the program says of a token what the program would.
func TestInspectToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return now }
	master, err := keyring.ParseMasterKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	plain, several, sealed := memory.New(), memory.New(), memory.New()
	issued := func(c Config) string {
		c.Now = clock
		id, app := opened(t, c)
		return signIn(t, id, app, "ann", "me").AccessToken
	}
	ours := issued(Config{Store: plain})
	both := issued(Config{Store: several, Audience: []string{"shop", "stock"}})
	secret := issued(Config{Store: sealed, Keys: Keys{Master: master}})

	for name, test := range map[string]struct {
		config Config
		token  string
		want   jwt.VerifierConfig
		good   bool
		says   string // of the audience
	}{
		"the store's own":                       {Config{Store: plain}, ours, jwt.VerifierConfig{}, true, `it is for "http://127.0.0.1", wanted is "http://127.0.0.1" (the store's own)`},
		"what the server was last started with": {Config{Store: several}, both, jwt.VerifierConfig{}, true, `it is for "shop" "stock", wanted is "shop", the first of "shop" "stock" (with which the server was last started)`},
		"as the configuration says":             {Config{Store: several, Audience: []string{"stock"}}, both, jwt.VerifierConfig{}, true, `it is for "shop" "stock", wanted is "stock"`},
		"as the caller says":                    {Config{Store: several}, both, jwt.VerifierConfig{Audience: "stock"}, true, `it is for "shop" "stock", wanted is "stock"`},
		"another that the caller says":          {Config{Store: plain}, ours, jwt.VerifierConfig{Audience: "stock"}, false, `it is for "http://127.0.0.1", wanted is "stock"`},
		"another issuer that the caller says":   {Config{Store: plain}, ours, jwt.VerifierConfig{Issuer: "https://other.example"}, false, `(the store's own)`},
		"with a master key":                     {Config{Store: sealed, Keys: Keys{Master: master}}, secret, jwt.VerifierConfig{}, true, `(the store's own)`},
		"a token of another store":              {Config{Store: plain}, secret, jwt.VerifierConfig{}, false, `(the store's own)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.config.Now = clock
			report, err := InspectToken(t.Context(), test.config, test.token, test.want)
			if err != nil || report.Good() != test.good {
				t.Errorf("InspectToken = %+v, %v, want that it is good: %v", report, err, test.good)
			}
			for _, f := range report.Findings {
				if f.Of == "audience" && !strings.HasSuffix(f.Text, test.says) {
					t.Errorf("of the audience it says %q, want %q", f.Text, test.says)
				}
			}
			if known := name != "a token of another store"; (report.KeyNow == "signing") != known {
				t.Errorf("the key is %q, want that it is known: %v", report.KeyNow, known)
			}
		})
	}

	later := func() time.Time { return now.Add(time.Hour) }
	if report, err := InspectToken(t.Context(), Config{Store: plain, Now: later}, ours, jwt.VerifierConfig{}); err != nil || !report.Bad() {
		t.Errorf("InspectToken of one that is over = %+v, %v", report, err)
	}
	if _, err := InspectToken(t.Context(), Config{Store: sealed, Now: clock}, secret, jwt.VerifierConfig{}); !errors.Is(err, keyring.ErrSealed) {
		t.Errorf("InspectToken without the master key = %v", err)
	}
	var wrong *ConfigError
	if _, err := InspectToken(t.Context(), Config{}, ours, jwt.VerifierConfig{}); !errors.As(err, &wrong) || wrong.Field != "Store" {
		t.Errorf("InspectToken without a store = %v", err)
	}
	if report, err := InspectToken(t.Context(), Config{Store: memory.New()}, ours, jwt.VerifierConfig{}); err != nil || report.Good() {
		t.Errorf("InspectToken beside a store that was never opened = %+v, %v", report, err)
	}
}
