package postgres

import (
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func scanServer(row scanner) (server account.Server, err error) {
	var started, heard int64
	err = row.Scan(&server.ID, &server.Host, &server.Address, &server.Build, &started, &heard, &server.State)
	server.Started, server.Heard = date(started), date(heard)
	return server, err
}

func (t *tx) Servers() ([]account.Server, error) {
	return many(t, scanServer, "SELECT id, host, address, build, started, heard, state FROM servers ORDER BY id")
}

func (t *tx) PutServer(server account.Server, forget time.Time) error {
	err := t.exec(`
		INSERT INTO servers (id, host, address, build, started, heard, state) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET host = excluded.host, address = excluded.address, build = excluded.build,
			started = excluded.started, heard = excluded.heard, state = excluded.state`,
		server.ID, server.Host, server.Address, server.Build, server.Started.UnixMilli(), server.Heard.UnixMilli(), string(server.State))
	if err != nil {
		return err
	}
	return t.exec(`
		DELETE FROM servers WHERE heard < $1 OR id NOT IN
			(SELECT id FROM servers ORDER BY heard DESC, id DESC LIMIT $2)`, forget.UnixMilli(), account.MaxServers)
}

func (t *tx) RemoveServer(id string) error { return t.exec("DELETE FROM servers WHERE id = $1", id) }
