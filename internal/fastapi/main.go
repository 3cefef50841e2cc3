// Command fastapi serves FastAPI's own test and tutorial applications, written
// with this library as its users write theirs, so that their answers can be
// compared exchange by exchange. The request header X-Case chooses the
// application; POST /__reset with the same header gives it fresh state.
//
// It is for tests only. docs/coming-from-fastapi.md lists where the answers
// differ, and why.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast"
)

// cases makes each application, with fresh state, by its name in FastAPI's
// repository.
var cases = map[string]func() *holdfast.App{
	"test_dependency_cache":                          dependencyCache,
	"test_dependency_class":                          dependencyClass,
	"test_dependency_paramless":                      dependencyParamless,
	"test_dependency_yield_scope":                    dependencyYieldScope,
	"test_security_api_key_cookie":                   apiKeyCookie,
	"test_security_api_key_header":                   apiKeyHeader,
	"test_security_api_key_query":                    apiKeyQuery,
	"test_security_http_base":                        httpBase,
	"test_security_http_basic_realm":                 httpBasicRealm,
	"test_security_http_bearer":                      httpBearer,
	"test_security_http_digest":                      httpDigest,
	"test_security_oauth2":                           oauth2,
	"test_security_oauth2_authorization_code_bearer": oauth2AuthorizationCodeBearer,
	"test_security_openid_connect":                   openIDConnect,
	"test_security_scopes_dont_propagate":            scopesDontPropagate,
	"test_swagger_ui_init_oauth":                     swaggerUIInitOAuth,
	"test_top_level_security_scheme_in_openapi":      topLevelSecurityScheme,
	"authentication_error_status_code.tutorial001":   authenticationErrorStatusCode,
	"dependencies.tutorial001":                       commonParameters,
	"dependencies.tutorial001_02":                    commonParameters, // Annotated by another name there; the same here
	"dependencies.tutorial002":                       commonQueryParams,
	"dependencies.tutorial003":                       commonQueryParams, // three ways to write one class there
	"dependencies.tutorial004":                       commonQueryParams,
	"dependencies.tutorial005":                       queryOrCookie,
	"dependencies.tutorial006":                       routeDependencies,
	"dependencies.tutorial008b":                      yieldOwnerError,
	"dependencies.tutorial008c":                      yieldSwallows,
	"dependencies.tutorial008d":                      yieldRaises,
	"dependencies.tutorial008e":                      yieldBeforeResponse,
	"dependencies.tutorial011":                       contentChecker,
	"dependencies.tutorial012":                       globalDependencies,
	"dependency_testing.tutorial001":                 testedDependency,
	"security.tutorial001":                           security001,
	"security.tutorial002":                           security002,
	"security.tutorial003":                           security003,
	"security.tutorial004":                           security004,
	"security.tutorial005":                           security005,
	"security.tutorial006":                           security006,
	"security.tutorial007":                           security007,
}

// newApp is an application without log: refused requests are what it is for.
func newApp() *holdfast.App {
	return holdfast.NewApp(holdfast.Config{Title: "FastAPI", Version: "0.1.0", Logger: slog.New(slog.DiscardHandler)})
}

// server chooses the application of each request.
type server struct {
	mu   sync.Mutex
	apps map[string]*holdfast.App
}

func (s *server) app(name string, fresh bool) (*holdfast.App, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	newApp, ok := cases[name]
	if !ok {
		return nil, false
	}
	if s.apps[name] == nil || fresh {
		s.apps[name] = newApp()
	}
	return s.apps[name], true
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reset := r.URL.Path == "/__reset"
	app, ok := s.app(r.Header.Get("X-Case"), reset)
	switch {
	case !ok:
		http.Error(w, "no such case", http.StatusNotFound)
	case !reset:
		app.ServeHTTP(w, r)
	}
}

func run(ctx context.Context, addr string) error {
	hs := &http.Server{Addr: addr, Handler: &server{apps: map[string]*holdfast.App{}}, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = hs.Close() }) // nothing here must finish
	defer stop()
	fmt.Fprintf(os.Stderr, "%d applications on http://%s\n", len(cases), addr)
	if err := hs.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func main() {
	addr := flag.String("addr", "127.0.0.1:9000", "the address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		log.Fatal(err)
	}
}
