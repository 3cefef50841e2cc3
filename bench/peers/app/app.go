// Package app is what every peer serves: the users, what is answered, and the
// secret that tokens are signed with. A peer adds its own way of doing it.
package app

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
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

// Start says where to listen, which the runner has put into PEER_ADDR. It also
// begins to do what the runner asks for on standard input, and ends the process
// when that input does: with the runner.
func Start() (addr string) {
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			if err := obey(lines.Text()); err != nil {
				fmt.Println(err) // which the runner does not understand, and says so
			}
		}
		os.Exit(0)
	}()
	return os.Getenv("PEER_ADDR")
}

// obey does one thing: "stats" prints how much was allocated so far, "profile
// FILE" begins to write a profile of the processor's time, and "end" ends it.
func obey(line string) error {
	word, file, _ := strings.Cut(line, " ")
	switch word {
	case "stats":
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		fmt.Println(stats.Mallocs)
		return nil
	case "profile":
		out, err := os.Create(file) //nolint:gosec // the runner's choice
		if err != nil {
			return err
		}
		return pprof.StartCPUProfile(out)
	case "end":
		pprof.StopCPUProfile()
		return nil
	}
	return fmt.Errorf("app: there is no order %q", line)
}
