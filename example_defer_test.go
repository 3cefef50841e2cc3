package holdfast_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

// ledger stands for a database's transaction.
type ledger struct{}

func (*ledger) add(n int) error {
	if n < 0 {
		return holdfast.Errorf(http.StatusConflict, "Not enough money")
	}
	return nil
}

func (*ledger) commit(context.Context) error {
	fmt.Println("commit")
	return nil
}

func (*ledger) rollback(context.Context) error {
	fmt.Println("rollback")
	return nil
}

// begin begins a transaction that ends with the request, before the response is
// sent: a commit that fails is what the caller is told.
func begin(ctx context.Context) (*ledger, error) {
	tx := &ledger{}
	holdfast.Defer(ctx, func(ctx context.Context, err error) error {
		if err != nil {
			return tx.rollback(ctx) // nil keeps the error
		}
		return tx.commit(ctx)
	})
	return tx, nil
}

type payment struct {
	Amount int `query:"amount" required:"true"`
}

// A transaction is a dependency of the handler. It begins when the caller may
// call and the input was read, and its end is deferred.
func ExampleDefer() {
	caller := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) { return token, nil })

	app := holdfast.New("Bank", "1.0.0")
	pay := func(_ context.Context, who string, tx *ledger, in payment) (string, error) {
		return who + " has paid", tx.add(in.Amount)
	}
	app.Handle("POST /payments", holdfast.To1(holdfast.Security(caller), holdfast.Depends0(begin), pay))

	fmt.Println(call(app, "POST", "/payments?amount=5", "alice"))
	fmt.Println(call(app, "POST", "/payments?amount=-5", "alice"))
	fmt.Println(call(app, "POST", "/payments?amount=5", ""))
	// Output:
	// commit
	// 200 "alice has paid"
	// rollback
	// 409 {"detail":"Not enough money"}
	// 401 {"detail":"Not authenticated"}
}
