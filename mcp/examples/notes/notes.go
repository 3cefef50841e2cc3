package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/identity"
)

// Note is a note of one person.
type Note struct {
	ID   int    `json:"id"`
	Text string `json:"text"`

	owner string
}

// notebook is the application's own data.
type notebook struct {
	mu    sync.Mutex
	last  int
	notes []Note
}

// ofOwner lists a person's notes; mu is held.
func (n *notebook) ofOwner(c identity.Caller, containing string) []Note {
	out := []Note{}
	for _, one := range n.notes {
		if one.owner == c.User.ID && strings.Contains(one.Text, containing) {
			out = append(out, one)
		}
	}
	return out
}

func (n *notebook) list(_ context.Context, c identity.Caller, _ holdfast.NoInput) ([]Note, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ofOwner(c, ""), nil
}

type search struct {
	Text string `json:"text,omitempty" jsonschema:"what the notes contain; all of them if empty"`
}

type found struct {
	Notes []Note `json:"notes"`
}

func (n *notebook) find(_ context.Context, c identity.Caller, in search) (found, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return found{n.ofOwner(c, in.Text)}, nil
}

type newNote struct {
	Text string `json:"text" jsonschema:"what to write down"`
}

func (n *notebook) add(_ context.Context, c identity.Caller, in newNote) (Note, error) {
	if in.Text == "" || len(in.Text) > 10_000 {
		return Note{}, holdfast.Errorf(http.StatusUnprocessableEntity, "A note has 1 to 10,000 bytes")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.notes) >= 10_000 {
		return Note{}, holdfast.Errorf(http.StatusInsufficientStorage, "The notebook is full")
	}
	n.last++
	one := Note{ID: n.last, Text: in.Text, owner: c.User.ID}
	n.notes = append(n.notes, one)
	return one, nil
}

type which struct {
	ID int `json:"id" jsonschema:"the note's id"`
}

// remove removes a note of the caller's own. Of those of others it says what it says
// of those that are not there.
func (n *notebook) remove(_ context.Context, c identity.Caller, in which) (Note, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.notes, func(one Note) bool { return one.ID == in.ID && one.owner == c.User.ID })
	if i < 0 {
		return Note{}, holdfast.Errorf(http.StatusNotFound, "There is no such note")
	}
	gone := n.notes[i]
	n.notes = slices.Delete(n.notes, i, i+1)
	return gone, nil
}
