package jwt_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/jwt"
)

// vectors is a file of Project Wycheproof.
type vectors struct {
	NumberOfTests int
	TestGroups    []struct {
		Public, Private json.RawMessage
		Tests           []vector
	}
}

type vector struct {
	TcID    int
	Comment string
	JWS     json.RawMessage
	JWE     json.RawMessage
	Result  string
}

// text is the token; JSON serialisation stays as it is.
func (v vector) text() (text string) {
	for _, raw := range []json.RawMessage{v.JWS, v.JWE} {
		if raw != nil && json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
	}
	return text
}

func readVectors(t *testing.T, file string) (v vectors) {
	t.Helper()
	folder := os.Getenv("HOLDFAST_WYCHEPROOF")
	if folder == "" {
		t.Skip("set HOLDFAST_WYCHEPROOF to the testvectors_v1 folder of a clone of github.com/C2SP/wycheproof")
	}
	data, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// vectorKeys reads a group's keys, with the functions that programs use.
func vectorKeys(public, private json.RawMessage) ([]jwt.Key, error) {
	data := public
	if data == nil {
		data = private
	}
	var j struct {
		Keys   []json.RawMessage
		Kid, K string
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	if zeros := make([]byte, 32); j.K == b64(zeros) {
		// SecretKey takes this one for a buffer that was never filled.
		return []jwt.Key{jwt.HMACKey(j.Kid, jwt.HS256, zeros)}, nil
	}
	parse := jwt.ParsePublicSet
	if public == nil {
		parse = jwt.ParseKeySet
	}
	if j.Keys == nil {
		data = fmt.Appendf(nil, `{"keys":[%s]}`, data)
	}
	set, err := parse(data)
	return set.Keys, err
}

// decide verifies every vector. It returns the numbers of those that are
// decided otherwise than they are labelled, and the tokens.
func decide(t *testing.T, file string) (otherwise map[int]string, texts map[int]string) {
	t.Helper()
	v := readVectors(t, file)
	otherwise, texts = map[int]string{}, map[int]string{}
	for _, group := range v.TestGroups {
		keys, keyErr := vectorKeys(group.Public, group.Private)
		for _, test := range group.Tests {
			texts[test.TcID] = test.text()
			_, err := jwt.VerifyJWS(test.text(), keys...)
			if err != nil && !errors.Is(err, jwt.ErrInvalid) {
				t.Errorf("vector %d, %s: VerifyJWS = %v, want %v", test.TcID, test.Comment, err, jwt.ErrInvalid)
			}
			refused := err != nil || keyErr != nil
			if refused == (test.Result == "valid") {
				otherwise[test.TcID] = fmt.Sprintf("%s: labelled %s, VerifyJWS = %v, keys: %v", test.Comment, test.Result, err, keyErr)
			}
		}
	}
	if len(texts) == 0 || len(texts) != v.NumberOfTests {
		t.Errorf("%d vectors ran, want %d", len(texts), v.NumberOfTests)
	}
	return otherwise, texts
}

// wantOtherwise fails unless exactly the vectors with a reason are decided
// otherwise than they are labelled.
func wantOtherwise(t *testing.T, otherwise, reasons map[int]string) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(otherwise)) {
		if reasons[id] == "" {
			t.Errorf("vector %d, %s", id, otherwise[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(reasons)) {
		if otherwise[id] == "" {
			t.Errorf("vector %d is decided as labelled, but there is a reason not to: %s", id, reasons[id])
		}
	}
}

// Of the 401 signatures, 393 are decided as they are labelled.
func TestWycheproofSignatures(t *testing.T) {
	t.Parallel()
	otherwise, texts := decide(t, "json_web_signature_test.json")
	wantOtherwise(t, otherwise, map[int]string{
		346: "refused: one key has one algorithm, and the key says PS256, the token PS384",
		347: "refused: the key says ES521, and there is no such algorithm",
		350: "refused: one key has one algorithm, and the key says PS256, the token PS384",
		351: "refused: the key says ES521, and there is no such algorithm",
		367: "accepted: it is byte for byte the valid vector 357; what was wrong with it got lost",
		370: "accepted: it is byte for byte the valid vector 357; what was wrong with it got lost",
		372: "refused: a question mark inside base64url is not skipped",
		373: "refused: a question mark inside base64url is not skipped",
	})
	if texts[367] != texts[357] || texts[370] != texts[357] {
		t.Error("vectors 367 and 370 are not vector 357 any more")
	}
	if got := len(texts) - len(otherwise); got != 393 {
		t.Errorf("%d of %d are decided as labelled, want 393", got, len(texts))
	}
}

func TestWycheproofKeys(t *testing.T) {
	t.Parallel()
	otherwise, _ := decide(t, "json_web_key_test.json")
	wantOtherwise(t, otherwise, nil)
}

func TestWycheproofCrypto(t *testing.T) {
	t.Parallel()
	otherwise, _ := decide(t, "json_web_crypto_test.json")
	wantOtherwise(t, otherwise, map[int]string{
		50: "refused: it is encrypted, and there is no encryption here",
		67: "refused: it is encrypted, and there is no encryption here",
	})
}
