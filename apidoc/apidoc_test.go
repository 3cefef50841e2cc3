package apidoc_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/apidoc"
)

func TestTheZeroValuesAreNoMistakes(t *testing.T) {
	t.Parallel()
	if faults := append((apidoc.API{}).Faults(), (apidoc.Operation{}).Faults()...); len(faults) > 0 {
		t.Errorf("Faults() = %v, want none", faults)
	}
	if got := (apidoc.Model{}).Go(); got != nil {
		t.Errorf("the zero Model is %v", got)
	}
	if got := apidoc.Type[[]string]().Go(); got != reflect.TypeFor[[]string]() {
		t.Errorf("Type[[]string] is %v", got)
	}
}

func TestFlowsThatAreNone(t *testing.T) {
	t.Parallel()
	for flow, bad := range map[string]bool{"password": false, "authorizationCode": false, "clientCredentials": false, "implicit": true, "Password": true, "": true} {
		if faults := (apidoc.Operation{WithoutFlows: []string{flow}}).Faults(); (len(faults) > 0) != bad {
			t.Errorf("WithoutFlows of %q: %v", flow, faults)
		}
	}
}

// Everything that is wrong is said at once.
func TestAllMistakesAreSaidTogether(t *testing.T) {
	t.Parallel()
	faults := (apidoc.API{
		TermsOfService: "x", Contact: apidoc.Contact{Email: "x"}, License: apidoc.License{URL: "x"},
		Webhooks: []apidoc.Call{{Name: "a b", Method: "post", Answers: []apidoc.Answer{{Status: 7}}}},
	}).Faults()
	text := fmt.Sprint(faults)
	for _, want := range []string{"TermsOfService", "Contact.Email", "License: it has no name", "License.URL", `webhook "a b": a name has letters`, `webhook "a b": method "post"`, `webhook "a b": answer 7`} {
		if !strings.Contains(text, want) {
			t.Errorf("Faults() = %s, want %s", text, want)
		}
	}
}

func TestWordsAreWrittenAsOpenAPIHasThem(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]any{
		`{"name":"x"}`: apidoc.Tag{Name: "x"},
		`{"name":"x","externalDocs":{"url":"https://example.org/"}}`: apidoc.Tag{Name: "x", ExternalDocs: apidoc.ExternalDocs{URL: "https://example.org/"}},
		`{"name":"MIT"}`:               apidoc.License{Name: "MIT"},
		`{"url":"/v1"}`:                apidoc.Server{URL: "/v1"},
		`{"default":"a","enum":["a"]}`: apidoc.Variable{Default: "a", Enum: []string{"a"}},
	} {
		if data, err := json.Marshal(value); err != nil || string(data) != want {
			t.Errorf("%T is %s, %v, want %s", value, data, err, want)
		}
	}
}

func TestTheAddressesOfAServer(t *testing.T) {
	t.Parallel()
	many := apidoc.Variable{}
	for i := range 100 {
		many.Enum = append(many.Enum, fmt.Sprint(i))
	}
	for name, test := range map[string]struct {
		server apidoc.Server
		count  int
		want   []string
	}{
		"one":            {apidoc.Server{URL: "https://a"}, 1, []string{"https://a"}},
		"each choice":    {apidoc.Server{URL: "https://{r}.a", Variables: map[string]apidoc.Variable{"r": {Default: "x", Enum: []string{"x", "y"}}}}, 2, []string{"https://x.a", "https://y.a"}},
		"the default":    {apidoc.Server{URL: "https://{r}.a", Variables: map[string]apidoc.Variable{"r": {Default: "x"}}}, 1, []string{"https://x.a"}},
		"as many as fit": {apidoc.Server{URL: "https://{r}.{s}", Variables: map[string]apidoc.Variable{"r": many, "s": many}}, 64, nil},
	} {
		got := test.server.Addresses()
		if len(got) != test.count || test.want != nil && !slices.Equal(got, test.want) {
			t.Errorf("%s: Addresses() = %v, want %d: %v", name, got, test.count, test.want)
		}
	}
}
