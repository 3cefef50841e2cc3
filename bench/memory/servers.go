package main

import (
	"context"
	"encoding/json"
	"net/http"

	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/work"
)

type message struct {
	Message string `json:"message"`
}

// serveAs is one of the servers.
func serveAs(ctx context.Context, kind, addr string) error {
	if kind == "net/http" {
		http.HandleFunc("GET /public", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(message{"Hello World"}) // the caller may be gone
		})
		return http.ListenAndServe(addr, nil) //nolint:gosec // as every introduction has it
	}
	app := holdfast.New("Memory", "1")
	holdfast.Get(app, "/public", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (message, error) {
		return message{"Hello World"}, nil
	})
	if kind == "the library, with a Headroom" {
		headroom := work.NewHeadroom()
		defer headroom.Close()
		lane := work.NewLane(work.Config{Name: "hash", Headroom: headroom})
		defer lane.Close()
		holdfast.Post(app, "/hash", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (holdfast.NoContent, error) {
			return holdfast.NoContent{}, lane.Do(ctx, func() error {
				_, err := bcrypt.GenerateFromPassword([]byte("correct horse battery"), 10)
				return err
			})
		})
	}
	return app.ListenAndServe(ctx, addr)
}
