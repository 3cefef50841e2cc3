package attempts_test

import (
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/internal/attempts"
)

func TestNetworksOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"":                        nil,
		"192.0.2.7":               {"192.0.2.7", "192.0.2.0/24"},
		"::ffff:192.0.2.7":        {"192.0.2.7", "192.0.2.0/24"},
		"2001:db8:12:3456:789::1": {"2001:db8:12:3456::/64", "2001:db8:12:3400::/56", "2001:db8:12::/48"},
		"fe80::1%eth0":            {"fe80::/64", "fe80::/56", "fe80::/48"},
		"a socket":                {"a socket"},
	} {
		var got []string
		for i, one := range attempts.NetworksOf(address) {
			got = append(got, one.Text)
			if i > 0 && one.Most.Burst <= attempts.NetworksOf(address)[i-1].Most.Burst {
				t.Errorf("%s has no more attempts than a network in it", one.Text)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("NetworksOf(%q) = %q, want %q", address, got, want)
		}
	}
}

// The bounds stand in a relation without which one network could keep others out,
// and failures in a row could be more than NIST allows.
func TestHowMuchThereIs(t *testing.T) {
	t.Parallel()
	if 2*attempts.PerSite.Burst > attempts.PerAccount.Burst || attempts.PerSite.Every <= attempts.PerAccount.Every {
		t.Errorf("one network has %+v of an account, and all have %+v: it could use that up", attempts.PerSite, attempts.PerAccount)
	}
	if !(attempts.Failures{Count: 80}).Locked() || (attempts.Failures{Count: 79}).Locked() {
		t.Error("an account is not locked from 80 failures in a row on")
	}
}
