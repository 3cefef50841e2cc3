// Package certfile is a certificate in files, which are read again when they
// change: those who renew certificates do so every few weeks, while a server runs.
package certfile

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/internal/secretfile"
)

// every is how often it is looked, at most, whether the files have changed.
const every = 10 * time.Second

// Files are a certificate and its key. They are safe for concurrent use.
type Files struct {
	cert, key string
	log       *slog.Logger
	now       func() time.Time

	mu     sync.Mutex
	looked time.Time
	seen   [2]stamp
	loaded *tls.Certificate
}

// stamp tells a file from the one that stood there before.
type stamp struct {
	changed time.Time
	size    int64
}

// Open reads the files, in PEM: the certificate, with those above it, and its
// private key, which others may not read. What becomes of them later is in the log.
func Open(cert, key string, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log, now: time.Now} //nolint:forbidigo // the files' clock
	return f, f.open()
}

func (f *Files) open() (err error) {
	f.looked = f.now()
	if f.seen, err = f.stamps(); err != nil {
		return err
	}
	f.loaded, err = f.read()
	return err
}

// Certificate is for the field GetCertificate of a [tls.Config]. While files that
// have changed cannot be read, or do not belong together, it is the one before.
func (f *Files) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.Sub(f.looked) >= every {
		f.looked = now
		f.look()
	}
	return f.loaded, nil
}

// look reads the files if they have changed.
func (f *Files) look() {
	stamps, err := f.stamps()
	if err == nil && stamps == f.seen {
		return
	}
	var fresh *tls.Certificate
	if err == nil {
		fresh, err = f.read()
	}
	if err != nil { // and is looked at again: one of the two may be to come
		f.log.LogAttrs(context.Background(), slog.LevelError, "the certificate has changed and cannot be used; the one before is served still", slog.String("error", err.Error()))
		return
	}
	f.loaded, f.seen = fresh, stamps
	f.log.LogAttrs(context.Background(), slog.LevelInfo, "another certificate is served", slog.String("file", f.cert), slog.Time("until", fresh.Leaf.NotAfter))
}

func (f *Files) stamps() (out [2]stamp, err error) {
	for i, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return out, err
		}
		out[i] = stamp{info.ModTime(), info.Size()}
	}
	return out, nil
}

func (f *Files) read() (*tls.Certificate, error) {
	cert, err := os.ReadFile(f.cert)
	if err != nil {
		return nil, err
	}
	key, err := secretfile.Read(f.key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", f.cert, f.key, err)
	}
	if end := pair.Leaf.NotAfter; f.now().After(end) {
		return nil, fmt.Errorf("%s: the certificate was good until %v", f.cert, end.UTC().Format(time.DateTime))
	}
	return &pair, nil
}
