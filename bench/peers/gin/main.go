// Command gin serves the contract with Gin and golang-jwt: Gin has no package
// for tokens of its own.
//
// It follows https://gin-gonic.com/en/docs/middleware/custom-middleware/ and
// https://golang-jwt.github.io/jwt/usage/parse/, in release mode, without the
// logger of gin.Default: no peer logs requests.
package main

import (
	"log"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/bench/peers/app"
)

type claims struct {
	Scope string `json:"scope"`
	jwt.RegisteredClaims
}

func unauthorized(c *gin.Context) {
	c.Header("WWW-Authenticate", "Bearer")
	c.AbortWithStatusJSON(http.StatusUnauthorized, app.Problem{Detail: app.BadToken})
}

// authenticate finds the user of the token.
func authenticate() gin.HandlerFunc {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}))
	key := func(*jwt.Token) (any, error) { return app.Secret, nil }
	return func(c *gin.Context) {
		text, found := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
		if !found {
			unauthorized(c)
			return
		}
		var said claims
		if _, err := parser.ParseWithClaims(text, &said, key); err != nil {
			unauthorized(c)
			return
		}
		user, found := app.Users[said.Subject]
		if !found {
			unauthorized(c)
			return
		}
		c.Set("user", user)
		c.Set("scopes", strings.Fields(said.Scope))
		c.Next()
	}
}

func requireScopes(scopes ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		granted := c.GetStringSlice("scopes")
		for _, scope := range scopes {
			if !slices.Contains(granted, scope) {
				c.AbortWithStatusJSON(http.StatusForbidden, app.Problem{Detail: app.FewScopes})
				return
			}
		}
		c.Next()
	}
}

func items(c *gin.Context) {
	user := c.MustGet("user").(app.User)
	if user.Disabled {
		c.JSON(http.StatusBadRequest, app.Problem{Detail: app.IsInactive})
		return
	}
	c.JSON(http.StatusOK, app.Items(user.Name))
}

func login(c *gin.Context) {
	user, found := app.Users[c.PostForm("username")]
	if !found || bcrypt.CompareHashAndPassword(user.Hash, []byte(c.PostForm("password"))) != nil {
		c.JSON(http.StatusBadRequest, app.Problem{Detail: app.BadLogin})
		return
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{c.PostForm("scope"), jwt.RegisteredClaims{
		Subject: user.Name, ExpiresAt: jwt.NewNumericDate(time.Now().Add(app.TTL)),
	}})
	text, err := token.SignedString(app.Secret)
	if err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.JSON(http.StatusOK, app.Token{AccessToken: text, TokenType: "bearer"})
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.Recovery())
	r.POST("/token", login)
	r.GET("/public", func(c *gin.Context) { c.JSON(http.StatusOK, app.Message{Message: "Hello World"}) })
	protected := r.Group("/", authenticate())
	protected.GET("/users/me/items/", requireScopes("me", "items"), items)
	protected.GET("/status/", func(c *gin.Context) { c.JSON(http.StatusOK, app.Status{Status: "ok"}) })
	log.Fatal(r.Run(app.Start()))
}
