package main

import (
	"flag"
	"runtime"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/holdfast-go/holdfast/internal/pgtest"
)

// withPostgres stops the PostgreSQL that tests have started.
type withPostgres struct{ *testing.M }

func (m withPostgres) Run() int {
	// Most tests wait for other processes most of the time.
	_ = flag.Set("test.parallel", strconv.Itoa(max(3, runtime.GOMAXPROCS(0)))) // -parallel says otherwise
	return pgtest.Main(m.M)
}

// The scripts that need no file of SQLite's, with a database of PostgreSQL's each:
// nothing changes but --db.
func TestScriptsOnPostgres(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t)
	params := scripts("script")
	usual := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Setenv("HOLDFAST_DB", pgtest.Database(t))
		return usual(env)
	}
	testscript.Run(t, params)
}

// Scripts that need both kinds of database.
func TestScriptsWithPostgres(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t)
	params := scripts("postgres")
	usual := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Setenv("POSTGRES", pgtest.Database(t))
		return usual(env)
	}
	testscript.Run(t, params)
}
