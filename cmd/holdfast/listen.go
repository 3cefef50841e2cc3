package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/certfile"
)

// tls is what serves https; nil for none.
func (c *serveCmd) tls(log *slog.Logger) (*tls.Config, error) {
	switch {
	case c.TLSCert == "" && c.TLSKey == "":
		return nil, nil //nolint:nilnil // none is wanted
	case c.TLSCert == "" || c.TLSKey == "":
		return nil, usageError{errors.New("--tls-cert and --tls-key go together: the certificate, and its private key")}
	}
	files, err := certfile.Open(c.TLSCert, c.TLSKey, log)
	if err != nil {
		return nil, usageError{fmt.Errorf("--tls-cert, --tls-key: %w", err)}
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.Certificate}, nil
}

// mayServe says what has to be said before others can reach the server.
func (c *serveCmd) mayServe(at net.Addr, secure *tls.Config) error {
	config := identity.Config{URL: c.URL, TLS: secure, TrustedProxies: c.TrustedProxy, InsecureHTTP: c.InsecureHTTP}
	err := config.CheckServe(at)
	wrong, ok := errors.AsType[*identity.ConfigError](err)
	switch {
	case err == nil:
		return nil
	case ok && wrong.Field == "InsecureHTTP" && !c.InsecureHTTP:
		return usageError{fmt.Errorf(`others can reach %s, and passwords and tokens would cross the network unencrypted. Say how it is meant:
  --tls-cert FILE --tls-key FILE   to serve https here
  --trusted-proxy ADDRESS          if a proxy in front has the certificate, and this is its address
  --insecure-http                  if the network is one's own
or listen on this machine alone, as with --addr 127.0.0.1:8000`, at)}
	}
	return usageError{flagged(err)}
}
