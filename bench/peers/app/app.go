// Package app is what every peer serves: the users, what is answered, and the
// secret that tokens are signed with. A peer adds its own way of doing it.
package app

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"time"
)

// Secret signs every token, with HS256.
var Secret = []byte("a secret of 32 bytes or more, for benchmarks")

// TTL is how long a token that POST /token hands out is good for.
const TTL = 30 * time.Minute

// Password is everybody's, and hash what is kept of it: bcrypt with cost 12.
const (
	Password = "correct horse battery"
	hash     = "$2b$12$TH73TMLw5bkLFIEr8NIXUeKI/fEf3SUYBXGNuV6M5qedWcxSqerFW"
)

// User is an account.
type User struct {
	Name     string
	Disabled bool
	Hash     []byte
}

// Users are all accounts, by name.
var Users = map[string]User{
	"alice": {Name: "alice", Hash: []byte(hash)},
	"bob":   {Name: "bob", Disabled: true, Hash: []byte(hash)},
}

// The answers, as JSON.
type (
	// Token is what POST /token answers.
	Token struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
	}
	// Item is one of GET /users/me/items/.
	Item struct {
		ItemID string `json:"item_id"`
		Owner  string `json:"owner"`
	}
	// Status is what GET /status/ answers.
	Status struct {
		Status string `json:"status"`
	}
	// Message is what GET /public answers.
	Message struct {
		Message string `json:"message"`
	}
	// Problem is a refusal.
	Problem struct {
		Detail string `json:"detail"`
	}
)

// What refusals say.
const (
	BadToken   = "Could not validate credentials"
	BadLogin   = "Incorrect username or password"
	FewScopes  = "Not enough permissions"
	IsInactive = "Inactive user"
)

// Items are those of a user.
func Items(owner string) []Item { return []Item{{"Foo", owner}} }

// Start says where to listen. It also begins to answer the runner, which asks
// for a server's allocations by a line on its standard input, and ends the
// process when that input does: with the runner.
func Start() (addr string) {
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			fmt.Println(stats.Mallocs, stats.TotalAlloc)
		}
		os.Exit(0)
	}()
	return os.Getenv("PEER_ADDR")
}
