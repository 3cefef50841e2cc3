package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
)

type silent struct{}

func (silent) Error() string { panic("no text") }

type unwritable struct{}

func (unwritable) MarshalJSON() ([]byte, error) { panic("not JSON") }

// Whatever a handler answers, the caller gets an answer.
func TestEveryMistakeOfAHandlerIsAnAnswer(t *testing.T) {
	t.Parallel()
	var none *holdfast.Error
	tests := map[string]struct {
		err  error
		want int
	}{
		"a nil *Error":                        {none, 500},
		"an error whose text panics":          {silent{}, 500},
		"a status that is none":               {holdfast.Errorf(42, "what"), 500},
		"an informational status":             {holdfast.Errorf(150, "what"), 500},
		"a detail that is no JSON":            {&holdfast.Error{Status: 400, Detail: unwritable{}}, 500},
		"a detail that cannot be encoded":     {&holdfast.Error{Status: 400, Detail: make(chan int)}, 500},
		"an answer within others":             {fmt.Errorf("at: %w", errors.Join(errors.New("x"), holdfast.Errorf(409, "conflict"))), 409},
		"an answer chosen about a deeper one": {&holdfast.Error{Status: 503, Cause: holdfast.Errorf(404, "deeper")}, 503},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			after := false
			holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
				holdfast.AfterResponse(ctx, func(context.Context, error) { after = true })
				return "", test.err
			})
			if w := send(app, "/", ""); w.Code != test.want || w.Body.Len() == 0 || !after {
				t.Errorf("GET / = %d %q, after %v, want %d with a body", w.Code, w.Body, after, test.want)
			}
		})
	}
}

// An Error is shared by requests; a middleware that adds headers does not
// change it, nor lose its own.
func TestErrorsAreNotChangedByWhoAddsHeaders(t *testing.T) {
	t.Parallel()
	shared := &holdfast.Error{Status: 400, Header: http.Header{"Vary": append(make([]string, 0, 4), "Cookie")}}
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", shared })
	for range 2 {
		w := httptest.NewRecorder()
		w.Header().Set("Vary", "Origin")
		app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		w.Header().Add("Vary", "Accept")
		if got := w.Header()["Vary"]; fmt.Sprint(got) != "[Origin Cookie Accept]" || len(shared.Header["Vary"]) != 1 || shared.Header["Vary"][:2][1] != "" {
			t.Errorf("Vary = %v, shared %v", got, shared.Header["Vary"][:2])
		}
	}
}

type readings struct {
	F  float64   `query:"f" minimum:"0" maximum:"10"`
	At time.Time `query:"at" format:"date-time"`
	IP net.IP    `query:"ip" format:"ipv4"`
}

func TestOddTexts(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in readings) (string, error) {
		return fmt.Sprint(in.F, in.IP), nil
	})
	for query, want := range map[string]int{
		"f=1.5": 200, "f=1e0": 200, "f=NaN": 422, "f=Inf": 422, "f=-infinity": 422, "f=0x1p3": 422, "f=1_0": 422, "f=11": 422,
		"at=2030-01-02T03:04:05Z": 200, "at=yesterday": 422, "ip=127.0.0.1": 200, "ip=::1": 422, "ip=x": 422,
	} {
		if w := send(app, "/", "?"+query); w.Code != want || w.Body.Len() == 0 {
			t.Errorf("GET /?%s = %d %q, want %d", query, w.Code, w.Body, want)
		}
	}
}
