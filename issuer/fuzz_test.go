package issuer_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

// FuzzDocument reads any discovery document: what is accepted says the same to
// encoding/json.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{"issuer":"https://id.example","jwks_uri":"https://id.example/keys"}`, `{"issuer":"a","issuer":"b","jwks_uri":"c"}`, `{"issuer":"\u0061","jwks_uri":"c"}`,
		`{"Issuer":"a","issuer":"b","jwks_uri":"c"}`, `{"issuer":null,"jwks_uri":"c"}`, `{"issuer":"a"}`, `{}`, `[]`, `null`, ``, `<html>`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, keys, err := issuer.ParseDocument(text)
		if err != nil {
			if name+keys != "" {
				t.Errorf("ParseDocument(%q) = %q, %q, %v, want nothing with an error", text, name, keys, err)
			}
			return
		}
		var all map[string]any
		if json.Unmarshal([]byte(text), &all) != nil || all["issuer"] != name || all["jwks_uri"] != keys || name == "" || keys == "" {
			t.Errorf("ParseDocument(%q) = %q, %q, but encoding/json reads %v", text, name, keys, all)
		}
	})
}

// FuzzAnswer reads any answer about a token: who is let in is active, and for
// this service, in the eyes of encoding/json as well.
func FuzzAnswer(f *testing.F) {
	now := time.Unix(1e9, 0)
	config := issuer.IntrospectionConfig{ClientID: "shop", Audience: audience, RolesClaim: []string{"a", "roles"}, Now: func() time.Time { return now }}
	for _, seed := range []string{
		`{"active":true,"aud":"shop","scope":"a b","exp":1000000000,"a":{"roles":["x"]}}`, `{"active":true,"aud":["shop"],"scp":["a"],"a":{"roles":{"x":1}}}`,
		`{"active":false}`, `{"active":"true","aud":"shop"}`, `{"active":false,"active":true,"aud":"shop"}`, `{"Active":true,"aud":"shop"}`,
		`{"active":true,"aud":"shop","exp":1e400}`, `{"active":true,"aud":"shop","exp":1}`, `{"active":true,"aud":"shop","nonce":""}`, `{"active":true}`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, refusal, err := issuer.Judge(config, text)
		if refusal != nil || err != nil {
			if c.Subject != "" || len(c.Scopes)+len(c.Roles)+len(c.Audience) > 0 {
				t.Errorf("Judge(%q) = %+v, %v, %v, want nothing with a refusal", text, c, refusal, err)
			}
			return
		}
		var all map[string]any
		if json.Unmarshal([]byte(text), &all) != nil || all["active"] != true || all["nonce"] != nil {
			t.Errorf("Judge(%q) lets in, but encoding/json reads %v", text, all)
		}
		if list, ok := all["aud"].([]any); all["aud"] != audience && (!ok || !containsAny(list, audience)) {
			t.Errorf("Judge(%q) lets in, but it is for %v", text, all["aud"])
		}
		if exp, ok := all["exp"].(float64); ok && exp <= 1e9-30 {
			t.Errorf("Judge(%q) lets in, but it has expired at %v", text, exp)
		}
		if scope, ok := all["scope"].(string); ok && squeeze(scope) != strings.Join(c.Scopes, " ") {
			t.Errorf("Judge(%q) reads the scopes %q, want %q", text, c.Scopes, scope)
		}
	})
}

func containsAny(list []any, want any) bool {
	for _, one := range list {
		if one == want {
			return true
		}
	}
	return false
}

// FuzzTokens sends anything to a verifier: nothing but what its key has signed
// is good, and nothing makes it ask for keys without end.
func FuzzTokens(f *testing.F) {
	now := time.Unix(1e9, 0)
	s := newServer(first)
	config := s.config()
	config.Now = func() time.Time { return now }
	config.RolesClaim = []string{"roles"}
	v := discover(f, config)
	good := tokenAt(first, now)
	for _, seed := range []string{good, good + "A", strings.ToUpper(good), "", ".", "..", "a.b.c"} {
		f.Add(seed)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // do not wait for keys
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := v.Verify(ctx, text); (err == nil) != (text == good) {
			t.Errorf("Verify(%q) = %+v, %v", text, c, err)
		}
	})
}

// FuzzClaims signs any claims: what is accepted is no ID token, and its scopes
// are those that encoding/json reads.
func FuzzClaims(f *testing.F) {
	now := time.Unix(1e9, 0)
	s := newServer(first)
	config := s.config()
	config.Now = func() time.Time { return now }
	config.RolesClaim = []string{"a", "roles"}
	v := discover(f, config)
	base := `"iss":"https://id.example","aud":"shop","exp":1000000060,`
	for _, seed := range []string{
		`{` + base + `"scope":"a b"}`, `{` + base + `"scp":["a","b"]}`, `{` + base + `"scope":"a","nonce":"n"}`, `{` + base + `"typ":"Bearer","a":{"roles":["x"]}}`,
		`{` + base + `"scope":"a","scope":"b"}`, `{` + base + `"scope":"a","a":{"roles":{"x":{}}}}`, `{` + base + `"client_id":7}`, `{` + base + `"\u0073cope":"a"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		signed, err := jwt.SignJWS(first, "JWT", []byte(text))
		if err != nil {
			t.Skip()
		}
		c, err := v.Verify(t.Context(), signed)
		if err != nil {
			return
		}
		var all map[string]any
		if json.Unmarshal([]byte(text), &all) != nil || all["iss"] != home {
			t.Fatalf("Verify of %q = nil, but encoding/json reads %v", text, all)
		}
		for _, name := range []string{"nonce", "at_hash", "events"} {
			if _, ok := all[name]; ok {
				t.Errorf("Verify of %q = nil, but it has %s", text, name)
			}
		}
		if scope, ok := all["scope"].(string); ok && squeeze(scope) != strings.Join(c.Scopes, " ") {
			t.Errorf("Verify of %q reads the scopes %q, want %q", text, c.Scopes, scope)
		}
		for _, name := range []string{"iss", "scope", "exp", "a"} {
			raw, ok := c.Claim(name)
			if want, there := all[name]; ok != there || ok && !sameJSON(raw, want) {
				t.Errorf("Claim(%q) of %q = %s, %v", name, text, raw, ok)
			}
		}
	})
}

// squeeze leaves one space where there are several.
func squeeze(text string) string {
	for strings.Contains(text, "  ") {
		text = strings.ReplaceAll(text, "  ", " ")
	}
	return strings.Trim(text, " ")
}

func sameJSON(raw json.RawMessage, want any) bool {
	var got any
	return json.Unmarshal(raw, &got) == nil && string(must(json.Marshal(got))) == string(must(json.Marshal(want)))
}
