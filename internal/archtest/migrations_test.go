package archtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// firstShared is the first migration that is run while servers of the version before
// serve. Those before it were made when there was no version yet.
const firstShared = 56

// Migrations from firstShared on leave to servers of the version before what these read
// and write, and keep none of them waiting: docs/running-several.md promises it. One that
// cannot says so in a line "-- alone: why", and that page names its number.
func TestMigrationsLeaveTheTablesToServersOfBefore(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "running-several.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, store := range []string{"sqlite", "postgres"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "store", store, "migrations", "*.sql"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			seen++
			number, err := strconv.Atoi(filepath.Base(file)[:5])
			if err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case number < firstShared:
			case regexp.MustCompile(`(?m)^-- alone: .+`).Match(content):
				if !strings.Contains(string(page), fmt.Sprintf("migration %d runs alone", number)) {
					t.Errorf("%s is to run alone, and docs/running-several.md does not say so: \"migration %d runs alone\"", file, number)
				}
			default:
				for _, fault := range destructive(store, string(content)) {
					t.Errorf("%s: %s", file, fault)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("there are %d migrations: they are not read", seen)
	}
}

var (
	comment = regexp.MustCompile(`--[^\n]*`)
	text    = regexp.MustCompile(`'(?:[^']|'')*'|(?s:\$\$.*?\$\$)`)
	space   = regexp.MustCompile(`\s+`)
	created = regexp.MustCompile(`(?i)^CREATE TABLE (?:IF NOT EXISTS )?(\w+)`)
	index   = regexp.MustCompile(`(?i)^CREATE (UNIQUE )?INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?(\w+) ON (\w+)`)
	dropped = regexp.MustCompile(`(?i)^DROP INDEX CONCURRENTLY IF EXISTS (\w+)$`)
	column  = regexp.MustCompile(`(?i)^ALTER TABLE (\w+) ADD COLUMN (?:IF NOT EXISTS )?\w+ ([^,]+)$`)
	insert  = regexp.MustCompile(`(?i)^INSERT INTO (\w+)`)
	harm    = regexp.MustCompile(`(?i)^CREATE (SEQUENCE|VIEW) |^CREATE (OR REPLACE )?FUNCTION |^CREATE (CONSTRAINT )?TRIGGER `)
)

// destructive returns the statements of a migration that are none of those which a
// server of the version before can live with.
func destructive(store, migration string) (faults []string) {
	alone := strings.Contains(migration, "-- +goose NO TRANSACTION")
	bare := text.ReplaceAllString(comment.ReplaceAllString(migration, ""), "''")
	var fresh []string // tables that are new here, and indexes that are not there
	for statement := range strings.SplitSeq(bare, ";") {
		one := strings.TrimSpace(space.ReplaceAllString(statement, " "))
		if one == "" {
			continue
		}
		if m := created.FindStringSubmatch(one); m != nil {
			fresh = append(fresh, m[1])
			continue
		}
		if m := dropped.FindStringSubmatch(one); m != nil && alone {
			fresh = append(fresh, m[1])
			continue
		}
		if why := unfit(store, one, fresh, alone); why != "" {
			faults = append(faults, fmt.Sprintf("%s: %.60s", why, one))
		}
	}
	return faults
}

// unfit says why a statement is nothing for a database that others use.
func unfit(store, one string, fresh []string, alone bool) string {
	if m := index.FindStringSubmatch(one); m != nil {
		switch {
		case slices.Contains(fresh, m[4]):
			return ""
		case m[1] != "":
			return "a unique index refuses what servers of before write"
		case store == "postgres" && (m[2] == "" || !alone):
			return "an index keeps all who write waiting, unless it is made CONCURRENTLY in a migration with NO TRANSACTION"
		case store == "postgres" && !slices.Contains(fresh, m[3]):
			return "an index that was begun is left when a server dies: DROP INDEX CONCURRENTLY IF EXISTS comes before it"
		}
		return ""
	}
	if m := column.FindStringSubmatch(one); m != nil {
		rest := strings.ToUpper(m[2])
		switch {
		case strings.Contains(rest, "NOT NULL") && !strings.Contains(rest, "DEFAULT"):
			return "a column without a default cannot be written by servers of before"
		case regexp.MustCompile(`\b(REFERENCES|UNIQUE|CHECK|PRIMARY KEY|GENERATED)\b|DEFAULT [^']*\(`).MatchString(rest):
			return "a column with a rule refuses what servers of before write, or rewrites the table"
		}
		return ""
	}
	if m := insert.FindStringSubmatch(one); m != nil || harm.MatchString(one) {
		return ""
	}
	return "it changes or takes away what servers of before use, or locks it for long"
}

func TestWhatAMigrationMayDo(t *testing.T) {
	t.Parallel()
	const none = "-- +goose NO TRANSACTION\n-- +goose Up\n"
	for name, test := range map[string]struct {
		store, text string
		want        int
	}{
		"a table, and an index on it":             {"postgres", "-- +goose Up\nCREATE TABLE a (b text UNIQUE);\nCREATE UNIQUE INDEX a_b ON a (b);", 0},
		"a column with a constant":                {"postgres", "ALTER TABLE users ADD COLUMN a text COLLATE \"C\" NOT NULL DEFAULT '';", 0},
		"a column that may be null":               {"sqlite", "ALTER TABLE users ADD COLUMN a INTEGER;", 0},
		"a column that must be written":           {"postgres", "ALTER TABLE users ADD COLUMN a bigint NOT NULL;", 1},
		"a column that is computed for each row":  {"postgres", "ALTER TABLE users ADD COLUMN a bigint NOT NULL DEFAULT nextval('x');", 1},
		"a column that refers to others":          {"postgres", "ALTER TABLE users ADD COLUMN a text REFERENCES roles (name);", 1},
		"two columns, one of which must be there": {"postgres", "ALTER TABLE users ADD COLUMN a bigint, ADD COLUMN b bigint NOT NULL;", 1},
		"an index that locks":                     {"postgres", "CREATE INDEX a ON users (name);", 1},
		"an index that is made beside":            {"postgres", none + "DROP INDEX CONCURRENTLY IF EXISTS a;\nCREATE INDEX CONCURRENTLY a ON users (name);", 0},
		"an index that may be there in part":      {"postgres", none + "CREATE INDEX CONCURRENTLY a ON users (name);", 1},
		"an index beside, in a transaction":       {"postgres", "CREATE INDEX CONCURRENTLY a ON users (name);", 1},
		"an index of SQLite":                      {"sqlite", "CREATE INDEX a ON users (name);", 0},
		"a unique index":                          {"sqlite", "CREATE UNIQUE INDEX a ON users (name);", 1},
		"a table that goes":                       {"sqlite", "DROP TABLE setup;", 1},
		"a column that goes":                      {"postgres", "ALTER TABLE users DROP COLUMN email;", 1},
		"another name":                            {"sqlite", "ALTER TABLE users RENAME COLUMN email TO mail;", 1},
		"another type":                            {"postgres", "ALTER TABLE users ALTER COLUMN created TYPE text;", 1},
		"every row":                               {"postgres", "UPDATE users SET email = '';", 1},
		"rows that go":                            {"sqlite", "DELETE FROM sessions;", 1},
		"what only looks like one: a comment":     {"sqlite", "-- DROP TABLE users;\nCREATE TABLE a (b text);", 0},
		"what only looks like one: a text":        {"sqlite", "INSERT INTO settings VALUES ('a; DROP TABLE users; ''b');", 0},
		"a function with a body, and its trigger": {"postgres", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE a SET b = 1; RETURN new; END $$;\nCREATE TRIGGER t AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();", 0},
		"an index that goes, while others wait":   {"postgres", "DROP INDEX a;", 1},
		"an index that goes, and nobody waits":    {"postgres", none + "DROP INDEX CONCURRENTLY IF EXISTS a;", 0},
		"a lock":                                  {"postgres", "LOCK TABLE users;", 1},
		"small letters, on several lines":         {"postgres", "drop\n  table\n users;", 1},
	} {
		if got := destructive(test.store, test.text); len(got) != test.want {
			t.Errorf("%s: %q, want %d faults", name, got, test.want)
		}
	}
}
