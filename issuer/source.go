package issuer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// documentAge is how long a discovery document is used before it is read again.
const documentAge = time.Hour

// source reads an issuer's document and key set. One goroutine at a time uses
// it.
type source struct {
	issuer     string
	base       *url.URL
	client     *client
	algorithms []jwt.Algorithm
	timeout    time.Duration
	now        func() time.Time

	keySet string    // where the keys are; "" if not known yet
	due    time.Time // when the document is to be read again
	fixed  bool      // keySet is the program's, and there is no document

	etag string
	last jwt.KeySet // what etag stands for
}

// load reads the key set, and the document if that is due. fresh is how long
// the set may be used before the next read.
func (s *source) load(ctx context.Context) (set jwt.KeySet, fresh time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.discover(ctx); err != nil {
		return jwt.KeySet{}, 0, err
	}
	got, err := s.client.get(ctx, s.keySet, s.etag, maxKeySet)
	if err != nil {
		s.due = time.Time{} // perhaps the keys have moved
		return jwt.KeySet{}, 0, err
	}
	fresh = freshness(got.header, leastAge, mostAge, silentAge)
	if got.status == http.StatusNotModified {
		return s.last, fresh, nil
	}
	if set, err = s.parse(got); err != nil {
		return jwt.KeySet{}, 0, err
	}
	s.etag, s.last = etagOf(got.header), set
	return set, fresh, nil
}

// parse reads a key set. One without a key that can be used is an error, so
// that the last good one stays.
func (s *source) parse(got response) (jwt.KeySet, error) {
	set, err := jwt.ParseForeignSet(got.body, s.algorithms...)
	switch {
	case err != nil:
		return jwt.KeySet{}, got.unreadable(s.keySet, "key set", err)
	case len(set.Keys) > maxKeys:
		return jwt.KeySet{}, fmt.Errorf("the key set at %s has %d keys, more than %d", s.keySet, len(set.Keys), maxKeys)
	case len(set.Keys) > 0:
		return set, nil
	case len(set.Skipped) == 0:
		return jwt.KeySet{}, fmt.Errorf("the key set at %s is empty", s.keySet)
	}
	first := set.Skipped[0]
	return jwt.KeySet{}, fmt.Errorf("the key set at %s has no usable key: of %d the first, %q, is skipped because %s",
		s.keySet, len(set.Skipped), first.ID, first.Reason)
}

// discover finds out where the keys are, if that is due. A document that cannot
// be read does not matter while an earlier one is known; one that is another
// issuer's does.
func (s *source) discover(ctx context.Context) error {
	if s.fixed || s.keySet != "" && s.now().Before(s.due) {
		return nil
	}
	d, err := s.document(ctx)
	if err != nil {
		if s.keySet != "" && !errors.Is(err, ErrOtherIssuer) && !errors.Is(err, ErrAddress) {
			return nil
		}
		return err
	}
	if d.keySet != s.keySet {
		s.keySet, s.etag, s.last = d.keySet, "", jwt.KeySet{}
	}
	s.due = s.now().Add(documentAge)
	return nil
}

// document asks at each place until one has the issuer's own document.
func (s *source) document(ctx context.Context) (document, error) {
	var all error
	for _, place := range places(s.base) {
		got, err := s.client.get(ctx, place, "", maxDocument)
		if isDown(err) {
			return document{}, err // so are the other places, which are on the same host
		}
		var d document
		if err == nil {
			if d, err = parseDocument(string(got.body)); err != nil {
				err = got.unreadable(place, "discovery document", err)
			}
		}
		if err == nil {
			err = d.of(s.issuer, place)
		}
		if err == nil {
			return d, nil
		}
		if all == nil {
			all = err
			continue
		}
		all = fmt.Errorf("%w; %w", all, err)
	}
	return document{}, all
}
