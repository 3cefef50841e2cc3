// Command fiber serves the contract with Fiber and its JWT middleware.
//
// It follows https://docs.gofiber.io/contrib/jwt/ and
// https://docs.gofiber.io/ (the hello world).
package main

import (
	"log"
	"slices"
	"strings"
	"time"

	jwtware "github.com/gofiber/contrib/v3/jwt"
	"github.com/gofiber/fiber/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/bench/peers/app"
)

type claims struct {
	Scope string `json:"scope"`
	jwt.RegisteredClaims
}

func unauthorized(c fiber.Ctx) error {
	c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	return c.Status(fiber.StatusUnauthorized).JSON(app.Problem{Detail: app.BadToken})
}

type (
	userKey   struct{}
	scopesKey struct{}
)

// authenticate finds the user of the token that jwtware has checked.
func authenticate(c fiber.Ctx) error {
	said := jwtware.FromContext(c).Claims.(*claims)
	user, found := app.Users[said.Subject]
	if !found {
		return unauthorized(c)
	}
	c.Locals(userKey{}, user)
	c.Locals(scopesKey{}, strings.Fields(said.Scope))
	return c.Next()
}

func requireScopes(scopes ...string) fiber.Handler {
	return func(c fiber.Ctx) error {
		granted := fiber.Locals[[]string](c, scopesKey{})
		for _, scope := range scopes {
			if !slices.Contains(granted, scope) {
				return c.Status(fiber.StatusForbidden).JSON(app.Problem{Detail: app.FewScopes})
			}
		}
		return c.Next()
	}
}

func items(c fiber.Ctx) error {
	user := fiber.Locals[app.User](c, userKey{})
	if user.Disabled {
		return c.Status(fiber.StatusBadRequest).JSON(app.Problem{Detail: app.IsInactive})
	}
	return c.JSON(app.Items(user.Name))
}

func login(c fiber.Ctx) error {
	user, found := app.Users[c.FormValue("username")]
	if !found || bcrypt.CompareHashAndPassword(user.Hash, []byte(c.FormValue("password"))) != nil {
		return c.Status(fiber.StatusBadRequest).JSON(app.Problem{Detail: app.BadLogin})
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, &claims{c.FormValue("scope"), jwt.RegisteredClaims{
		Subject: user.Name, ExpiresAt: jwt.NewNumericDate(time.Now().Add(app.TTL)),
	}})
	text, err := token.SignedString(app.Secret)
	if err != nil {
		return err
	}
	return c.JSON(app.Token{AccessToken: text, TokenType: "bearer"})
}

func main() {
	f := fiber.New()
	f.Post("/token", login)
	f.Get("/public", func(c fiber.Ctx) error { return c.JSON(app.Message{Message: "Hello World"}) })
	f.Use(jwtware.New(jwtware.Config{
		SigningKey:   jwtware.SigningKey{JWTAlg: jwtware.HS256, Key: app.Secret},
		Claims:       &claims{},
		ErrorHandler: func(c fiber.Ctx, _ error) error { return unauthorized(c) },
	}), authenticate)
	f.Get("/users/me/items/", requireScopes("me", "items"), items)
	f.Get("/status/", func(c fiber.Ctx) error { return c.JSON(app.Status{Status: "ok"}) })
	log.Fatal(f.Listen(app.Start(), fiber.ListenConfig{DisableStartupMessage: true}))
}
