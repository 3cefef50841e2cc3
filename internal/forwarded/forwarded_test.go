package forwarded_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/forwarded"
)

func TestAHopAsProxiesWriteIt(t *testing.T) {
	t.Parallel()
	for hop, want := range map[string]string{
		"198.51.100.7":              "198.51.100.7",
		" 198.51.100.7\t":           "198.51.100.7",
		"198.51.100.7:40123":        "198.51.100.7", // Azure Application Gateway
		"198.51.100.7:_hidden":      "198.51.100.7",
		`"198.51.100.7"`:            "198.51.100.7",
		`"198.51.100.7:80"`:         "198.51.100.7",
		"2001:db8::1":               "2001:db8::1",
		"2001:db8::1:4711":          "2001:db8::1:4711", // an address as it stands
		"[2001:db8::1]":             "2001:db8::1",
		"[2001:db8::1]:4711":        "2001:db8::1",
		`"[2001:db8::1]:4711"`:      "2001:db8::1",
		"[2001:DB8::1%eth0]:1":      "2001:db8::1",
		"::ffff:198.51.100.7":       "::ffff:198.51.100.7",
		"":                          "",
		"unknown":                   "",
		"_hidden":                   "",
		"<script>":                  "",
		"example.org":               "",
		"example.org:80":            "",
		"198.51.100.7:":             "",
		"198.51.100.7:x":            "",
		"198.51.100.7:_":            "",
		"198.51.100.7:65536":        "",
		"198.51.100.7:-1":           "",
		"198.51.100.7 198.51.100.8": "",
		"198.51.100":                "",
		"198.51.100.07":             "",
		"[198.51.100.7]":            "", // brackets are for the other kind
		"[2001:db8::1":              "",
		"2001:db8::1]":              "",
		"[2001:db8::1]4711":         "",
		"[2001:db8::1]:x":           "",
		"[]:1":                      "",
		`"198.51.100.7`:             "",
		`198.51.100.7"`:             "",
	} {
		addr, ok := forwarded.Addr(hop)
		got := ""
		if ok {
			got = addr.String()
		}
		if got != want {
			t.Errorf("Addr(%s) = %q, want %q", hop, got, want)
		}
	}
}

func TestTheHopsOfARequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines []string
		want  string // hops between bars
	}{
		"none":                        {nil, ""},
		"one":                         {[]string{"X-Forwarded-For: 1.2.3.4"}, "1.2.3.4"},
		"several in one line":         {[]string{"X-Forwarded-For: 1.2.3.4, 5.6.7.8"}, "1.2.3.4| 5.6.7.8"},
		"several lines":               {[]string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 5.6.7.8"}, "1.2.3.4|5.6.7.8"},
		"an empty one":                {[]string{"X-Forwarded-For: 1.2.3.4,"}, "1.2.3.4|"},
		"a quoted comma":              {[]string{`X-Forwarded-For: "1.2.3.4,5", 6.7.8.9`}, `"1.2.3.4,5"| 6.7.8.9`},
		"RFC 7239":                    {[]string{`Forwarded: for=1.2.3.4;proto=https, For="[2001:db8::1]:4711"`}, `1.2.3.4|"[2001:db8::1]:4711"`},
		"for is not the first":        {[]string{"Forwarded: proto=http;by=10.0.0.1 ; for = 1.2.3.4"}, "1.2.3.4"},
		"no for at all":               {[]string{"Forwarded: proto=http"}, ""},
		"a for inside of a quotation": {[]string{`Forwarded: by="x;for=9.9.9.9, for=9.9.9.9";for=1.2.3.4`}, "1.2.3.4"},
		"an escaped quotation mark":   {[]string{`Forwarded: by="x\";for=9.9.9.9";for=1.2.3.4`}, "1.2.3.4"},
		"a quotation left open":       {[]string{`X-Forwarded-For: ", 1.2.3.4`}, `"| 1.2.3.4`},
		"left open, in another line":  {[]string{`X-Forwarded-For: "`, "X-Forwarded-For: 1.2.3.4"}, `"|1.2.3.4`},
		"left open before a port":     {[]string{`Forwarded: for=", for="[::1]:2"`}, `"|"[::1]:2"`},
		"left open, with a backslash": {[]string{`Forwarded: for="x\, for="[::1]:2";by="a,\""`}, `"x\|"[::1]:2"`},
		"both":                        {[]string{"X-Forwarded-For: 1.2.3.4", "Forwarded: for=5.6.7.8"}, "1.2.3.4"},
	} {
		h := http.Header{}
		for _, line := range test.lines {
			key, value, _ := strings.Cut(line, ": ")
			h.Add(key, value)
		}
		if got := strings.Join(forwarded.Hops(h), "|"); got != test.want {
			t.Errorf("%s: hops %s, want %s", name, got, test.want)
		}
	}
}

// An address is read back from every form in which it can be written.
func FuzzAddr(f *testing.F) {
	for _, seed := range []string{"1.2.3.4:5", "[::1]:5", `"[::1%x]"`, "unknown", `"`, "[]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, hop string) {
		addr, ok := forwarded.Addr(hop)
		if !ok {
			return
		}
		forms := []string{"%s", " %s", `"%s"`}
		if addr.Is4() {
			forms = append(forms, "%s:80", `"%s:80"`)
		} else {
			forms = append(forms, "[%s]", "[%s]:80", `"[%s]:_x"`)
		}
		for _, form := range forms {
			text := fmt.Sprintf(form, addr)
			if again, ok := forwarded.Addr(text); !ok || again != addr {
				t.Errorf("Addr(%s) = %v, %v, want %v", text, again, ok, addr)
			}
		}
		forwarded.Hops(http.Header{"Forwarded": {hop}, "X-Other": {hop}})
	})
}
