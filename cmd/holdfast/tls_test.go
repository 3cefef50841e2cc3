package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certified writes a certificate for this machine into files, and returns who trusts
// it.
func certified(t *testing.T, dir string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &text, &text, private.Public(), private)
	secret, err2 := x509.MarshalPKCS8PrivateKey(private)
	leaf, err3 := x509.ParseCertificate(der)
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(leaf)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, pool
}

// With a certificate the server and its issuer are https, and it may be reached.
func TestServeTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, pool := certified(t, dir)
	p := start(t, dir, "--tls-cert", cert, "--tls-key", key, "--no-docs")
	if !strings.HasPrefix(p.url, "https://127.0.0.1:") || p.out.find(t, `(?m)^  Issuer +(\S+)`) != p.url || p.out.find(t, `(?m)^  Docs +(.+)`) != "none (--no-docs)" {
		t.Errorf("the server says\n%s", p.out)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}}
	for path, want := range map[string]int{"/healthz": 200, "/.well-known/oauth-authorization-server": 200, "/docs": 404, "/docs/swagger-ui.css": 404, "/openapi.json": 404} {
		resp, err := client.Get(p.url + path) //nolint:noctx // of a test
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != want || resp.ProtoMajor != 2 {
			t.Errorf("GET %s = %d over %s, %v, want %d over HTTP/2.0", path, resp.StatusCode, resp.Proto, err, want)
		}
		if path == "/.well-known/oauth-authorization-server" && !strings.Contains(string(body), `"token_endpoint":"`+p.url+`/token"`) {
			t.Errorf("GET %s says %s", path, body)
		}
	}
	p.kill()
	p = start(t, dir, "--addr", "0.0.0.0:0", "--tls-cert", cert, "--tls-key", key, "--url", "https://auth.example.org")
	if p.url != "https://auth.example.org" {
		t.Errorf("for others, the server says\n%s", p.out)
	}
}

// The command line is wrong where others could read what is sent: exit code 2. With a
// word on how it is meant, the server starts.
func TestServeForOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := command(t, dir, "serve", "--addr", "0.0.0.0:0", "--url", "https://auth.example.org")
	out, err := cmd.CombinedOutput()
	if ended, ok := errors.AsType[*exec.ExitError](err); !ok || ended.ExitCode() != exitUsage || !strings.Contains(string(out), "others can reach") {
		t.Errorf("serve for others = %v\n%s", err, out)
	}
	start(t, t.TempDir(), "--addr", "0.0.0.0:0", "--url", "https://auth.example.org", "--trusted-proxy", "10.0.0.1").kill()
	start(t, t.TempDir(), "--addr", "0.0.0.0:0", "--url", "http://auth.example.org", "--insecure-http").kill()
}
