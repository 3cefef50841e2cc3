package main

import (
	"context"

	"github.com/holdfast-go/holdfast"
)

func init() { features["forms"] = forms } //nolint:gochecknoinits // each feature in a file of its own

type (
	loginIn struct {
		Username string `form:"username" required:"true"`
		Password string `form:"password" required:"true" format:"password"`
	}
	formTypes struct {
		N    int      `form:"n" json:"n" required:"true"`
		Flag bool     `form:"flag" json:"flag" default:"false"`
		Text *string  `form:"text" json:"text"`
		Tags []string `form:"tags" json:"tags"`
		Size float64  `form:"size" json:"size" default:"1.5" minimum:"1"`
		Name string   `form:"name" json:"name" default:"ab" minLength:"2"`
	}
	formModel struct {
		Username string `form:"username" json:"username" required:"true"`
		Age      int    `form:"age" json:"age" default:"0"`
	}
	formNumbers struct {
		V []int `form:"v" json:"v" required:"true"`
	}
	formOptional struct {
		V *string `form:"v" json:"v"`
	}
)

func forms(app *holdfast.App) {
	holdfast.Post(app, "/login", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in loginIn) (m, error) {
		return m{"username": in.Username}, nil
	})
	holdfast.Post(app, "/types", holdfast.Public(), same[formTypes])
	holdfast.Post(app, "/model", holdfast.Public(), same[formModel])
	holdfast.Post(app, "/numbers", holdfast.Public(), same[formNumbers])
	holdfast.Post(app, "/optional", holdfast.Public(), same[formOptional])
	holdfast.Post(app, "/oauth", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in holdfast.OAuth2PasswordRequestForm) (m, error) {
		return m{"username": in.Username, "scopes": in.Scopes(), "grant": orNull(in.GrantType), "client": orNull(in.ClientID)}, nil
	})
	holdfast.Post(app, "/oauth-strict", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in holdfast.OAuth2PasswordRequestFormStrict) (m, error) {
		return m{"username": in.Username, "scopes": in.Scopes()}, nil
	})
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
