package sqlite

import (
	"encoding/json"
	"fmt"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/auditsql"
)

// Audit implements account.AuditReader.
func (t *tx) Audit(q account.AuditQuery) ([]account.AuditRecord, error) {
	search := auditsql.Dialect{
		Mark: "?", Late: late,
		Numbers: func(query string, args ...any) ([]int64, error) { return many(t, scanned[int64], query, args...) },
		Texts:   func(query string, args ...any) ([]string, error) { return many(t, scanned[string], query, args...) },
	}
	places, err := search.Find(q)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	list, err := json.Marshal(places)
	if err != nil {
		return nil, err
	}
	return many(t, scanAudit, selectAudit+"WHERE seq IN (SELECT value FROM json_each(?))"+auditsql.Order(q.Newest), string(list))
}

// late has SQLite go by the time alone: it would take another index by itself.
func late(since, where string) string {
	return fmt.Sprintf("SELECT seq FROM (SELECT id AS found FROM audit WHERE at >= %s AND seq IS NOT NULL LIMIT %d) CROSS JOIN audit ON id = found WHERE %s", since, auditsql.Fewest, where)
}
