package identity

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/rs/cors"
)

// crossOrigin lets pages of the given origins call the API from browsers, with
// a token but never with cookies. No origin means that no header is sent.
func crossOrigin(origins []string) (func(http.Handler) http.Handler, error) {
	if len(origins) == 0 {
		return func(next http.Handler) http.Handler { return next }, nil
	}
	for _, origin := range origins {
		if strings.Contains(origin, "*") {
			return nil, &ConfigError{"CORSOrigins", fmt.Sprintf("%q: want an origin as in https://app.example.org, each one that is meant: with a * it would be pages of others, too", origin)}
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != origin {
			return nil, &ConfigError{"CORSOrigins", fmt.Sprintf("%q: want an origin as in https://app.example.org", origin)}
		}
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"},
		AllowedHeaders: []string{"Authorization", "Content-Type"},
		ExposedHeaders: []string{"WWW-Authenticate", "X-Request-Id", "Retry-After"},
		MaxAge:         600,
	}).Handler, nil
}
