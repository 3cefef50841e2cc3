package account

import "time"

// Server is a process that serves on a store, as it has told the others there. It is
// for people to look at: nothing is decided by it.
type Server struct {
	ID      string // chosen when it started
	Host    string // what its machine is called, as far as it knows
	Address string // where it listens
	Build   string // its version
	Started time.Time
	Heard   time.Time // when it told this
	State   ServerState
}

// ServerState is how a server is, by its own account.
type ServerState string

// The states. One that has died says nothing any more: see [Server.Silent].
const (
	ServerReady    ServerState = "ready"
	ServerDeaf     ServerState = "deaf"     // it does not hear what others change, and asks the store at every request
	ServerStopping ServerState = "stopping" // it finishes what it has accepted
)

const (
	// TellServerEvery is how often a server tells that it is there.
	TellServerEvery = 10 * time.Second

	// MaxServers is how many servers a store keeps, those heard of last.
	MaxServers = 256

	// silentAfter is three times without a word, and what clocks may differ by.
	silentAfter = 3*TellServerEvery + 5*time.Second
)

// Silent reports whether nothing was heard of the server for 35 seconds, so that it
// has died, or cannot reach the store.
func (s Server) Silent(now time.Time) bool { return now.Sub(s.Heard) > silentAfter }

// ServerReader finds servers.
type ServerReader interface {
	Servers() ([]Server, error) // by id
}

// ServerWriter keeps what servers tell of themselves.
type ServerWriter interface {
	// PutServer keeps what a server tells, in place of what it told before. Those that
	// were last heard of before a time are forgotten, and all but the MaxServers that
	// were heard of last.
	PutServer(server Server, forget time.Time) error

	RemoveServer(id string) error // one that is not there is removed already
}
