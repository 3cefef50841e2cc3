package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/pgtest"
)

// fleet is three servers on one PostgreSQL behind a proxy, with the configuration
// that is shipped.
type fleet struct {
	t       *testing.T
	db      string
	version string // the file of the program that is started; this one if empty
	url     string
	roots   *x509.CertPool
	servers []*process
	addrs   []string
}

// proxies are those that come with a configuration, by the names of their programs.
var proxies = map[string]func(f *fleet, program, certificate string) *exec.Cmd{"haproxy": (*fleet).haproxy, "nginx": (*fleet).nginx}

// newFleet starts it with a proxy, and with an administrator alice. The version is the
// file of a program, or empty for this one.
func newFleet(t *testing.T, proxy, version string) *fleet {
	program := proxyProgram(t, proxy)
	f := &fleet{t: t, db: pgtest.Database(t), version: version, roots: x509.NewCertPool()}
	f.url = "https://" + freeAddr(t)
	for range 3 {
		f.addrs = append(f.addrs, freeAddr(t))
	}
	for i := range f.addrs {
		f.servers = append(f.servers, f.start(i))
	}
	f.servers[0].shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	f.proxy(proxy, program)
	return f
}

// proxyProgram is a proxy; without it the test is skipped, where PostgreSQL may be
// missing, too.
func proxyProgram(t *testing.T, proxy string) string {
	t.Helper()
	for _, name := range []string{proxy, "/usr/sbin/" + proxy} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	missing := "there is no " + proxy + " here: script/bootstrap installs it"
	if os.Getenv("CI") != "" || os.Getenv("HOLDFAST_NEED_POSTGRES") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // for the server
	return l.Addr().String()
}

// start starts one of the servers, as docs/running-several.md has it.
func (f *fleet) start(i int) *process {
	f.t.Helper()
	p := startAs(f.t, f.version, f.db, "--addr", f.addrs[i], "--url", f.url, "--trusted-proxy", "127.0.0.1", "--drain", "5s")
	p.url = "http://" + f.addrs[i]
	return p
}

// restart stops one of them as systemd does, and starts it again.
func (f *fleet) restart(i int) {
	f.t.Helper()
	p := f.servers[i]
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		f.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		f.t.Errorf("server %d, told to stop: %v\n%s", i, err, p.out)
	}
	f.servers[i] = f.start(i)
	f.servers[i].out.find(f.t, `path=/users`) // it is asked again
}

// haproxy is the command that starts HAProxy.
func (f *fleet) haproxy(program, certificate string) *exec.Cmd {
	cmd := exec.CommandContext(f.t.Context(), program, "-db", "-f", filepath.Join("..", "..", "deploy", "haproxy.cfg")) //nolint:gosec // it is found on the PATH
	cmd.Env = append(os.Environ(), "HOLDFAST_BIND="+f.url[len("https://"):], "HOLDFAST_PEM="+certificate)
	for i, addr := range f.addrs {
		cmd.Env = append(cmd.Env, fmt.Sprintf("HOLDFAST_SERVER_%d=%s", i+1, addr))
	}
	return cmd
}

// nginx is the command that starts nginx, with other addresses in its file, and what
// the distribution's own file has around it.
func (f *fleet) nginx(program, certificate string) *exec.Cmd {
	f.t.Helper()
	dir := f.t.TempDir()
	site := shipped(f.t, "nginx.conf")
	changes := map[string]string{"listen 443 ssl": "listen " + f.url[len("https://"):] + " ssl", "/etc/nginx/holdfast.pem": certificate}
	for i, addr := range f.addrs {
		changes[fmt.Sprintf("10.0.0.1%d:8000", i+1)] = addr
	}
	for from, to := range changes {
		if !strings.Contains(site, from) {
			f.t.Fatalf("deploy/nginx.conf has no %q", from)
		}
		site = strings.ReplaceAll(site, from, to)
	}
	main := fmt.Sprintf("user root; daemon off; worker_processes 2; pid %[1]s/pid; error_log stderr warn; events { worker_connections 1024; }\nhttp {\naccess_log off;\n", dir)
	for _, folder := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		main += fmt.Sprintf("%s_temp_path %s/%s;\n", folder, dir, folder)
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(main+site+"}\n"), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return exec.CommandContext(f.t.Context(), program, "-p", dir, "-e", "stderr", "-c", file) //nolint:gosec // it is found on the PATH
}

// proxy starts the proxy and waits until it sends requests on.
func (f *fleet) proxy(name, program string) {
	f.t.Helper()
	file := filepath.Join(f.t.TempDir(), "holdfast.pem")
	f.certificate(file)
	cmd := proxies[name](f, program, file)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // nginx is several processes
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if f.t.Failed() {
			for _, p := range f.servers {
				lines := strings.SplitAfter(p.out.String(), "\n")
				f.t.Logf("a server:\n%s", strings.Join(lines[max(0, len(lines)-30):], ""))
			}
		}
		_ = cmd.Cancel() // it has nothing to lose
		_ = cmd.Wait()
		if f.t.Failed() {
			f.t.Logf("%s:\n%s", name, &out)
		}
	})
	client := f.client(false)
	for began := time.Now(); ; {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, f.url+"/readyz", nil)
		if err != nil {
			f.t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Since(began) > 20*time.Second {
			f.t.Fatalf("%s does not send requests on: %v", name, err)
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // another process cannot be synchronised with
	}
}

// certificate makes one for 127.0.0.1, with its key in the same file.
func (f *fleet) certificate(file string) {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		f.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		f.t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	f.roots.AppendCertsFromPEM(public)
	both := append(public, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	if err := os.WriteFile(file, both, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// client is a caller of the proxy, by HTTP/2 or by HTTP/1.1.
func (f *fleet) client(two bool) *http.Client {
	t := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: f.roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: two, MaxIdleConnsPerHost: 4}
	f.t.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t, Timeout: 20 * time.Second}
}

// Each of three servers behind a proxy is restarted in turn, under reads, writes,
// sign-ins, refreshes and checks of tokens: no request fails. Then one dies: it takes
// along the writes that it had begun, and nothing else, because reads are asked again
// of another, and so is what had no connection.
func TestServersBehindAProxy(t *testing.T) {
	needsServersAlone(t)
	for name := range proxies {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, name, "")
			f.rolls("restarted", "")
			f.loses(1)
		})
	}
}

// rolls restarts each server in turn under load, as a program of that version.
func (f *fleet) rolls(what, version string) {
	f.t.Helper()
	l := f.traffic()
	l.more(200)
	f.version = version
	for i := range f.servers {
		f.restart(i)
	}
	l.more(200)
	l.end()
	for failed, n := range l.failed {
		f.t.Errorf("%d requests failed while servers were %s: %s", n, what, failed)
	}
}

// loses kills a server under load.
func (f *fleet) loses(i int) {
	f.t.Helper()
	l := f.traffic()
	l.more(200)
	f.servers[i].kill()
	l.more(500)
	l.end()
	begun := 0
	for what, n := range l.failed {
		if what.method == http.MethodGet {
			f.t.Errorf("%d reads failed because a server died: %s", n, what)
		}
		begun += n
	}
	if begun > l.writers {
		f.t.Errorf("%d requests failed because a server died, want no more than it can have begun, %d: %v", begun, l.writers, l.failed)
	}
}
