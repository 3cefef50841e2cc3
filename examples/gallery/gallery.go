package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/patch"
)

// gallery is the photos, and who watches them.
type gallery struct {
	one *holdfast.Route[photoID] // for the addresses of photos

	mu       sync.Mutex
	photos   map[int]Photo
	files    map[int][]byte
	sums     map[[sha256.Size]byte]int // which photo a file is already
	last     int
	printed  int
	watchers map[chan int]bool
}

func newGallery() *gallery {
	return &gallery{photos: map[int]Photo{}, files: map[int][]byte{}, sums: map[[sha256.Size]byte]int{}, watchers: map[chan int]bool{}}
}

// add answers 201 for a new photo, and 200 with the old one for a file that is
// there already.
func (g *gallery) add(_ context.Context, _ jwt.Claims, in newPhoto) (answer.Answer[Photo], error) {
	file, err := in.File.Open()
	if err != nil {
		return answer.Answer[Photo]{}, err
	}
	data, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return answer.Answer[Photo]{}, err
	}
	sum := sha256.Sum256(data)
	g.mu.Lock()
	defer g.mu.Unlock()
	if id, ok := g.sums[sum]; ok {
		return answer.OK(g.photos[id]).WithHeader("Location", g.one.URL(photoID{id})), nil
	}
	g.last++
	one := Photo{ID: g.last, Title: in.Title, Kind: in.File.Sniffed(), Size: in.File.Size(), Shown: in.Shown}
	if !in.Taken.IsZero() {
		one.Taken = &in.Taken
	}
	g.sums[sum], g.files[one.ID] = one.ID, data
	g.put(one)
	return answer.Created(one, g.one.URL(photoID{one.ID})), nil
}

// put keeps a photo and tells the watchers; one that is slow misses it.
func (g *gallery) put(one Photo) {
	g.photos[one.ID] = one
	for watcher := range g.watchers {
		select {
		case watcher <- one.ID:
		default:
		}
	}
}

func (g *gallery) find(id int) (Photo, error) {
	one, ok := g.photos[id]
	if !ok {
		return Photo{}, missing{id}
	}
	return one, nil
}

func (g *gallery) read(_ context.Context, _ jwt.Claims, in photoID) (Photo, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.find(in.ID)
}

// latest sends the caller to the photo that was added last.
func (g *gallery) latest(context.Context, jwt.Claims, holdfast.NoInput) (answer.Answer[Photo], error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := g.find(g.last); err != nil {
		return answer.Answer[Photo]{}, err
	}
	return answer.SeeOther[Photo](g.one.URL(photoID{g.last})), nil
}

func (g *gallery) list(_ context.Context, _ jwt.Claims, in wanted) ([]Photo, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []Photo
	for _, id := range slices.Sorted(maps.Keys(g.photos)) {
		if one := g.photos[id]; one.fits(in) && len(out) < in.Limit {
			out = append(out, one)
		}
	}
	return out, nil
}

// search is list for what is too long for an address.
func (g *gallery) search(ctx context.Context, who jwt.Claims, in struct{ Body wanted }) ([]Photo, error) {
	return g.list(ctx, who, in.Body)
}

func (p Photo) fits(in wanted) bool {
	if !in.From.IsZero() && (p.Taken == nil || p.Taken.Before(in.From)) {
		return false
	}
	return !slices.ContainsFunc(in.Tags, func(tag string) bool { return !slices.Contains(p.Tags, tag) })
}

func (g *gallery) change(_ context.Context, _ jwt.Claims, in change) (Photo, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	one, err := g.find(in.ID)
	if err != nil {
		return Photo{}, err
	}
	one.Title = in.Body.Title.Or(one.Title)
	one.Caption = changed(one.Caption, in.Body.Caption)
	one.Taken = changed(one.Taken, in.Body.Taken)
	one.Frame = changed(one.Frame, in.Body.Frame)
	if in.Body.Tags != nil {
		one.Tags = in.Body.Tags
	}
	g.put(one)
	return one, nil
}

// changed is what becomes of a value that may be null.
func changed[T any](was *T, to patch.Field[T]) *T {
	if !to.Present() {
		return was
	}
	if value, ok := to.Get(); ok {
		return &value
	}
	return nil
}

func (g *gallery) remove(_ context.Context, _ jwt.Claims, in photoID) (holdfast.NoContent, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := g.find(in.ID); err != nil {
		return holdfast.NoContent{}, err
	}
	delete(g.sums, sha256.Sum256(g.files[in.ID]))
	delete(g.files, in.ID)
	delete(g.photos, in.ID)
	return holdfast.NoContent{}, nil
}

// file sends the file itself: whatever it is, no browser shows it.
func (g *gallery) file(w http.ResponseWriter, r *http.Request, _ jwt.Claims, in photoID) error {
	g.mu.Lock()
	_, err := g.find(in.ID)
	data := g.files[in.ID]
	g.mu.Unlock()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=photo-%d", in.ID))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// printer is one of two, which is the route's for as long as a request has it.
type printer struct{}

func (printer) print(copies int) int { return copies }

// prints answers at once; the printing itself comes after that.
func (g *gallery) prints(ctx context.Context, _ jwt.Claims, on printer, in order) (answer.Answer[Job], error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := g.find(in.ID); err != nil {
		return answer.Answer[Job]{}, err
	}
	err := holdfast.Background(ctx, func(context.Context) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.printed += on.print(in.Body.Copies)
		return nil
	})
	return answer.Accepted(Job{in.Body, g.printed}, g.one.URL(in.photoID)), err
}

// events tells of photos as they are added and changed. When the caller may not
// see them any more, the context ends.
func (g *gallery) events(w http.ResponseWriter, r *http.Request, _ jwt.Claims) error {
	changed := make(chan int, 16)
	g.watch(changed, true)
	defer g.watch(changed, false)
	w.Header().Set("Content-Type", "text/event-stream")
	for flush := http.NewResponseController(w).Flush; ; {
		if err := flush(); err != nil {
			return err
		}
		select {
		case <-r.Context().Done():
			return nil
		case id := <-changed:
			_, _ = fmt.Fprintf(w, "event: photo\ndata: %d\n\n", id)
		}
	}
}

func (g *gallery) watch(changed chan int, on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if on {
		g.watchers[changed] = true
	} else {
		delete(g.watchers, changed)
	}
}
