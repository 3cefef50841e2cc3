package password_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/password"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	short := password.Policy{MinLength: 8, Forbidden: []string{"Holdfast"}}
	standard := password.Policy{Forbidden: []string{"Holdfast"}}
	about := []string{"anna", "anna.k@example.org"}
	for name, test := range map[string]struct {
		policy password.Policy
		secret string
		want   string // in the reason; "" if it passes
	}{
		"fifteen small letters":              {standard, "abcdefghijxlmno", ""},
		"fourteen":                           {standard, "abcdefghijxlmn", "fewer than 15"},
		"eight with a policy of eight":       {short, "xqvjzkwp", ""},
		"seven in ten code points":           {short, "xqvju\u0308o\u0308a\u0308", "fewer than 8"},
		"seven with a policy of eight":       {short, "xqvjzkw", "fewer than 8"},
		"a policy of less than eight":        {password.Policy{MinLength: 1}, "xqvjzkw", "fewer than 8"},
		"only spaces":                        {standard, strings.Repeat(" ", 20), ""},
		"fifteen emoji":                      {standard, strings.Repeat("\U0001F40E", 15), ""},
		"64 emoji":                           {standard, strings.Repeat("\U0001F40E", 64), ""},
		"fourteen emoji are 56 bytes":        {standard, strings.Repeat("\U0001F40E", 14), "fewer than 15"},
		"1024 bytes":                         {standard, strings.Repeat("xy z", 256), ""},
		"1025 bytes":                         {standard, strings.Repeat("x", 1025), "more than 1024"},
		"no UTF-8":                           {standard, strings.Repeat("\xff", 15), "UTF-8"},
		"a common one":                       {short, "password", "common"},
		"a common one in capitals":           {short, "PASSWORD1", "common"},
		"a common one of fifteen":            {standard, "qwertyuiop12345", "common"},
		"a common one twice":                 {standard, "passwordpassword", "common"},
		"the product":                        {standard, "my holdfast secret", "product"},
		"the product in capitals":            {standard, "MY HOLDFAST SECRET", "product"},
		"the user's name":                    {standard, "the cat of Anna K.", "name"},
		"the e-mail address":                 {standard, "xx anna.k@example.org", "name"},
		"what stands before the @":           {standard, "this is anna.k here", "name"},
		"the domain alone":                   {standard, "mail at example.org", ""},
		"one that has nothing to do with it": {standard, "correct horse battery", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.policy.Check(test.secret, about...)
			var broken *password.PolicyError
			switch {
			case test.want == "" && err != nil:
				t.Errorf("Check(%.30q) = %v, want nil", test.secret, err)
			case test.want != "" && (!errors.As(err, &broken) || !strings.Contains(broken.Reason, test.want)):
				t.Errorf("Check(%.30q) = %v, want %q", test.secret, err, test.want)
			case err != nil && len(test.secret) > 8 && strings.Contains(err.Error(), test.secret):
				t.Errorf("Check = %v, which holds the password", err)
			}
		})
	}
}

func TestShortNamesAreNotLookedFor(t *testing.T) {
	t.Parallel()
	if err := (password.Policy{}).Check("correct horse battery", "al", "", "c@x.org"); err != nil {
		t.Errorf("Check = %v, want nil", err)
	}
}
