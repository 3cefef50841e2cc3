package issuer_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

// local is an issuer over HTTP on this machine whose answers at a path the
// test chooses.
func local(t *testing.T, path string, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	var srv *httptest.Server
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, srv.URL, srv.URL+"/keys")
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(must(jwt.MarshalPublicSet(first)))
	})
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, path) && path != "" {
			answer(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// endless writes until the reader goes away, and counts the bytes.
func endless(begin string, written *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := bytes.Repeat([]byte(" "), 64<<10)
		_, _ = io.WriteString(w, begin)
		for range 100 << 20 / len(chunk) {
			n, err := w.Write(chunk)
			written.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
}

func gzipped(data []byte) http.HandlerFunc {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_, _ = z.Write(data)
	_ = z.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(buf.Bytes())
	}
}

func text(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

// Whatever a hostile or broken issuer answers, no caller gets in, little is read,
// and Ready says what is wrong.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	var written atomic.Int64
	manyKeys := func() string {
		var list []string
		for i := range 101 {
			set := string(must(jwt.MarshalPublicSet(must(jwt.GenerateKey(jwt.EdDSA)).WithID(fmt.Sprint(i)))))
			list = append(list, strings.TrimSuffix(strings.TrimPrefix(set, `{"keys":[`), `]}`))
		}
		return `{"keys":[` + strings.Join(list, ",") + `]}`
	}
	for name, test := range map[string]struct {
		path   string
		answer http.HandlerFunc
		want   []string
	}{
		"a set of 100 MB":                {"/keys", endless(`{"keys":[`, &written), []string{"longer than 524288 bytes"}},
		"a set of 100 MB in 100 kB":      {"/keys", gzipped(bytes.Repeat([]byte(" "), 100<<20)), []string{"longer than 524288 bytes"}},
		"a document of 100 MB":           {"/.well-known/", endless(`{"issuer":"`, &written), []string{"longer than 262144 bytes"}},
		"a set of 101 keys":              {"/keys", text(200, "application/json", manyKeys()), []string{"101 keys, more than 100"}},
		"a page instead of a set":        {"/keys", text(200, "text/html; charset=utf-8", "<html></html>"), []string{`no key set (it is "text/html; charset=utf-8")`}},
		"a page instead of a document":   {"/.well-known/", text(200, "text/html", "<html></html>"), []string{"no discovery document", "text/html"}},
		"nothing":                        {"/keys", text(200, "application/json", ""), []string{"no key set"}},
		"null":                           {"/keys", text(200, "application/json", "null"), []string{"no key set"}},
		"a set that is not found":        {"/keys", text(404, "text/plain", ""), []string{"/keys answers 404 Not Found"}},
		"a document that is not found":   {"/.well-known/", text(404, "text/plain", ""), []string{"/.well-known/openid-configuration answers 404", "/.well-known/oauth-authorization-server answers 404"}},
		"a server that is overloaded":    {"/.well-known/", text(503, "text/plain", ""), []string{"answers 503"}},
		"a set that was moved":           {"/keys", redirect("/elsewhere"), []string{"302", "redirect to", "/elsewhere", "not followed"}},
		"a redirect with a password":     {"/keys", redirect("https://ann:password@id.example/keys"), []string{"https://ann:xxxxx@id.example"}},
		"a redirect loop":                {"/keys", redirect("/keys"), []string{"not followed"}},
		"a document without keys":        {"/.well-known/", text(200, "application/json", `{"issuer":"https://id.example"}`), []string{"no jwks_uri"}},
		"a document without an issuer":   {"/.well-known/", text(200, "application/json", `{"jwks_uri":"https://id.example"}`), []string{"names no issuer"}},
		"a document with a list in it":   {"/.well-known/", text(200, "application/json", `{"issuer":["x"],"jwks_uri":"y"}`), []string{"issuer is not a string"}},
		"a document with a member twice": {"/.well-known/", text(200, "application/json", `{"issuer":"x","jwks_uri":"y","issuer":"x"}`), []string{"duplicate member"}},
		"a set with a member twice":      {"/keys", text(200, "application/json", `{"keys":[],"keys":[]}`), []string{"duplicate member"}},
		"a set that nests for ever":      {"/keys", text(200, "application/json", strings.Repeat(`{"keys":[`, 1000)), []string{"nested too deep"}},
		"headers without end": {"/keys", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
		}, []string{"header"}},
		"a connection that breaks": {"/keys", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []string{"EOF"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := local(t, test.path, test.answer)
			v, err := issuer.Discover(t.Context(), srv.URL, issuer.Config{Audience: audience})
			if err != nil {
				t.Fatalf("Discover = %v, want nil", err)
			}
			defer func() { _ = v.Close() }()
			if err := v.Ready(t.Context()); outcome(err) != "unavailable" || !contains(err, test.want...) || contains(err, "password") {
				t.Errorf("Ready = %v, want that the issuer is unavailable, with %q", err, test.want)
			}
			if _, err := verify(t, v, token(first)); outcome(err) != "unavailable" {
				t.Errorf("Verify = %v, want that it is unavailable", err)
			}
		})
	}
	t.Cleanup(func() {
		if n := written.Load(); n == 0 || n > 40<<20 {
			t.Errorf("%d bytes were taken from two answers of 100 MB", n)
		}
	})
}

// An answer that comes a byte at a time ends with the timeout.
func TestASlowTrickle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := issuer.Config{Audience: audience, HTTP: issuer.HTTP{Timeout: 5 * time.Second, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(&trickle{r}), Request: r}, nil
		})}}
		began := time.Now()
		v := discover(t, config)
		if took := time.Since(began); took < 5*time.Second || took > 6*time.Second {
			t.Errorf("Discover took %v, want the timeout", took)
		}
		if err := v.Ready(t.Context()); outcome(err) != "unavailable" {
			t.Errorf("Ready = %v, want that it is unavailable", err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// trickle is a body of which a byte comes each second.
type trickle struct{ r *http.Request }

func (b *trickle) Read(p []byte) (int, error) {
	sleep(time.Second)
	p[0] = ' '
	return 1, b.r.Context().Err()
}

// hops redirects so many times.
func hops(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) < len("/keys")+n {
			w.Header().Set("Location", r.URL.Path+"/")
			w.WriteHeader(http.StatusFound)
			return
		}
		_, _ = w.Write(must(jwt.MarshalPublicSet(first)))
	}
}

// Redirects are followed if that is allowed, by the same rules, and not for
// ever.
func TestRedirectsThatAreAllowed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"one": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/keys" {
				http.Redirect(w, r, "/keys/1", http.StatusFound)
				return
			}
			_, _ = w.Write(must(jwt.MarshalPublicSet(first)))
		}, ""},
		"three":                {hops(3), ""},
		"four":                 {hops(4), "more than 3 redirects"},
		"a loop":               {redirect("/keys"), "more than 3 redirects"},
		"to a private network": {redirect("https://10.1.2.3/keys"), "is not of the public internet"},
		"to plain HTTP":        {redirect("http://id.example/keys"), "is not https"},
		"to a file":            {redirect("file:///etc/passwd"), "has no host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := local(t, "/keys", test.answer)
			v, err := issuer.Discover(t.Context(), srv.URL, issuer.Config{Audience: audience, HTTP: issuer.HTTP{FollowRedirects: true}})
			if err == nil {
				err = v.Ready(t.Context())
				_ = v.Close()
			}
			if (err == nil) != (test.want == "") || test.want != "" && !contains(err, test.want) {
				t.Errorf("Discover, or else Ready = %v, want %q", err, test.want)
			}
		})
	}
}

// A document leads nowhere but to the public internet over https.
func TestWhereADocumentMayLead(t *testing.T) {
	t.Parallel()
	everything := issuer.HTTP{AllowPrivateAddresses: true, InsecurePlainHTTP: true}
	for name, test := range map[string]struct {
		keys string
		http issuer.HTTP
		want string // "" if it is followed
	}{
		"to another host":                 {"https://keys.example/keys", issuer.HTTP{}, ""},
		"to another port":                 {"https://id.example:8443/keys", issuer.HTTP{}, ""},
		"to plain HTTP":                   {"http://id.example/keys", issuer.HTTP{}, "is not https"},
		"to plain HTTP that is allowed":   {"http://id.example/keys", issuer.HTTP{InsecurePlainHTTP: true}, ""},
		"to this machine":                 {"https://localhost/keys", issuer.HTTP{}, "is on this machine"},
		"to this machine by its address":  {"http://127.0.0.1:6379/keys", issuer.HTTP{}, "is on this machine"},
		"to this machine by IPv6":         {"https://[::1]/keys", issuer.HTTP{}, "is on this machine"},
		"to this machine in disguise":     {"https://[::ffff:127.0.0.1]/keys", issuer.HTTP{}, "is on this machine"},
		"to this machine that is allowed": {"http://127.0.0.1/keys", everything, ""},
		"to a private network":            {"https://192.168.1.1/keys", issuer.HTTP{}, "AllowPrivateAddresses"},
		"to a cloud's metadata":           {"https://169.254.169.254/keys", issuer.HTTP{}, "AllowPrivateAddresses"},
		"to a private network, allowed":   {"https://192.168.1.1/keys", issuer.HTTP{AllowPrivateAddresses: true}, ""},
		"to a host with a user":           {"https://ann:secret@id.example/keys", issuer.HTTP{}, "a user in it"},
		"to a file":                       {"file:///etc/passwd", issuer.HTTP{}, "has no host"},
		"to a relative place":             {"/keys", issuer.HTTP{}, "has no host"},
		"to what is no URL":               {"https://[", issuer.HTTP{}, "missing ']'"},
		"to another scheme":               {"gopher://id.example/", everything, "is not https"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(first)
			asked := false
			s.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/.well-known/openid-configuration" {
					_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, home, test.keys)
					return true
				}
				asked = asked || r.URL.String() == test.keys
				return false
			}
			test.http.Transport = s
			v, err := issuer.Discover(t.Context(), home, issuer.Config{Audience: audience, HTTP: test.http})
			if err == nil {
				_ = v.Close()
			}
			switch {
			case test.want == "" && (err != nil || !asked):
				t.Errorf("Discover = %v, and whether the keys were asked for: %v, want nil and true", err, asked)
			case test.want != "" && (!errors.Is(err, issuer.ErrAddress) || !contains(err, test.want) || asked):
				t.Errorf("Discover = %v, want %v with %q", err, issuer.ErrAddress, test.want)
			case err != nil && contains(err, "secret"):
				t.Errorf("Discover = %v, with a password in it", err)
			}
		})
	}
}

// The address that a name turns out to have is what counts.
func TestWhichAddressesAreDialled(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct{ elsewhere, here, private bool }{
		"93.184.215.14:443":       {true, true, true},
		"[2606:2800:21f::1]:443":  {true, true, true},
		"127.0.0.1:80":            {false, true, true},
		"127.8.8.8:80":            {false, true, true},
		"[::1]:80":                {false, true, true},
		"[::ffff:127.0.0.1]:80":   {false, true, true},
		"10.0.0.1:443":            {false, false, true},
		"172.16.0.1:443":          {false, false, true},
		"192.168.0.1:443":         {false, false, true},
		"169.254.169.254:80":      {false, false, true},
		"[fe80::1%eth0]:443":      {false, false, true},
		"[fd00:ec2::254]:80":      {false, false, true},
		"[::ffff:10.0.0.1]:443":   {false, false, true},
		"[64:ff9b::a00:1]:443":    {false, false, true},
		"[2002:a00:1::]:443":      {false, false, true},
		"[::a00:1]:443":           {false, false, true},
		"100.64.0.1:443":          {false, false, true},
		"[::ffff:100.64.0.1]:443": {false, false, true},
		"198.18.0.1:443":          {false, false, true},
		"0.0.0.0:443":             {false, false, true},
		"[::]:443":                {false, false, true},
		"224.0.0.1:443":           {false, false, true},
		"255.255.255.255:443":     {false, false, true},
		"id.example:443":          {false, false, false},
	} {
		for at, test := range map[string]struct{ loopback, private, want bool }{
			"an issuer elsewhere":                {false, false, want.elsewhere},
			"an issuer on this machine":          {true, false, want.here},
			"an issuer where private is allowed": {false, true, want.private},
		} {
			if err := issuer.Dialled(address, test.loopback, test.private); (err == nil) != test.want {
				t.Errorf("%s for %s: %v, want that it may be dialled: %v", address, at, err, test.want)
			}
		}
	}
}

// The package's own transport looks at the address of a name when it dials.
func TestTheOwnTransportDialsByTheRules(t *testing.T) {
	t.Parallel()
	srv := local(t, "", nil)
	u := must(url.Parse(srv.URL))
	for name, test := range map[string]struct{ loopback, want bool }{"elsewhere": {false, false}, "here": {true, true}} {
		conn, err := issuer.Dial(t.Context(), "localhost:"+u.Port(), test.loopback)
		if err == nil {
			_ = conn.Close()
		}
		if (err == nil) != test.want || err != nil && !errors.Is(err, issuer.ErrAddress) {
			t.Errorf("dial localhost for an issuer that is %s = %v, want that it is dialled: %v", name, err, test.want)
		}
	}
}

// Over TLS, with a certificate that is not trusted and one that is.
func TestCertificates(t *testing.T) {
	t.Parallel()
	s := newServer(first)
	srv := httptest.NewUnstartedServer(s)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	s.issuer = srv.URL
	for name, test := range map[string]struct {
		transport http.RoundTripper
		want      string
	}{
		"not trusted": {nil, "certificate"},
		"trusted":     {srv.Client().Transport, ""},
	} {
		v, err := issuer.Discover(t.Context(), srv.URL, issuer.Config{Audience: audience, HTTP: issuer.HTTP{Transport: test.transport}})
		if err != nil {
			t.Fatalf("Discover = %v, want nil", err)
		}
		if err := v.Ready(t.Context()); (err == nil) != (test.want == "") || err != nil && !contains(err, test.want) {
			t.Errorf("Ready where the certificate is %s = %v, want %q", name, err, test.want)
		}
		_ = v.Close()
	}
}
