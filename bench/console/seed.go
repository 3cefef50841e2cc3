package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// dialect is what SQLite and PostgreSQL say differently.
type dialect struct {
	driver  string
	series  string // numbers from 1 to MOST, as rows of a column i
	id      string // of the user of the number N: 26 digits
	name    string // likewise
	bytes   string // 32 of them, of no meaning
	indexes string // names and statements of those of the table of records
}

var (
	ofSQLite = dialect{
		driver: "sqlite",
		series: "(WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < MOST) SELECT i FROM c) AS n",
		id:     "printf('%026d', N)", name: "printf('u%08d', N)", bytes: "randomblob(32)",
		indexes: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'audit' AND sql IS NOT NULL",
	}
	ofPostgres = dialect{
		driver: "pgx",
		series: "generate_series(1, MOST) AS n (i)",
		id:     "lpad((N)::text, 26, '0')", name: "'u' || lpad((N)::text, 8, '0')", bytes: "decode(md5(random()::text) || md5(random()::text), 'hex')",
		indexes: "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'audit' AND indexname <> 'audit_pkey'",
	}
)

// sql is a statement with what the dialect says in the places of its names: ID and
// NAME are those of the user whose row it is, WHO and CALLED those of the user whose
// turn it is.
func (d dialect) sql(text string, most int) string {
	of := func(expression, n string) string { return strings.ReplaceAll(expression, "N", n) }
	turn := "(i % " + strconv.Itoa(*users) + " + 1)"
	now := time.Now().UnixMilli()
	return strings.NewReplacer(
		"SERIES", strings.ReplaceAll(d.series, "MOST", strconv.Itoa(most)), "BYTES", d.bytes,
		"ID", of(d.id, "i"), "NAME", of(d.name, "i"), "WHO", of(d.id, turn), "CALLED", of(d.name, turn),
		"BEGUN", strconv.FormatInt(now-int64(most)*1000, 10), "LATER", strconv.FormatInt(now+1e9, 10),
	).Replace(text)
}

// people are users: one in a hundred is disabled, and one a manager; every
// second has a session.
var people = []string{
	"INSERT INTO users (id, name, email, disabled, created) SELECT ID, NAME, NAME || '@example.org', i % 100 = 0, BEGUN + i FROM SERIES",
	"INSERT INTO user_roles (user_id, role, user_name) SELECT ID, 'user', NAME FROM SERIES",
	"INSERT INTO user_roles (user_id, role, user_name) SELECT ID, 'manager', NAME FROM SERIES WHERE i % 100 = 3",
	`INSERT INTO sessions (id, user_id, scopes, created, expires, handle, token_hash, last_used, device, address)
		SELECT ID, ID, 'me', BEGUN + i, LATER, ID, BYTES, BEGUN + i, 'Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0', '192.0.2.7' FROM SERIES WHERE i % 2 = 0`,
}

// trail is a record of each second. Most are of a refresh, one in a hundred thousand
// is of a role that is gone, and one in 25 is what root has done. Places begin where
// the chain of the program does not come.
const trail = `INSERT INTO audit (id, seq, mac, at, kind, actor_kind, actor_id, actor_name, actor_client, actor_session, actor_key,
	on_kind, on_id, on_name, source, result, request, count, details)
	SELECT 1000000000 + i, 1000000000 + i, BYTES, BEGUN + i * CAST(1000 AS bigint),
	CASE WHEN i % 100000 = 7 THEN 'role.removed' WHEN i % 100 = 1 THEN 'user.created' WHEN i % 100 < 6 THEN 'user.changed'
	WHEN i % 100 < 16 THEN 'code.redeemed' WHEN i % 100 < 36 THEN 'signed_in' ELSE 'token.refreshed' END,
	'user', CASE WHEN i % 25 = 0 THEN (SELECT id FROM users WHERE name = 'root') ELSE WHO END, CASE WHEN i % 25 = 0 THEN 'root' ELSE CALLED END, 'till', '', '',
	'user', WHO, CALLED, '192.0.2.7', 'ok', '', 0, '{"scopes":"me"}' FROM SERIES`

// seed fills a store whose tables are there, in some minutes. What is written is not
// synced.
func seed(ctx context.Context, at string) (err error) {
	d := ofPostgres
	if !isPostgres(at) {
		d, at = ofSQLite, "file:"+at+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=cache_size(-400000)&_pragma=busy_timeout(60000)"
	}
	db, err := sql.Open(d.driver, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	for _, text := range people {
		if err := step(ctx, db, d.sql(text, *users)); err != nil {
			return err
		}
	}
	indexes, err := indexesOf(ctx, db, d)
	if err != nil {
		return err
	}
	for name := range indexes {
		if err := step(ctx, db, "DROP INDEX "+name); err != nil {
			return err
		}
	}
	if err := step(ctx, db, d.sql(trail, *records)); err != nil {
		return err
	}
	for _, text := range indexes {
		if err := step(ctx, db, text); err != nil {
			return err
		}
	}
	if isPostgres(at) {
		return step(ctx, db, "VACUUM ANALYZE")
	}
	return nil
}

// indexesOf are the statements that make the indexes again, which is faster than to
// keep them while rows are added.
func indexesOf(ctx context.Context, db *sql.DB, d dialect) (_ map[string]string, err error) {
	rows, err := db.QueryContext(ctx, d.indexes)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, rows.Err()
}

// step runs a statement and says how long it took.
func step(ctx context.Context, db *sql.DB, text string) error {
	began := time.Now()
	if _, err := db.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("%.200s: %w", text, err)
	}
	fmt.Printf("%8.1f s  %.60s\n", time.Since(began).Seconds(), strings.Join(strings.Fields(text), " "))
	return nil
}
