package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/audit"
)

// RunAudit runs the part of the suite that is about the audit trail. [Run] runs it,
// too.
func RunAudit(t *testing.T, open func(t *testing.T) account.Store) {
	for name, test := range map[string]func(*testing.T, account.Store){
		"a record is found as it was written":              testAuditFound,
		"a record of a failed update was never written":    testAuditRollback,
		"records are found by user, kind and time":         testAuditQueries,
		"records come in pages, both ways":                 testAuditPages,
		"of those who seal at once one does":               testAuditRace,
		"records are removed behind a checkpoint":          testAuditTrim,
		"an id is never given twice":                       testAuditIDs,
		"signing keys and settings leave records":          testAuditOthers,
		"a trail that others have sealed is whole":         testAuditChain,
		"what is sealed stays in its place for all to see": testAuditSealedOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// event is one of everything.
func event(n int) account.AuditEvent {
	return account.AuditEvent{
		At: day.Add(time.Duration(n) * time.Second), Kind: account.AuditUserChanged, Result: "ok", Source: "192.0.2.1", Request: fmt.Sprintf("request-%d", n), Count: int64(n),
		Actor:   account.AuditActor{Kind: "user", ID: "BY", Name: "by", Client: "c", Session: "s", Key: "k"},
		On:      account.AuditSubject{Kind: "user", ID: "ON", Name: "on ö"},
		Details: audit.MakeDetails("email", "a@example.org", "n", fmt.Sprint(n)),
	}
}

func appendAudit(t *testing.T, store account.Store, events ...account.AuditEvent) {
	t.Helper()
	update(t, store, func(w account.Writer) error { return w.AppendAudit(events...) })
}

func sealAudit(t *testing.T, store account.Store) {
	t.Helper()
	if _, err := account.NewAuditTrail(store, account.AuditKey{1}, func() time.Time { return day }).Seal(t.Context()); err != nil {
		t.Fatalf("Seal = %v", err)
	}
}

func testAuditFound(t *testing.T, store account.Store) {
	bare := account.AuditEvent{At: day, Kind: account.AuditStarted, Result: "ok"}
	appendAudit(t, store, event(1), bare)
	view(t, store, func(r account.Reader) error {
		list, err := r.UnsealedAudit(0, 10)
		if err != nil || len(list) != 2 || list[0].Event != event(1) || list[1].Event != bare || list[0].ID >= list[1].ID || list[0].Seq != 0 {
			t.Errorf("UnsealedAudit = %+v, %v", list, err)
		}
		expect(t, "AuditState", account.AuditState{})(r.AuditState())
		if sealed, err := r.Audit(account.AuditQuery{Limit: 10}); err != nil || len(sealed) != 0 {
			t.Errorf("Audit before a seal = %v, %v, want none", sealed, err)
		}
		return nil
	})
	sealAudit(t, store)
	view(t, store, func(r account.Reader) error {
		list, err := r.Audit(account.AuditQuery{Limit: 10})
		if err != nil || len(list) != 2 || list[0].Event != event(1) || list[1].Event != bare || list[0].Seq != 1 || list[1].Seq != 2 || list[0].MAC == list[1].MAC {
			t.Errorf("Audit = %+v, %v", list, err)
		}
		if state, err := r.AuditState(); err != nil || state.Seq != 2 || state.MAC != list[1].MAC || !state.At.Equal(day) {
			t.Errorf("AuditState = %+v, %v", state, err)
		}
		if left, err := r.UnsealedAudit(0, 10); err != nil || len(left) != 0 {
			t.Errorf("UnsealedAudit after the seal = %v, %v, want none", left, err)
		}
		return nil
	})
}

func testAuditRollback(t *testing.T, store account.Store) {
	oops := errors.New("oops")
	err := store.Update(t.Context(), func(w account.Writer) error { return errors.Join(w.AppendAudit(event(1)), oops) })
	if !errors.Is(err, oops) {
		t.Fatalf("Update = %v", err)
	}
	view(t, store, func(r account.Reader) error {
		if list, err := r.UnsealedAudit(0, 10); err != nil || len(list) != 0 {
			t.Errorf("UnsealedAudit = %v, %v, want none", list, err)
		}
		return nil
	})
}

// seqs are the places of what a query finds.
func seqs(t *testing.T, store account.Store, q account.AuditQuery) (out []int64) {
	t.Helper()
	view(t, store, func(r account.Reader) error {
		list, err := r.Audit(q)
		for _, one := range list {
			out = append(out, one.Seq)
		}
		return err
	})
	return out
}

func testAuditQueries(t *testing.T, store account.Store) {
	kinds := []account.AuditKind{account.AuditUserChanged, account.AuditUserRoles, account.AuditRolePut, account.AuditSignedIn}
	for n := range 8 {
		e := event(n)
		e.Kind = kinds[n%4]
		if n >= 4 {
			e.On, e.Actor = account.AuditSubject{Kind: "user", ID: "BY"}, account.AuditActor{Kind: "user", ID: "BY"}
		}
		appendAudit(t, store, e)
	}
	appendAudit(t, store, account.AuditEvent{At: day, Kind: account.AuditStarted})
	sealAudit(t, store)
	for name, test := range map[string]struct {
		query account.AuditQuery
		want  []int64
	}{
		"whom it concerns":          {account.AuditQuery{User: "ON"}, []int64{1, 2, 3, 4}},
		"who did it":                {account.AuditQuery{User: "BY"}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		"nobody":                    {account.AuditQuery{User: "NOBODY"}, nil},
		"one kind":                  {account.AuditQuery{Kind: account.AuditUserRoles}, []int64{2, 6}},
		"kinds with a beginning":    {account.AuditQuery{Kind: "user."}, []int64{1, 2, 5, 6}},
		"a kind is not a beginning": {account.AuditQuery{Kind: "user"}, nil},
		"since a time":              {account.AuditQuery{Since: day.Add(6 * time.Second)}, []int64{7, 8}},
		"until a time":              {account.AuditQuery{Until: day.Add(2 * time.Second)}, []int64{1, 2, 9}},
		"all of it":                 {account.AuditQuery{User: "BY", Kind: "user.", Since: day.Add(time.Second), Until: day.Add(5 * time.Second)}, []int64{2, 5}},
	} {
		test.query.Limit = 100
		if got := seqs(t, store, test.query); !slices.Equal(got, test.want) {
			t.Errorf("%s: Audit(%+v) = %v, want %v", name, test.query, got, test.want)
		}
	}
}

func testAuditPages(t *testing.T, store account.Store) {
	for n := range 5 {
		appendAudit(t, store, event(n))
	}
	sealAudit(t, store)
	for name, test := range map[string]struct {
		query account.AuditQuery
		want  []int64
	}{
		"from the beginning":    {account.AuditQuery{Limit: 2}, []int64{1, 2}},
		"behind one":            {account.AuditQuery{After: 3, Limit: 9}, []int64{4, 5}},
		"the newest":            {account.AuditQuery{Newest: true, Limit: 2}, []int64{5, 4}},
		"before one":            {account.AuditQuery{Newest: true, Before: 3, Limit: 9}, []int64{2, 1}},
		"between two":           {account.AuditQuery{After: 1, Before: 4, Limit: 9}, []int64{2, 3}},
		"none, if none is told": {account.AuditQuery{}, nil},
	} {
		if got := seqs(t, store, test.query); !slices.Equal(got, test.want) {
			t.Errorf("%s: Audit(%+v) = %v, want %v", name, test.query, got, test.want)
		}
	}
}

func testAuditRace(t *testing.T, store account.Store) {
	for n := range 20 {
		appendAudit(t, store, event(n))
	}
	var from account.AuditState
	var records []account.AuditRecord
	view(t, store, func(r account.Reader) (err error) {
		records, err = r.UnsealedAudit(0, 100)
		return err
	})
	to := audit.NewSealer(account.AuditKey{1}).Extend(from, records, day)
	var won atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := store.Update(t.Context(), func(w account.Writer) error {
				ok, err := w.SealAudit(from, to, slices.Clone(records))
				if err == nil && ok {
					won.Add(1)
				}
				return err
			})
			if err != nil {
				t.Errorf("Update = %v", err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("SealAudit was won %d times, want once", won.Load())
	}
	if got := seqs(t, store, account.AuditQuery{Limit: 100}); len(got) != 20 || got[19] != 20 {
		t.Errorf("the places are %v", got)
	}
}

func testAuditTrim(t *testing.T, store account.Store) {
	for n := range 5 {
		appendAudit(t, store, event(n))
	}
	sealAudit(t, store)
	trim := func(from, to account.AuditState) (won bool) {
		update(t, store, func(w account.Writer) (err error) {
			won, err = w.TrimAudit(from, to)
			return err
		})
		return won
	}
	if !trim(account.AuditState{}, account.AuditState{Start: 2, Checkpoint: "checkpoint"}) || trim(account.AuditState{}, account.AuditState{Start: 4}) {
		t.Error("TrimAudit was won by one that came late, or not by the first")
	}
	if got := seqs(t, store, account.AuditQuery{Limit: 100}); !slices.Equal(got, []int64{3, 4, 5}) {
		t.Errorf("what is left is %v, want 3 to 5", got)
	}
	appendAudit(t, store, event(9))
	sealAudit(t, store)
	view(t, store, func(r account.Reader) error {
		state, err := r.AuditState()
		if err != nil || state.Seq != 6 || state.Start != 2 || state.Checkpoint != "checkpoint" {
			t.Errorf("AuditState = %+v, %v, want the checkpoint of the trim and 6 records", state, err)
		}
		return nil
	})
}

func testAuditIDs(t *testing.T, store account.Store) {
	appendAudit(t, store, event(1), event(2))
	sealAudit(t, store)
	update(t, store, func(w account.Writer) error {
		_, err := w.TrimAudit(account.AuditState{}, account.AuditState{Start: 2, Checkpoint: "x"})
		return err
	})
	appendAudit(t, store, event(3))
	view(t, store, func(r account.Reader) error {
		list, err := r.UnsealedAudit(2, 10)
		if err != nil || len(list) != 1 {
			t.Errorf("after all records were removed the next has an id again: %+v, %v", list, err)
		}
		return nil
	})
}

// testAuditOthers is about what has no account.Writer.
func testAuditOthers(t *testing.T, store account.Store) {
	settings, ok := store.(interface {
		account.Store
		Settings
	})
	if !ok {
		t.Skip("the store has no settings")
	}
	ctx := account.WithActor(t.Context(), account.AuditActor{Kind: "cli", Name: "ann"})
	for _, choose := range []func() (string, error){
		func() (string, error) { return settings.SetOnce(ctx, "issuer", "https://a.example") },
		func() (string, error) { return settings.SetOnce(ctx, "issuer", "https://b.example") }, // too late
		func() (string, error) {
			return settings.ReplaceSetting(ctx, "issuer", "https://a.example", "https://b.example")
		},
		func() (string, error) { return settings.SetOnce(ctx, "a-key", "do not show this") },
	} {
		if _, err := choose(); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"issuer={\"value\":\"https://a.example\"}", "issuer={\"before\":\"https://a.example\",\"value\":\"https://b.example\"}", "a-key="}
	view(t, store, func(r account.Reader) error {
		list, err := r.UnsealedAudit(0, 10)
		var got []string
		for _, one := range list {
			got = append(got, one.On.ID+"="+string(one.Details))
			if one.Kind != account.AuditSettingChosen || one.Actor.Name != "ann" || one.At.IsZero() {
				t.Errorf("the record is %+v", one)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("the records are %q, want %q", got, want)
		}
		return err
	})
}

func testAuditChain(t *testing.T, store account.Store) {
	var all sync.WaitGroup
	for range 4 {
		trail := account.NewAuditTrail(store, account.AuditKey{7}, nil)
		all.Go(func() {
			for n := range 10 {
				if err := store.Update(t.Context(), func(w account.Writer) error { return w.AppendAudit(event(n)) }); err != nil {
					t.Errorf("Update = %v", err)
				}
				if _, err := trail.Seal(t.Context()); err != nil {
					t.Errorf("Seal = %v", err)
				}
			}
		})
	}
	all.Wait()
	trail := account.NewAuditTrail(store, account.AuditKey{7}, nil)
	head, err := trail.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if report, err := trail.Verify(t.Context(), head); err != nil || report.Fault != "" || report.Records != 40 || report.Unsealed != 0 {
		t.Errorf("Verify = %+v, %v, want 40 records and no fault", report, err)
	}
}

func testAuditSealedOnce(t *testing.T, store account.Store) {
	appendAudit(t, store, event(1))
	sealAudit(t, store)
	update(t, store, func(w account.Writer) error {
		state, err := w.AuditState()
		if err != nil {
			return err
		}
		list, err := w.Audit(account.AuditQuery{Limit: 1})
		if err != nil {
			return err
		}
		moved := slices.Clone(list)
		moved[0].Seq = 2
		_, err = w.SealAudit(state, account.AuditState{Seq: 2, MAC: [32]byte{2}}, moved)
		return err
	})
	if got := seqs(t, store, account.AuditQuery{Limit: 10}); !slices.Equal(got, []int64{1}) {
		t.Errorf("a record that was sealed has moved: %v", got)
	}
}
