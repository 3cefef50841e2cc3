package account

import (
	"context"
	"time"
)

// forgetAfter is for how long a server that has died is shown.
const forgetAfter = 24 * time.Hour

// Servers are the processes that serve on the store, and those that died in the last
// day without a word, by id.
func (s *Service) Servers(ctx context.Context) ([]Server, error) {
	return view(ctx, s, func(r Reader) ([]Server, error) { return r.Servers() })
}

// NewServer is a server that has an id and the time of its start.
func (s *Service) NewServer() (Server, error) {
	now := s.now()
	id, err := s.newID()
	return Server{ID: id, Started: now, State: ServerReady}, err
}

// TellServer tells the others on the store how a server is, at this moment. It does so
// every TellServerEvery, and says with ForgetServer that it ends.
func (s *Service) TellServer(ctx context.Context, server Server) error {
	server.Heard = s.now()
	return s.upkeep(ctx, func(w Writer) error { return w.PutServer(server, server.Heard.Add(-forgetAfter)) })
}

// ForgetServer removes a server that has ended.
func (s *Service) ForgetServer(ctx context.Context, id string) error {
	return s.upkeep(ctx, func(w Writer) error { return w.RemoveServer(id) })
}
