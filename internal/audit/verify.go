package audit

import (
	"fmt"
)

// Source is a trail to be verified. What it returns may grow from call to call.
type Source interface {
	// State returns where the chain stands, and the place of a record that is behind
	// its end or before its beginning, 0 if there is none, in one picture of the store.
	State() (state State, stray int64, err error)

	// After returns at most limit records behind one, in the order of their places.
	After(seq int64, limit int) ([]Record, error)

	// Unsealed counts the records that have no place yet.
	Unsealed() (int64, error)
}

// Report is what was found.
type Report struct {
	Records  int64  `json:"records"`            // that were verified
	From     int64  `json:"from"`               // the place of the first; those before it were removed in good order
	To       int64  `json:"to"`                 // the place of the last
	Unsealed int64  `json:"unsealed"`           // records that nothing proves yet
	Head     int64  `json:"head,omitempty"`     // the place of the head that it was compared with
	Fault    string `json:"fault,omitempty"`    // the first fault; "" if there is none
	FaultAt  int64  `json:"fault_at,omitempty"` // its place
}

func (r Report) fault(at int64, format string, args ...any) Report {
	r.Fault, r.FaultAt = fmt.Sprintf(format, args...), at
	return r
}

const verifyPage = 1000

// Verify walks over a trail and compares it with a head that was kept elsewhere, if
// that is not empty. A fault is in the report; the error is about the store.
func (s *Sealer) Verify(src Source, head string) (report Report, err error) {
	state, stray, err := src.State()
	if err != nil {
		return report, err
	}
	if report.Unsealed, err = src.Unsealed(); err != nil {
		return report, err
	}
	w := &walk{s: s, src: src, end: state.Seq}
	switch {
	case !s.Genuine(state):
		return report.fault(state.Seq, "the row that says how far the chain goes was not written with this key"), nil
	case stray > state.Seq:
		return report.fault(stray, "there are records behind the end of the chain"), nil
	case stray != 0:
		return report.fault(stray, "there are records of what was removed, which nothing proves"), nil
	}
	if head != "" {
		if w.head, err = s.ReadHead(head); err != nil {
			return report.fault(0, "the head cannot be compared: %v", err), nil
		}
		report.Head, w.compare = w.head.Seq, true
		if w.head.Seq > state.Seq {
			return report.fault(state.Seq+1, "the chain ends at %d, and the head is of %d: the end was cut off", state.Seq, w.head.Seq), nil
		}
	}
	if fault, ok := w.start(state); !ok {
		return report.fault(state.Start, "%s", fault), nil
	}
	return w.walk(report, state)
}

// walk is a verification in progress.
type walk struct {
	s       *Sealer
	src     Source
	end     int64    // the last place
	at      int64    // the place up to which all was found right
	mac     [32]byte // of that record
	head    Head
	compare bool
}

// start begins behind the checkpoint, if there is one.
func (w *walk) start(state State) (fault string, ok bool) {
	w.at, w.mac = state.Start, [32]byte{}
	if state.Start != 0 || state.Checkpoint != "" {
		point, err := w.s.ReadCheckpoint(state.Checkpoint)
		mac, whole := point.Bytes()
		if err != nil || !whole || point.Seq != state.Start {
			return "the checkpoint of what was removed was not signed with this key", false
		}
		w.mac = mac
	}
	if w.compare && w.head.Seq < w.at {
		return "the head is older than all that is kept, so nothing can be compared with it: take one that is newer", false
	}
	if w.compare && w.head.Seq == w.at && w.at > 0 && !w.head.Is(w.mac) {
		return "the checkpoint is not of the chain that the head was taken of", false
	}
	return "", true
}

// Follow says what is wrong with the records at the beginning of a chain, "" if
// nothing is: what is removed in good order is verified before, or somebody who has
// the store and not the key could have records removed by making them look old.
func (s *Sealer) Follow(state State, records []Record) (fault string) {
	if !s.Genuine(state) {
		return "the row that says how far the chain goes was not written with this key"
	}
	w := &walk{s: s}
	if fault, ok := w.start(state); !ok {
		return fault
	}
	for _, r := range records {
		if fault := w.next(r); fault != "" {
			return fault
		}
	}
	if w.at > state.Seq {
		return "there are records behind the end of the chain"
	}
	return ""
}

func (w *walk) walk(report Report, state State) (Report, error) {
	report.From = w.at + 1
	for w.at < w.end {
		page, err := w.src.After(w.at, int(min(verifyPage, w.end-w.at)))
		if err != nil {
			return report, err
		}
		if len(page) == 0 || page[0].Seq != w.at+1 {
			moved, err := w.moved()
			if err != nil {
				return report, err
			}
			if moved {
				continue
			}
			return w.done(report).fault(w.at+1, "record %d is not there", w.at+1), nil
		}
		for _, r := range page {
			if fault := w.next(r); fault != "" {
				return w.done(report).fault(w.at+1, "%s", fault), nil
			}
			report.Records++
		}
	}
	report = w.done(report)
	if w.at == state.Seq && w.mac != state.MAC {
		return report.fault(w.at, "record %d is not the one at which the chain ends", w.at), nil
	}
	return report, nil
}

func (w *walk) done(report Report) Report {
	report.To = w.at
	return report
}

// next verifies the next record.
func (w *walk) next(r Record) (fault string) {
	switch {
	case r.Seq != w.at+1:
		return fmt.Sprintf("record %d is not there", w.at+1)
	case w.s.Link(w.mac, r) != r.MAC:
		return fmt.Sprintf("record %d is not what was sealed: it was changed, or one before it", r.Seq)
	case w.compare && w.head.Seq == r.Seq && !w.head.Is(r.MAC):
		return fmt.Sprintf("record %d is not the one of the head: the chain was written again", r.Seq)
	}
	w.at, w.mac = r.Seq, r.MAC
	return ""
}

// moved goes on behind a checkpoint that was set meanwhile.
func (w *walk) moved() (bool, error) {
	state, _, err := w.src.State()
	if err != nil || state.Start <= w.at {
		return false, err
	}
	_, ok := w.start(state)
	return ok, nil
}
