package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/pgtest"
	"github.com/holdfast-go/holdfast/jwt"
)

// goodToken is an access token that was issued, and until when it is good.
type goodToken struct {
	text    string
	kid     string
	expires time.Time
}

// onlooker sees keys come and go while servers rotate them. It is safe for
// concurrent use.
type onlooker struct {
	t     *testing.T
	pause time.Duration // between requests
	left  time.Duration // for which a token is good at least when it is presented
	mu    sync.Mutex

	tokens   []goodToken
	issued   int                  // tokens, in all
	accepted int                  // requests with good tokens
	signed   map[string]time.Time // when the last token of each key was asked for
	retires  map[string]time.Time // what the shell says
	keysOf   map[string]set       // of the accepted tokens, by the address that accepted them
}

type set map[string]bool

// add notes a token that was asked for at a moment: it was signed later.
func (w *onlooker) add(text string, asked time.Time) {
	part := func(i int, into any) {
		data, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[i])
		if err != nil || json.Unmarshal(data, into) != nil {
			w.t.Errorf("the token %s cannot be read: %v", text, err)
		}
	}
	var head struct{ Kid string }
	var claims struct{ Exp int64 }
	part(0, &head)
	part(1, &claims)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.issued++
	w.tokens = append(w.tokens, goodToken{text, head.Kid, time.Unix(claims.Exp, 0)})
	if w.signed[head.Kid].Before(asked) {
		w.signed[head.Kid] = asked
	}
}

// any returns one of the tokens that are good for long enough.
func (w *onlooker) any(n int) (goodToken, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	soon := time.Now().Add(w.left)
	for len(w.tokens) > 0 && !w.tokens[0].expires.After(soon) {
		w.tokens = w.tokens[1:]
	}
	if len(w.tokens) == 0 {
		return goodToken{}, false
	}
	return w.tokens[n%len(w.tokens)], true
}

// refresh issues tokens as long as it is to go on; the session goes from one process to
// the next, beginning with one of them.
func (w *onlooker) refresh(processes []*process, first int, name string, going func() bool) {
	asked := time.Now()
	got := processes[first%len(processes)].login(name, "me")
	for n := 0; going(); n++ {
		w.add(got.Access, asked)
		at := processes[(first+n)%len(processes)]
		asked = time.Now()
		status, body := at.call("POST", "/token", "", "grant_type=refresh_token&refresh_token="+got.Refresh)
		if status != http.StatusOK || json.Unmarshal([]byte(body), &got) != nil {
			w.t.Errorf("refresh at process %d = %d %s", (first+n)%len(processes), status, body)
			return
		}
		time.Sleep(5 * w.pause) //nolint:forbidigo // how much load it is
	}
}

// use presents good tokens, of whatever process, to one of them.
func (w *onlooker) use(p *process, going func() bool) {
	for n := 0; going(); n += 7 {
		token, ok := w.any(n)
		if !ok {
			time.Sleep(time.Millisecond) //nolint:forbidigo // until there is one
			continue
		}
		if status, body := p.call("GET", "/users/me", token.text, ""); status != http.StatusOK {
			w.t.Errorf("GET /users/me with a token of key %s, good until %v, = %d %s at %v", token.kid, token.expires, status, body, time.Now())
			return
		}
		w.mu.Lock()
		w.accepted++
		if w.keysOf[p.url] == nil {
			w.keysOf[p.url] = set{}
		}
		w.keysOf[p.url][token.kid] = true
		w.mu.Unlock()
		time.Sleep(w.pause) //nolint:forbidigo // how much load it is
	}
}

// published makes sure that others could verify every good token with the
// published keys.
func (w *onlooker) published(p *process, going func() bool) {
	for n := 0; going(); n++ {
		token, ok := w.any(n)
		status, body := p.call("GET", "/.well-known/jwks.json", "", "")
		set, err := jwt.ParsePublicSet([]byte(body))
		if status != http.StatusOK || err != nil || len(set.Keys) == 0 || len(set.Skipped) > 0 {
			w.t.Errorf("GET /.well-known/jwks.json = %d %s, %v", status, body, err)
			return
		}
		if ok {
			if _, err := jwt.VerifyJWS(token.text, set.Keys...); err != nil {
				w.t.Errorf("the published keys do not verify a token of key %s: %v", token.kid, err)
				return
			}
		}
		time.Sleep(20 * w.pause) //nolint:forbidigo // as verifiers elsewhere would ask, only more often
	}
}

// shell notes what the shell says of the keys.
func (w *onlooker) shell(p *process, going func() bool) {
	for going() {
		var list struct{ Keys []keyJSON }
		if err := json.Unmarshal([]byte(p.shell("", "key", "list", "--json")), &list); err != nil {
			w.t.Error(err)
			return
		}
		w.mu.Lock()
		for _, k := range list.Keys {
			if k.Retires != nil && k.Retires.Before(time.Now()) {
				w.retires[k.ID] = *k.Retires
			}
		}
		w.mu.Unlock()
		time.Sleep(500 * time.Millisecond) //nolint:forbidigo // another process cannot be synchronised with
	}
}

// long tells how long the load goes on: for so many rotations of three seconds, and on
// a busy machine, where a request may take as long as one, until they were seen.
func (w *onlooker) long(times int) (going func() bool) {
	until := time.Now().Add(time.Duration(times)*3*time.Second + time.Second)
	return func() bool {
		now := time.Now()
		return now.Before(until) || now.Before(until.Add(time.Minute)) && !w.saw(times)
	}
}

// saw reports whether so many rotations were seen, by those who accept tokens as well.
func (w *onlooker) saw(times int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, keys := range w.keysOf {
		if len(keys) < times-times/4 { // a slow one is not asked about all
			return false
		}
	}
	return len(w.signed) >= times && len(w.retires) >= times-1
}

// report says what was seen, after the last request: so many rotations, and
// no key that signed after it had retired.
func (w *onlooker) report(times int) {
	w.t.Helper()
	for kid, at := range w.signed {
		if retires, ok := w.retires[kid]; ok && !at.Before(retires) {
			w.t.Errorf("key %s retired at %v and signed a token that was asked for at %v", kid, retires, at)
		}
	}
	if !w.saw(times) {
		w.t.Errorf("%d keys signed, %d retired, and were accepted as in %v: want %d rotations", len(w.signed), len(w.retires), w.keysOf, times)
	}
	w.t.Logf("%d keys signed, %d retired; %d tokens issued; %d requests with good tokens, all accepted", len(w.signed), len(w.retires), w.issued, w.accepted)
}

// rotations runs servers on one database that rotate the keys so many times under load
// (the longer the pause, the less): no good token is refused by any, whichever issued
// it, and none is signed by a key that has retired.
func rotations(t *testing.T, dir string, servers, times int, pause time.Duration) {
	t.Helper()
	var all []*process
	for range servers {
		all = append(all, start(t, dir, "--key-period", "3s", "--key-announce", "2s", "--access-ttl", "5s"))
	}
	names := []string{"alice", "bob"}
	for _, name := range names {
		all[0].shell(secret+"\n", "user", "add", name, "--password-stdin", "--own-password")
	}
	w := &onlooker{t: t, pause: pause, left: time.Second, signed: map[string]time.Time{}, retires: map[string]time.Time{}, keysOf: map[string]set{}}
	going := w.long(times)
	var load sync.WaitGroup
	for i, name := range names {
		load.Go(func() { w.refresh(all, i, name, going) })
	}
	for _, p := range all {
		load.Go(func() { w.use(p, going) })
		load.Go(func() { w.use(p, going) })
		load.Go(func() { w.published(p, going) })
	}
	load.Go(func() { w.shell(all[0], going) })
	load.Wait()
	if len(w.keysOf) != servers {
		t.Errorf("%d servers accepted tokens, want all %d", len(w.keysOf), servers)
	}
	w.report(times)
}

func TestRotation(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers for seconds; run without -short")
	}
	t.Parallel()
	onBoth(t, func(t *testing.T, dir string) { rotations(t, dir, 3, 2, 10*time.Millisecond) })
}

// 20 rotations in 60 seconds: make durability.
func TestRotationDurability(t *testing.T) {
	if os.Getenv("HOLDFAST_DURABILITY") == "" {
		t.Skip("takes a minute: set HOLDFAST_DURABILITY=1, or make durability")
	}
	t.Run("SQLite", func(t *testing.T) { rotations(t, t.TempDir(), 3, 20, time.Millisecond) })
	t.Run("PostgreSQL", func(t *testing.T) { rotations(t, pgtest.Database(t), 3, 20, time.Millisecond) })
}
