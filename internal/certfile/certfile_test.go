package certfile

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// pair makes a certificate with a number, and its key.
func pair(t *testing.T, number int64, until time.Time) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := x509.Certificate{SerialNumber: big.NewInt(number), NotBefore: until.Add(-24 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, &text, &text, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// files are a certificate's, with the clock of who reads them.
type files struct {
	t         *testing.T
	cert, key string
	now       time.Time
	log       bytes.Buffer
	*Files
}

func open(t *testing.T, cert, key []byte) (*files, error) {
	t.Helper()
	dir := t.TempDir()
	f := &files{t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), now: time.Now()}
	f.write(f.cert, cert)
	f.write(f.key, key)
	f.Files = &Files{cert: f.cert, key: f.key, log: slog.New(slog.NewTextHandler(&f.log, nil)), now: func() time.Time { return f.now }}
	return f, f.open()
}

// write puts a file in place of the one before, each with a time of its own.
func (f *files) write(name string, data []byte) {
	f.t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.now = f.now.Add(time.Second)
	if err := os.Chtimes(name, f.now, f.now); err != nil {
		f.t.Fatal(err)
	}
}

// number is that of the certificate that is served.
func (f *files) number() int64 {
	f.t.Helper()
	got, err := f.Certificate(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return got.Leaf.SerialNumber.Int64()
}

func TestACertificateThatIsRenewed(t *testing.T) {
	t.Parallel()
	until := time.Now().Add(time.Hour)
	cert, key := pair(t, 1, until)
	f, err := open(t, cert, key)
	if err != nil || f.number() != 1 {
		t.Fatalf("the first one: %v", err)
	}
	cert, key = pair(t, 2, until)
	f.write(f.cert, cert) // and the key is to come
	if f.now = f.now.Add(every); f.number() != 1 || !strings.Contains(f.log.String(), "cannot be used") {
		t.Errorf("while the two do not belong together, %d is served, and the log says\n%s", f.number(), &f.log)
	}
	f.write(f.key, key)
	if f.number() != 1 {
		t.Error("it is looked more often than it has to be")
	}
	if f.now = f.now.Add(every); f.number() != 2 || !strings.Contains(f.log.String(), "another certificate is served") {
		t.Errorf("afterwards %d is served, and the log says\n%s", f.number(), &f.log)
	}
	if err := os.Remove(f.key); err != nil {
		t.Fatal(err)
	}
	if f.now = f.now.Add(every); f.number() != 2 {
		t.Errorf("without the key %d is served", f.number())
	}
	lines := strings.Count(f.log.String(), "\n")
	f.write(f.key, key)
	f.now = f.now.Add(every)
	f.number()
	if f.now = f.now.Add(every); f.number() != 2 || strings.Count(f.log.String(), "\n") != lines+1 {
		t.Errorf("what has not changed is read again:\n%s", &f.log)
	}
}

func TestFilesThatAreNoCertificate(t *testing.T) {
	t.Parallel()
	good, key := pair(t, 1, time.Now().Add(time.Hour))
	_, other := pair(t, 2, time.Now().Add(time.Hour))
	old, oldKey := pair(t, 3, time.Now().Add(-time.Hour))
	for name, test := range map[string]struct {
		cert, key []byte
		want      string
	}{
		"another's key":    {good, other, "private key does not match"},
		"no certificate":   {[]byte("x"), key, "failed to find any PEM data"},
		"an old one":       {old, oldKey, "the certificate was good until"},
		"the wrong way on": {key, good, "failed to find"},
	} {
		if _, err := open(t, test.cert, test.key); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Open = %v, want %q", name, err, test.want)
		}
	}
	if _, err := Open("nowhere", "nowhere", slog.Default()); err == nil {
		t.Error("files that are not there are opened")
	}
	f, err := open(t, good, key)
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("modes say nothing here: ", err)
	}
	if err := os.Chmod(f.key, 0o644); err != nil { //nolint:gosec // which is refused
		t.Fatal(err)
	}
	if _, err := Open(f.cert, f.key, slog.Default()); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others may read: Open = %v", err)
	}
}
