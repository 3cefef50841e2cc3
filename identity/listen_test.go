package identity

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
)

// certificate makes a certificate for this machine, and who trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"library.example"}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &text, &text, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

// Whether a program may serve on an address, and the field that is in the way.
func TestWhereAProgramMayServe(t *testing.T) {
	t.Parallel()
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	const public, private = "0.0.0.0:8000", "127.0.0.1:8000"
	for name, test := range map[string]struct {
		config Config
		at     string
		field  string // "" if it may
	}{
		"on this machine alone":                                    {Config{}, private, ""},
		"on this machine alone, in IPv6":                           {Config{}, "[::1]:8000", ""},
		"on this machine alone, behind a proxy":                    {Config{URL: "https://library.example"}, private, ""},
		"for everybody":                                            {Config{}, public, "InsecureHTTP"},
		"for everybody, in IPv6":                                   {Config{}, "[::]:8000", "InsecureHTTP"},
		"for a network":                                            {Config{URL: "https://library.example"}, "192.168.0.5:8000", "InsecureHTTP"},
		"for everybody, with TLS":                                  {Config{TLS: secure, URL: "https://library.example"}, public, ""},
		"for everybody, behind a proxy":                            {Config{TrustedProxies: []string{"10.0.0.1"}, URL: "https://library.example"}, public, ""},
		"for everybody, as somebody says":                          {Config{InsecureHTTP: true}, public, ""},
		"with a URL that is not https":                             {Config{URL: "http://library.example"}, private, "URL"},
		"with a URL that is not https, behind a proxy":             {Config{URL: "http://library.example", TrustedProxies: []string{"10.0.0.1"}}, public, "URL"},
		"with a URL that is not https, as somebody says":           {Config{URL: "http://library.example", InsecureHTTP: true}, public, ""},
		"with a URL of the machine that is not https":              {Config{URL: "http://localhost:8000"}, private, ""},
		"with TLS and a URL of the machine that is not https":      {Config{URL: "http://localhost:8000", TLS: secure}, private, "URL"},
		"with TLS, and without, as somebody says":                  {Config{TLS: secure, InsecureHTTP: true}, public, "InsecureHTTP"},
		"for everybody, with a URL of the machine that is not one": {Config{URL: "http://localhost:8000"}, public, "InsecureHTTP"},
	} {
		at, err := net.ResolveTCPAddr("tcp", test.at)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if wrong, ok := errors.AsType[*ConfigError](test.config.CheckServe(at)); ok {
			got = wrong.Field
		}
		if got != test.field {
			t.Errorf("%s: the field in the way is %q, want %q", name, got, test.field)
		}
	}
	if err := (&Config{}).CheckServe(&net.UnixAddr{Name: "@", Net: "unix"}); err != nil {
		t.Errorf("CheckServe of a Unix socket = %v", err)
	}
}

// Serve asks, too, with the URL that the store has.
func TestServeRefusesWhatOthersCouldRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config Config
		addr   string
		want   string
	}{
		"an address that others reach": {Config{}, "0.0.0.0:0", "Config.InsecureHTTP: others can reach"},
		"a URL without TLS":            {Config{URL: "http://library.example"}, "127.0.0.1:0", "Config.URL: http://library.example is not https://"},
	} {
		id, app := opened(t, test.config)
		if err := id.ListenAndServe(t.Context(), app, test.addr); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: ListenAndServe = %v, want %q", name, err, test.want)
		}
	}
}

// A program with a certificate serves https to clients that verify it, HTTP/2
// included, and says to others what is wrong.
func TestServingTLS(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	for name, test := range map[string]struct {
		url    string
		strict string
	}{
		"for others":             {"https://library.example", "max-age=31536000"},
		"for this machine alone": {"https://127.0.0.1:8443", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, app := opened(t, Config{URL: test.url, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}})
			addr := served(t, id, app)
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}}
			defer client.CloseIdleConnections()
			resp, err := client.Get("https://" + addr + "/healthz") //nolint:noctx // of a test
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if got := resp.Header.Get("Strict-Transport-Security"); resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 || got != test.strict {
				t.Errorf("GET /healthz = %d over %s, Strict-Transport-Security %q, want 200 over HTTP/2.0 and %q", resp.StatusCode, resp.Proto, got, test.strict)
			}
			plain, err := http.Get("http://" + addr + "/healthz") //nolint:noctx // of a test
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = plain.Body.Close() }()
			if text, _ := io.ReadAll(plain.Body); plain.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), "HTTP request to an HTTPS server") {
				t.Errorf("plain http = %d %s, want 400", plain.StatusCode, text)
			}
			old := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // which is refused
			if c, err := tls.Dial("tcp", addr, old); err == nil {                                         //nolint:noctx // of a test
				_ = c.Close()
				t.Error("TLS 1.1 is taken")
			}
		})
	}
	if _, err := Open(t.Context(), quick(t, Config{TLS: &tls.Config{MinVersion: tls.VersionTLS12}})); err == nil || !strings.Contains(err.Error(), "Config.TLS: it has no certificate") {
		t.Errorf("Open with TLS and no certificate = %v", err)
	}
}

// served serves an application until the test ends, and returns where.
func served(t *testing.T, id *Identity, app *holdfast.App) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- id.Serve(ctx, app, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// One peer has the connections that the configuration gives it, and no more.
func TestConnectionsOfOnePeer(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{MaxConns: 20, MaxConnsEach: 4})
	addr := served(t, id, app)
	var all []net.Conn
	for range 12 { // each idle, after a request
		c, err := net.Dial("tcp", addr) //nolint:noctx // of a test
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, len("HTTP/1.1 200 OK"))); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	type ending struct {
		i    int
		text []byte
		err  error
	}
	ended := make(chan ending)
	for i, c := range all {
		go func() {
			text, err := io.ReadAll(c)
			ended <- ending{i, text, err}
		}()
	}
	for range 8 { // which have made room, whichever were idle first
		one := <-ended
		if all[one.i] = nil; one.err != nil || strings.Contains(string(one.text), "HTTP/1.1") {
			t.Errorf("an idle connection beyond the bound: %q, %v, want that it is closed", one.text, one.err)
		}
	}
	for _, c := range all {
		if c == nil {
			continue
		}
		if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		if one := <-ended; one.err != nil || strings.Count(string(one.text), "HTTP/1.1 200 OK") != 1 {
			t.Errorf("a connection within the bound: %q, %v, want an answer", one.text, one.err)
		}
	}
}

func TestOriginsWithAStarAreNone(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"*", "https://*", "https://*.example.org", "https://app.example.org:*", "https://app.*"} {
		_, err := Open(t.Context(), quick(t, Config{CORSOrigins: []string{"https://app.example.org", origin}}))
		if err == nil || !strings.Contains(err.Error(), "CORSOrigins") || !strings.Contains(err.Error(), "*") {
			t.Errorf("Open with the origin %q = %v, want an error", origin, err)
		}
	}
}

// A proxy that was forgotten does not make everybody behind it one person, where it
// is near; a caller from elsewhere who writes such a header is nobody else for it.
// The log says so, loudly and once.
func TestProxiesThatAreNotTrusted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		peer     string
		locked   bool // after many wrong attempts, another caller is refused
		recorded string
	}{
		"of this machine":      {"127.0.0.1:1", false, "127.0.0.1"},
		"of a private network": {"10.1.2.3:1", false, "10.1.2.3"},
		"of a cloud's network": {"100.64.0.9:1", false, "100.64.0.9"},
		"of a link":            {"[fe80::1%eth0]:1", false, "fe80::/64"},
		"of a private one, v6": {"[fd00::1]:1", false, "fd00::/64"},
		"from elsewhere":       {"203.0.113.9:1", true, "203.0.113.9"},
	} {
		var log bytes.Buffer
		var late atomic.Bool // the server looks at its clock at any time
		now := func() time.Time {
			if late.Load() {
				return time.Unix(1_900_000_060, 0)
			}
			return time.Unix(1_900_000_000, 0)
		}
		id, app := opened(t, Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Now: now})
		handler := id.Handler(app)
		status := 0
		for range 110 { // one address has 100
			r := httptest.NewRequest(http.MethodPost, "/setup", strings.NewReader("secret=x&name=anna&password=correct+horse+battery"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Forwarded-For", "198.51.100.1")
			r.RemoteAddr = test.peer
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			status = w.Code
		}
		if locked := status == http.StatusTooManyRequests; locked != test.locked {
			t.Errorf("%s: after 110 wrong attempts the next is %d", name, status)
		}
		late.Store(true) // a minute, and then what was counted is written
		if got := recordedSources(t, id); !strings.Contains(got, test.recorded) {
			t.Errorf("%s: the records say that it came from %q, want %s", name, got, test.recorded)
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "--trusted-proxy") || !strings.Contains(log.String(), "said=198.51.100.1") {
			t.Errorf("%s: the log has %d loud words, want one that says what to do\n%.500s", name, n, &log)
		}
	}
}

// recordedSources are the addresses in the records of a program.
func recordedSources(t *testing.T, id *Identity) (all string) {
	t.Helper()
	if err := id.Accounts().FlushAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range everyRecord(t, id.config.Store) {
		all += " " + r.Source
	}
	return all
}
