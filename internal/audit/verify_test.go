package audit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// trail is a store of records.
type trail struct {
	state   State
	records []Record
	waiting int64
}

func (t *trail) State() (State, int64, error) {
	i := slices.IndexFunc(t.records, func(r Record) bool { return r.Seq > t.state.Seq || r.Seq <= t.state.Start })
	if i < 0 {
		return t.state, 0, nil
	}
	return t.state, t.records[i].Seq, nil
}

func (t *trail) After(seq int64, limit int) (out []Record, err error) {
	for _, r := range t.records {
		if r.Seq > seq && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

func (t *trail) Unsealed() (int64, error) { return t.waiting, nil }

func (t *trail) clone() *trail {
	return &trail{t.state, slices.Clone(t.records), t.waiting}
}

var day = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// record is one of everything.
func record(n int64) Record {
	return Record{ID: n, Event: Event{
		At: day.Add(time.Duration(n) * time.Second), Kind: "user.changed", Source: "192.0.2.1", Result: "ok", Request: "R", Count: n,
		Actor: Actor{"user", "BY", "by", "client", "session", "key"}, On: Subject{"user", "ON", "on"}, Details: MakeDetails("roles", "admin"),
	}}
}

// sealed is a chain of n records of a key.
func sealed(s *Sealer, n int64) *trail {
	t := &trail{}
	for i := range n {
		t.records = append(t.records, record(i+1))
	}
	t.state = s.Extend(State{}, t.records, day)
	return t
}

// texts are the texts of a record.
func texts(r *Record) []*string {
	return []*string{
		(*string)(&r.Kind), &r.Actor.Kind, &r.Actor.ID, &r.Actor.Name, &r.Actor.Client, &r.Actor.Session, &r.Actor.Key,
		&r.On.Kind, &r.On.ID, &r.On.Name, &r.Source, &r.Result, &r.Request, (*string)(&r.Details),
	}
}

// A manipulation changes a trail in a random way, as somebody can who has the store
// and not the key.
var manipulations = map[string]func(*trail, *rand.Rand){
	"a byte of a text is another": func(t *trail, r *rand.Rand) {
		all := texts(&t.records[r.IntN(len(t.records))])
		text := all[r.IntN(len(all))]
		b := []byte(*text)
		b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		*text = string(b)
	},
	"a text goes into its neighbour": func(t *trail, r *rand.Rand) {
		all := texts(&t.records[r.IntN(len(t.records))])
		i := r.IntN(len(all) - 1)
		a, b := *all[i], *all[i+1]
		*all[i], *all[i+1] = a+b[:1], b[1:]
	},
	"a number is another": func(t *trail, r *rand.Rand) {
		one := &t.records[r.IntN(len(t.records))]
		switch by := 1 + r.Int64N(1000); r.IntN(4) {
		case 0:
			one.ID += by
		case 1:
			one.Seq += by
		case 2:
			one.Count += by
		default:
			one.At = one.At.Add(time.Duration(by) * time.Millisecond)
		}
	},
	"a bit of a MAC is another": func(t *trail, r *rand.Rand) {
		t.records[r.IntN(len(t.records))].MAC[r.IntN(32)] ^= 1 << r.IntN(8)
	},
	"a record is gone": func(t *trail, r *rand.Rand) {
		i := r.IntN(len(t.records))
		t.records = slices.Delete(t.records, i, i+1)
	},
	"a record is gone, and those behind it move up": func(t *trail, r *rand.Rand) {
		i := r.IntN(len(t.records))
		t.records = slices.Delete(t.records, i, i+1)
		for ; i < len(t.records); i++ {
			t.records[i].Seq--
		}
		t.state.Seq--
	},
	"two records change places": func(t *trail, r *rand.Rand) {
		i := r.IntN(len(t.records) - 1)
		a, b := &t.records[i], &t.records[i+1]
		a.Event, b.Event = b.Event, a.Event
	},
	"the beginning is cut off": func(t *trail, r *rand.Rand) {
		n := 1 + r.IntN(len(t.records)-1)
		t.records = t.records[n:]
		t.state.Start = int64(n)
	},
	"the end is cut off": func(t *trail, r *rand.Rand) {
		n := r.IntN(len(t.records))
		t.records = t.records[:n]
	},
	"the end is cut off, and the state says so": func(t *trail, r *rand.Rand) {
		n := 1 + r.IntN(len(t.records)-1)
		t.records = t.records[:n]
		t.state.Seq, t.state.MAC = int64(n), t.records[n-1].MAC
	},
	"all is gone": func(t *trail, _ *rand.Rand) { *t = trail{} },
	"the end is as an older copy had it": func(t *trail, r *rand.Rand) {
		*t = *sealed(NewSealer(Key{1}), 1+r.Int64N(int64(len(t.records)-1)))
	},
	"all is written again with another key": func(t *trail, r *rand.Rand) {
		other := NewSealer(Key{byte(2 + r.IntN(200))})
		t.records[r.IntN(len(t.records))].On.ID = "OTHER"
		t.state = other.Extend(State{}, t.records, day)
	},
	"all is written again with the key itself": func(t *trail, r *rand.Rand) {
		t.records[r.IntN(len(t.records))].On.ID = "OTHER"
		t.state = NewSealer(Key{1}).Extend(State{}, t.records, day)
	},
	"a bit of the state is another": func(t *trail, r *rand.Rand) {
		switch r.IntN(4) {
		case 0:
			t.state.Seq ^= 1 << r.IntN(20)
		case 1:
			t.state.MAC[r.IntN(32)] ^= 1 << r.IntN(8)
		case 2:
			t.state.Tag[r.IntN(32)] ^= 1 << r.IntN(8)
		default:
			t.state.At = t.state.At.Add(time.Millisecond)
		}
	},
	"records are put behind the end": func(t *trail, _ *rand.Rand) {
		one := record(99)
		one.Seq = t.state.Seq + 1
		one.MAC = NewSealer(Key{9}).Link(t.state.MAC, one)
		t.records = append(t.records, one)
	},
}

// 10,000 of 10,000 are found, with a head that was kept elsewhere.
func TestManipulationsAreFound(t *testing.T) {
	t.Parallel()
	s := NewSealer(Key{1})
	whole := sealed(s, 12)
	head := s.SignHead(whole.state)
	if report, err := s.Verify(whole, head); err != nil || report.Fault != "" || report.Records != 12 || report.Head != 12 {
		t.Fatalf("Verify of a whole trail = %+v, %v", report, err)
	}
	names := make([]string, 0, len(manipulations))
	for name := range manipulations {
		names = append(names, name)
	}
	slices.Sort(names)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	const tries = 10_000
	found := 0
	for i := range tries {
		name := names[i%len(names)]
		changed := whole.clone()
		manipulations[name](changed, random)
		report, err := s.Verify(changed, head)
		if err != nil || report.Fault == "" {
			t.Fatalf("%s (try %d) is not found: %+v, %v", name, i, report, err)
		}
		found++
	}
	t.Logf("%d of %d manipulations of %d kinds were found", found, tries, len(names))
}

// What is found without a head, and what only a head finds, as docs/audit.md says.
func TestWithoutAHead(t *testing.T) {
	t.Parallel()
	s, random := NewSealer(Key{1}), rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same each time
	needsHead := []string{"all is gone", "the end is as an older copy had it", "all is written again with the key itself"}
	for name, manipulate := range manipulations {
		changed := sealed(s, 12)
		manipulate(changed, random)
		report, err := s.Verify(changed, "")
		if found := report.Fault != ""; err != nil || found == slices.Contains(needsHead, name) {
			t.Errorf("%s: without a head %+v, %v", name, report, err)
		}
	}
}

// trimmed is a trail whose first n records were removed in good order.
func trimmed(s *Sealer, t *trail, n int64) *trail {
	out := t.clone()
	out.state.Start, out.state.Checkpoint = n, s.SignCheckpoint(t.records[n-1], day)
	out.records = out.records[n:]
	return out
}

func TestCheckpoints(t *testing.T) {
	t.Parallel()
	s := NewSealer(Key{1})
	whole := sealed(s, 9)
	other := sealed(s, 9)
	other.records[0].On.ID = "OTHER"
	other.state = s.Extend(State{}, other.records, day)
	for name, test := range map[string]struct {
		trail *trail
		head  string
		fault string
	}{
		"a checkpoint":                        {trimmed(s, whole, 4), s.SignHead(whole.state), ""},
		"a checkpoint of all":                 {trimmed(s, whole, 9), s.SignHead(whole.state), ""},
		"without a head":                      {trimmed(s, whole, 4), "", ""},
		"a head of the checkpoint":            {trimmed(s, whole, 4), s.SignHead(sealed(s, 4).state), ""},
		"a head that is older":                {trimmed(s, whole, 4), s.SignHead(sealed(s, 3).state), "older than all"},
		"a checkpoint of another chain":       {trimmed(s, other, 9), s.SignHead(whole.state), "not of the chain"},
		"a checkpoint that nobody has signed": {&trail{state: func() State { s := whole.state; s.Start = 4; return s }(), records: whole.records[4:]}, "", "not signed"},
		"a head in place of a checkpoint": {func() *trail {
			out := trimmed(s, whole, 4)
			out.state.Checkpoint = s.SignHead(sealed(s, 4).state)
			return out
		}(), "", "not signed"},
		"a checkpoint in place of a head": {whole, s.SignCheckpoint(whole.records[8], day), "cannot be compared"},
		"a head of another key":           {whole, NewSealer(Key{2}).SignHead(whole.state), "cannot be compared"},
		"a head of later":                 {sealed(s, 5), s.SignHead(whole.state), "cut off"},
	} {
		report, err := s.Verify(test.trail, test.head)
		if err != nil || (test.fault == "") != (report.Fault == "") || !strings.Contains(report.Fault, test.fault) {
			t.Errorf("%s: Verify = %+v, %v, want the fault %q", name, report, err, test.fault)
		}
	}
}

// Records that are removed while somebody verifies are no fault.
func TestATrimWhileVerifying(t *testing.T) {
	t.Parallel()
	s := NewSealer(Key{1})
	whole := sealed(s, verifyPage+10)
	moving := &meanwhile{trail: whole, then: trimmed(s, whole, verifyPage+5)}
	if report, err := s.Verify(moving, ""); err != nil || report.Fault != "" || report.To != verifyPage+10 {
		t.Errorf("Verify = %+v, %v", report, err)
	}
}

// meanwhile is a trail that changes after the first page.
type meanwhile struct {
	*trail
	then *trail
}

func (m *meanwhile) After(seq int64, limit int) ([]Record, error) {
	page, err := m.trail.After(seq, limit)
	m.trail = m.then
	return page, err
}

func TestHeadsAreStrict(t *testing.T) {
	t.Parallel()
	s := NewSealer(Key{1})
	head := s.SignHead(sealed(s, 3).state)
	if got, err := s.ReadHead(head); err != nil || got.Seq != 3 || got.Kept != 3 || !got.At.Equal(day) {
		t.Errorf("ReadHead = %+v, %v", got, err)
	}
	for i := range head {
		changed := head[:i] + string(rune(head[i]^1)) + head[i+1:]
		if _, err := s.ReadHead(changed); err == nil {
			t.Errorf("a head with another byte at %d is read", i)
		}
	}
	for _, text := range []string{"", ".", "..", head + "=", head + "\n", strings.Repeat("a", 2000)} {
		if _, err := s.ReadHead(text); err == nil {
			t.Errorf("%q is read as a head", text)
		}
	}
}

func TestDetailsAreBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pairs []string
		want  string
	}{
		"none":                {nil, ""},
		"empty values":        {[]string{"a", ""}, ""},
		"sorted":              {[]string{"b", "2", "a", "1"}, `{"a":"1","b":"2"}`},
		"not printable":       {[]string{"a", "x\x00\n\u202ey"}, `{"a":"xy"}`},
		"a name without more": {[]string{"a"}, ""},
	} {
		if got := MakeDetails(test.pairs...); string(got) != test.want {
			t.Errorf("%s: MakeDetails(%q) = %s, want %s", name, test.pairs, got, test.want)
		}
	}
	long := MakeDetails("a", strings.Repeat("é", maxDetail)).Get("a")
	if len(long) > maxDetail || !strings.HasSuffix(long, "…") || strings.ContainsRune(long, '\uFFFD') {
		t.Errorf("a long detail is %d bytes: …%q", len(long), long[len(long)-9:])
	}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprint("name", i), strings.Repeat("x", 500))
	}
	if got := MakeDetails(many...); len(got) > 2*maxDetails {
		t.Errorf("details have %d bytes", len(got))
	}
}

func TestAKeyDoesNotPrint(t *testing.T) {
	t.Parallel()
	key := Key{0xAB, 0xCD}
	for _, format := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
		if got := fmt.Sprintf(format, key); got != "[secret]" {
			t.Errorf("%s of a key = %q", format, got)
		}
	}
}

// withoutBeginning is a chain of n records whose beginning was removed in good order.
func withoutBeginning(s *Sealer, n, start int64) *trail {
	t := sealed(s, n)
	t.state.Start, t.state.Checkpoint = start, s.SignCheckpoint(t.records[start-1], day)
	t.records = t.records[start:]
	return t
}

// What was removed in good order comes back in no form, and its checkpoint covers
// nothing but that.
func TestWhatLiesBeforeTheBeginningIsFound(t *testing.T) {
	t.Parallel()
	const n, start = 20, 8
	s := NewSealer(Key{1})
	if report, err := s.Verify(withoutBeginning(s, n, start), ""); err != nil || report.Fault != "" || report.Records != n-start {
		t.Fatalf("untouched: %+v, %v", report, err)
	}
	for name, change := range map[string]func(*trail){
		"a forged record has the place of one that was removed": func(t *trail) {
			r := record(3)
			r.Seq, r.On.ID = 3, "FORGED"
			t.records = append([]Record{r}, t.records...)
		},
		"a removed record is back as it was": func(t *trail) {
			t.records = append(sealed(s, n).records[start-1:start], t.records...)
		},
		"all is gone but the checkpoint": func(t *trail) {
			t.records, t.state = nil, State{Start: t.state.Start, Checkpoint: t.state.Checkpoint}
		},
		"all is gone, and the end is as an older copy had it": func(t *trail) {
			older := sealed(s, start-2).state
			older.Start, older.Checkpoint = t.state.Start, t.state.Checkpoint
			t.records, t.state = nil, older
		},
		"the checkpoint is an older one": func(t *trail) {
			old := withoutBeginning(s, n, start-3).state
			t.state.Start, t.state.Checkpoint = old.Start, old.Checkpoint
		},
		"the beginning is before all": func(t *trail) { t.state.Start = -1 },
	} {
		tampered := withoutBeginning(s, n, start)
		change(tampered)
		if report, err := s.Verify(tampered, ""); err != nil || report.Fault == "" {
			t.Errorf("%s: Verify = %+v, %v, want a fault", name, report, err)
		}
	}
}

// Records are removed only as they were sealed, one behind the other from the
// beginning on.
func TestWhatIsRemovedIsVerified(t *testing.T) {
	t.Parallel()
	s := NewSealer(Key{1})
	for name, test := range map[string]struct {
		change func(state *State, records []Record)
		want   string
	}{
		"as they were sealed":              {func(*State, []Record) {}, ""},
		"one that was made to look old":    {func(_ *State, r []Record) { r[2].At = day.AddDate(-9, 0, 0) }, "record 11 is not what was sealed"},
		"one that is not there":            {func(_ *State, r []Record) { copy(r[1:], r[2:]) }, "record 10 is not there"},
		"behind a checkpoint of nobody":    {func(state *State, _ []Record) { state.Checkpoint += "x" }, "checkpoint"},
		"behind a state of nobody":         {func(state *State, _ []Record) { state.Tag[0]++ }, "not written with this key"},
		"of a chain that ends before them": {func(state *State, _ []Record) { *state = withoutBeginning(s, 9, 8).state }, "behind the end"},
	} {
		chain := withoutBeginning(s, 20, 8)
		test.change(&chain.state, chain.records)
		if got := s.Follow(chain.state, chain.records[:4]); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: Follow = %q, want %q", name, got, test.want)
		}
	}
}

// Nothing in a record is what a terminal or a reader of lines takes for more than a
// text.
func TestTextsOfARecordArePrintable(t *testing.T) {
	t.Parallel()
	e := record(1).Event
	for _, text := range []*string{&e.Actor.Name, &e.On.ID, &e.On.Name, &e.Source, &e.Request} {
		*text = "a\x1b[2J\n\x00\u009b\u202eb"
	}
	e = e.Bounded()
	for _, text := range []string{e.Actor.Name, e.On.ID, e.On.Name, e.Source, e.Request} {
		if text != "a[2Jb" {
			t.Errorf("a text is recorded as %q", text)
		}
	}
}
