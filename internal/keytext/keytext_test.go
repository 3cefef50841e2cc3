package keytext_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"hash/crc32"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/holdfast-go/holdfast/internal/keytext"
)

// The alphabet, of math/big's own order: digits, lower case, upper case.
var swap = func(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r - 'a' + 'A'
	case 'A' <= r && r <= 'Z':
		return r - 'A' + 'a'
	}
	return r
}

// A second way to write a key, from the sentences of the documentation.
func written(prefix string, secret []byte) string {
	body := strings.Map(swap, new(big.Int).SetBytes(secret).Text(62))
	body = prefix + strings.Repeat("0", 43-len(body)) + body
	return body + sumOf(body)
}

func TestAKeyIsWhatTheDocumentationSays(t *testing.T) {
	t.Parallel()
	for range 2000 {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret)
		for _, prefix := range []string{keytext.Person, keytext.Service} {
			got, err := keytext.New(bytes.NewReader(secret), prefix)
			if want := written(prefix, secret); err != nil || got != want {
				t.Fatalf("New = %q, %v, want %q", got, err, want)
			}
			if found, ok := keytext.Parse(got); found != prefix || !ok {
				t.Fatalf("Parse(%q) = %q, %v, want %q", got, found, ok, prefix)
			}
		}
	}
	for _, secret := range [][]byte{bytes.Repeat([]byte{0}, 32), bytes.Repeat([]byte{255}, 32)} {
		got, err := keytext.New(bytes.NewReader(secret), keytext.Person)
		if want := written(keytext.Person, secret); err != nil || got != want {
			t.Errorf("New of %x = %q, %v, want %q", secret, got, err, want)
		}
	}
}

// Known ones, so that a scanner that somebody has written goes on to work.
func TestKnownKeys(t *testing.T) {
	t.Parallel()
	for _, text := range []string{known, knownService} {
		if _, ok := keytext.Parse(text); !ok {
			t.Errorf("Parse(%q) is not ok", text)
		}
	}
}

const (
	known        = "hfp_000000000000000000000000000000000000000000046alSo"
	knownService = "hfk_00000000000000000000000000000000000000000004apC70"
)

func TestWhatIsNoKey(t *testing.T) {
	t.Parallel()
	good, err := keytext.New(rand.Reader, keytext.Person)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":              "",
		"the prefix alone":     "hfp_",
		"a letter less":        good[:len(good)-1],
		"a letter more":        good + "0",
		"another kind's sum":   "hfk_" + good[4:],
		"an unknown prefix":    "hfr_" + good[4:],
		"a capital prefix":     "HFP_" + good[4:],
		"a letter of base64":   good[:20] + "-" + good[21:],
		"a letter of Unicode":  good[:20] + "ä" + good[22:],
		"a zero byte":          good[:20] + "\x00" + good[21:],
		"two letters swapped":  swapped(good),
		"a checksum too great": good[:len(good)-6] + "zzzzzz",
		"a space before":       " " + good,
	} {
		if _, ok := keytext.Parse(text); ok {
			t.Errorf("%s: Parse(%q) is ok", name, text)
		}
	}
	for i := 4; i < len(good); i++ {
		for _, letter := range "0aZ" {
			if text := good[:i] + string(letter) + good[i+1:]; text != good {
				if _, ok := keytext.Parse(text); ok {
					t.Errorf("with %c at %d, Parse is ok", letter, i)
				}
			}
		}
	}
}

// swapped is a key with the first two neighbours that differ exchanged.
func swapped(text string) string {
	for i := 4; ; i++ {
		if text[i] != text[i+1] {
			return text[:i] + text[i+1:i+2] + text[i:i+1] + text[i+2:]
		}
	}
}

func TestNewFailsWithItsSource(t *testing.T) {
	t.Parallel()
	oops := errors.New("oops")
	if _, err := keytext.New(iotest.ErrReader(oops), keytext.Person); !errors.Is(err, oops) {
		t.Errorf("New = %v, want the source's error", err)
	}
	if _, err := keytext.New(rand.Reader, "key_"); err == nil {
		t.Error("New with another prefix gives no error")
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	good, err := keytext.New(rand.Reader, keytext.Service)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = keytext.Parse(good) }); n != 0 {
		t.Errorf("Parse allocates %v times", n)
	}
}

func TestThePatternFindsKeys(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(keytext.Pattern)
	good, err := keytext.New(rand.Reader, keytext.Person)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{good, "KEY=" + good, `{"key": "` + good + `"}`, "Authorization: Bearer " + good + "\r\n", "https://x.example/?key=" + good + "&a=b"} {
		if got := pattern.FindString(text); got != good {
			t.Errorf("in %q it finds %q", text, got)
		}
	}
	for _, text := range []string{good + "0", "x" + good, good[:len(good)-1], "hfr_" + good[4:]} {
		if got := pattern.FindString(text); got != "" {
			t.Errorf("in %q it finds %q", text, got)
		}
	}
}

// Whatever is parsed: what is a key can be written again from its number.
func FuzzParse(f *testing.F) {
	f.Add(known)
	f.Add(knownService)
	f.Add("hfp_")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		prefix, ok := keytext.Parse(text)
		if !ok {
			return
		}
		number, valid := new(big.Int).SetString(strings.Map(swap, text[4:47]), 62)
		if !valid || text != prefix+text[4:47]+sumOf(text[:47]) {
			t.Fatalf("Parse(%q) is ok", text)
		}
		if number.BitLen() > 257 {
			t.Fatalf("%q has %d bits", text, number.BitLen())
		}
	})
}

func sumOf(body string) string {
	sum := strings.Map(swap, new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(body)))).Text(62))
	return strings.Repeat("0", 6-len(sum)) + sum
}
