// Command serve shows a small application's document with ReDoc, for the
// browser test.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
)

type item struct {
	Name string `json:"name"`
}

func readItem(context.Context, holdfast.Anyone, holdfast.NoInput) (item, error) { return item{}, nil }

func main() {
	app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1.0.0", Docs: holdfast.Docs{Viewer: apidoc.ReDoc}})
	holdfast.Get(app, "/item", holdfast.Public(), readItem, holdfast.Document(apidoc.Operation{
		Answers: []apidoc.Answer{{Status: 200, Examples: []apidoc.Example{{Name: "sword", Value: item{"Sword"}}}}},
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("http://%s/docs\n", l.Addr())
	server := http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go func() { fmt.Fprintln(os.Stderr, server.Serve(l)) }()
	<-ctx.Done()
}
