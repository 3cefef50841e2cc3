// Command echo serves the contract with Echo and echo-jwt.
//
// It follows https://echo.labstack.com/cookbook/jwt/ ("Using custom claims") and
// https://echo.labstack.com/docs/middleware/jwt. Without the request logger of
// that recipe: no peer logs requests.
package main

import (
	"context"
	"log"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v5"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/bench/peers/app"
)

type claims struct {
	Scope string `json:"scope"`
	jwt.RegisteredClaims
}

func unauthorized(c *echo.Context) error {
	c.Response().Header().Set("WWW-Authenticate", "Bearer")
	return c.JSON(http.StatusUnauthorized, app.Problem{Detail: app.BadToken})
}

// authenticate finds the user of the token that echo-jwt has checked.
func authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		token, err := echo.ContextGet[*jwt.Token](c, "user")
		if err != nil {
			return unauthorized(c)
		}
		said := token.Claims.(*claims)
		user, found := app.Users[said.Subject]
		if !found {
			return unauthorized(c)
		}
		c.Set("account", user)
		c.Set("scopes", strings.Fields(said.Scope))
		return next(c)
	}
}

func requireScopes(scopes ...string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			granted, err := echo.ContextGet[[]string](c, "scopes")
			if err != nil {
				return err
			}
			for _, scope := range scopes {
				if !slices.Contains(granted, scope) {
					return c.JSON(http.StatusForbidden, app.Problem{Detail: app.FewScopes})
				}
			}
			return next(c)
		}
	}
}

func items(c *echo.Context) error {
	user, err := echo.ContextGet[app.User](c, "account")
	if err != nil {
		return err
	}
	if user.Disabled {
		return c.JSON(http.StatusBadRequest, app.Problem{Detail: app.IsInactive})
	}
	return c.JSON(http.StatusOK, app.Items(user.Name))
}

func login(c *echo.Context) error {
	user, found := app.Users[c.FormValue("username")]
	if !found || bcrypt.CompareHashAndPassword(user.Hash, []byte(c.FormValue("password"))) != nil {
		return c.JSON(http.StatusBadRequest, app.Problem{Detail: app.BadLogin})
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, &claims{c.FormValue("scope"), jwt.RegisteredClaims{
		Subject: user.Name, ExpiresAt: jwt.NewNumericDate(time.Now().Add(app.TTL)),
	}})
	text, err := token.SignedString(app.Secret)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, app.Token{AccessToken: text, TokenType: "bearer"})
}

func main() {
	e := echo.New()
	e.Use(middleware.Recover())
	e.POST("/token", login)
	e.GET("/public", func(c *echo.Context) error { return c.JSON(http.StatusOK, app.Message{Message: "Hello World"}) })
	protected := e.Group("", echojwt.WithConfig(echojwt.Config{
		NewClaimsFunc: func(*echo.Context) jwt.Claims { return new(claims) },
		SigningKey:    app.Secret,
		ErrorHandler:  func(c *echo.Context, _ error) error { return unauthorized(c) },
	}), authenticate)
	protected.GET("/users/me/items/", items, requireScopes("me", "items"))
	protected.GET("/status/", func(c *echo.Context) error { return c.JSON(http.StatusOK, app.Status{Status: "ok"}) })
	start := echo.StartConfig{Address: app.Start(), HideBanner: true, HidePort: true}
	log.Fatal(start.Start(context.Background(), e))
}
