package audit

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"
)

// Key is the secret of a chain. It does not print itself.
type Key [32]byte

// Format writes the same for every key.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// MarshalText writes the same for every key.
func (Key) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// State is how far a chain has come, as the store keeps it in one row.
type State struct {
	Seq int64     // of the last record; 0 if there was none
	MAC [32]byte  // of the last record
	At  time.Time // when it was sealed
	Tag [32]byte  // proves the three above

	Start      int64  // records up to this one were removed in good order
	Checkpoint string // the signed head of the record of that number; "" if Start is 0
}

// Head is the last record of a chain at some time.
type Head struct {
	Seq  int64     `json:"seq"`
	MAC  string    `json:"mac"`  // base64url
	Kept int64     `json:"kept"` // records that were there
	At   time.Time `json:"at"`
}

// sub derives a key for one purpose (RFC 5869).
func (k Key) sub(purpose string) []byte {
	out, err := hkdf.Key(sha256.New, k[:], nil, "holdfast audit "+purpose, 32)
	if err != nil {
		panic(err) // the sizes are constants
	}
	return out
}

// Sealer computes the chain of a key. It is not safe for concurrent use.
type Sealer struct {
	mac  hash.Hash
	tag  []byte
	sign ed25519.PrivateKey
}

// NewSealer makes a sealer.
func NewSealer(key Key) *Sealer {
	return &Sealer{mac: hmac.New(sha256.New, key.sub("chain")), tag: key.sub("state"), sign: ed25519.NewKeyFromSeed(key.sub("head"))}
}

// Link is the MAC of a record behind the one with the MAC before.
func (s *Sealer) Link(before [32]byte, r Record) (sum [32]byte) {
	s.mac.Reset()
	s.mac.Write(before[:])
	s.number(r.Seq, r.ID, r.At.UnixMilli(), r.Count)
	s.text(
		string(r.Kind), r.Actor.Kind, r.Actor.ID, r.Actor.Name, r.Actor.Client, r.Actor.Session, r.Actor.Key,
		r.On.Kind, r.On.ID, r.On.Name, r.Source, r.Result, r.Request, string(r.Details),
	)
	s.mac.Sum(sum[:0])
	return sum
}

func (s *Sealer) number(list ...int64) {
	var b [8]byte
	for _, n := range list {
		binary.BigEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // the bits are what counts
		s.mac.Write(b[:])
	}
}

// text writes texts so that they cannot run into each other.
func (s *Sealer) text(list ...string) {
	for _, one := range list {
		s.number(int64(len(one)))
		_, _ = io.WriteString(s.mac, one)
	}
}

// Extend gives records their places behind a state, and returns the state after
// them.
func (s *Sealer) Extend(from State, records []Record, now time.Time) State {
	to := from
	for i := range records {
		to.Seq++
		records[i].Seq = to.Seq
		records[i].MAC = s.Link(to.MAC, records[i])
		to.MAC = records[i].MAC
	}
	to.At = now.UTC().Truncate(time.Millisecond)
	to.Tag = s.stateTag(to)
	return to
}

func (s *Sealer) stateTag(state State) (sum [32]byte) {
	mac := hmac.New(sha256.New, s.tag)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(state.Seq)) //nolint:gosec // as above
	binary.BigEndian.PutUint64(b[8:], uint64(state.At.UnixMilli()))
	mac.Write(b[:])
	mac.Write(state.MAC[:])
	mac.Sum(sum[:0])
	return sum
}

// Genuine reports whether this key's sealer has written a state. The zero State is
// genuine: nothing was sealed yet. One that ends before its beginning is not: only
// what was sealed is removed.
func (s *Sealer) Genuine(state State) bool {
	if state.Seq == 0 {
		return state == State{At: state.At}
	}
	if state.Start < 0 || state.Start > state.Seq {
		return false
	}
	tag := s.stateTag(state)
	return hmac.Equal(tag[:], state.Tag[:])
}

const (
	headType       = "holdfast-audit-head"
	checkpointType = "holdfast-audit-checkpoint"
)

var encoding = base64.RawURLEncoding.Strict()

// errHead is about a text that is no head of this key.
var errHead = errors.New("it is no head that was signed with the key of this trail")

// SignHead signs where a chain stands, as a compact JWS (RFC 7515) with EdDSA.
func (s *Sealer) SignHead(state State) string {
	return s.signed(headType, Head{Seq: state.Seq, MAC: encoding.EncodeToString(state.MAC[:]), Kept: state.Seq - state.Start, At: state.At})
}

// SignCheckpoint signs the last record before those that are kept.
func (s *Sealer) SignCheckpoint(last Record, now time.Time) string {
	return s.signed(checkpointType, Head{Seq: last.Seq, MAC: encoding.EncodeToString(last.MAC[:]), At: now.UTC().Truncate(time.Millisecond)})
}

func (s *Sealer) signed(typ string, head Head) string {
	body, err := json.Marshal(head)
	if err != nil {
		panic(err) // of numbers, texts and a time nothing can fail
	}
	text := encoding.EncodeToString([]byte(`{"alg":"EdDSA","typ":"`+typ+`"}`)) + "." + encoding.EncodeToString(body)
	return text + "." + encoding.EncodeToString(ed25519.Sign(s.sign, []byte(text)))
}

// ReadHead verifies a head that SignHead has signed.
func (s *Sealer) ReadHead(text string) (Head, error) { return s.read(headType, text) }

// ReadCheckpoint verifies a head that SignCheckpoint has signed.
func (s *Sealer) ReadCheckpoint(text string) (Head, error) { return s.read(checkpointType, text) }

func (s *Sealer) read(typ, text string) (head Head, err error) {
	const longest = 1024
	if len(text) > longest || strings.ContainsAny(text, "\r\n") { // which base64 would skip
		return head, errHead
	}
	signed, signature, _ := cutLast(text)
	sig, err := encoding.DecodeString(signature)
	public, _ := s.sign.Public().(ed25519.PublicKey)
	if err != nil || !ed25519.Verify(public, []byte(signed), sig) {
		return head, errHead
	}
	header, payload, _ := strings.Cut(signed, ".")
	if header != encoding.EncodeToString([]byte(`{"alg":"EdDSA","typ":"`+typ+`"}`)) {
		return head, errHead
	}
	body, err := encoding.DecodeString(payload)
	if err == nil {
		err = json.Unmarshal(body, &head)
	}
	if err != nil {
		return head, errHead
	}
	return head, nil
}

// cutLast cuts a text at its last dot.
func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return "", "", false
	}
	return text[:i], text[i+1:], true
}

// Is reports whether a record with a MAC is the one of a head.
func (h Head) Is(mac [32]byte) bool { return h.MAC == encoding.EncodeToString(mac[:]) }

// Bytes is the MAC of a head.
func (h Head) Bytes() (mac [32]byte, ok bool) {
	data, err := encoding.DecodeString(h.MAC)
	if err != nil || len(data) != len(mac) {
		return mac, false
	}
	return [32]byte(data), true
}

// Public is the key with which others verify heads, as a JWK (RFC 8037).
func (s *Sealer) Public() string {
	public, _ := s.sign.Public().(ed25519.PublicKey)
	return `{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","x":"` + encoding.EncodeToString(public) + `"}`
}
