package sqlite_test

import (
	"context"
	"database/sql/driver"
	"errors"
)

// errOutage is what the driver says when it fails in these tests.
var errOutage = errors.New("the disk is away")

// outages counts the calls of the driver, of which one fails when told to.
type outages struct {
	failAt int    // the number of the call that fails; none if 0
	calls  int    // since begin
	failed string // the call that failed; "" if it did not come to that
}

func (o *outages) begin(failAt int) { o.failAt, o.calls, o.failed = failAt, 0, "" }

// call returns the error of a call: its own, or errOutage if it is its turn.
func (o *outages) call(name string, err error) error {
	if o.calls++; o.calls == o.failAt {
		o.failed = name
		return errOutage
	}
	return err
}

// through has all connections of a connector fail when told to.
func (o *outages) through(c driver.Connector) driver.Connector { return &connector{c, o} }

type connector struct {
	driver.Connector
	o *outages
}

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{inner.(fullConn), c.o}, nil
}

// fullConn is what the driver's connections can do of what database/sql asks.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

type conn struct {
	fullConn
	o *outages
}

// BeginTx leaves no transaction behind when it fails.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	inner, err := c.fullConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := c.o.call("BEGIN", nil); err != nil {
		return nil, errors.Join(err, inner.Rollback())
	}
	return &transaction{inner, c.o}, nil
}

// ExecContext executes the statement even if it fails, as if the answer were
// lost; the others do the same.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.fullConn.ExecContext(ctx, query, args)
	return result, c.o.call(query, err)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	inner, err := c.fullConn.QueryContext(ctx, query, args)
	if err := c.o.call(query, err); err != nil {
		if inner != nil {
			err = errors.Join(err, inner.Close())
		}
		return nil, err
	}
	return &rows{inner, c.o, query}, nil
}

type transaction struct {
	driver.Tx
	o *outages
}

// Commit rolls back if it fails.
func (t *transaction) Commit() error {
	if err := t.o.call("COMMIT", nil); err != nil {
		return errors.Join(err, t.Rollback())
	}
	return t.Tx.Commit()
}

type rows struct {
	driver.Rows
	o     *outages
	query string
}

func (r *rows) Next(dest []driver.Value) error {
	return r.o.call("a row of "+r.query, r.Rows.Next(dest))
}

func (r *rows) Close() error { return r.o.call("the end of "+r.query, r.Rows.Close()) }
