package conns_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/conns"
)

// A program with a server of its own, behind a proxy that has any number of
// connections. What a handler does is answered; beyond 200 connections, idle ones
// make room.
func ExampleLimit() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	server := holdfast.NewServer("127.0.0.1:0", hello)
	listener, err := net.Listen("tcp", server.Addr) //nolint:noctx // of an example
	if err != nil {
		panic(err)
	}
	listener = conns.Limit(server, listener, conns.Config{
		Most: 200, Each: 20, Exempt: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	})
	go func() { _ = server.Serve(listener) }() // ends with Close
	defer func() { _ = server.Close() }()

	resp, err := http.Get("http://" + listener.Addr().String()) //nolint:noctx // of an example
	if err != nil {
		panic(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	fmt.Println(string(text), err)
	// Output: hello <nil>
}
