package breached_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1" //nolint:gosec // it is what the lists are made of
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/password/breached"
)

// list is the hashes of passwords, in their order, as a service publishes them.
func list(passwords ...string) []string {
	var out []string
	for i, one := range passwords {
		sum := sha1.Sum([]byte(one)) //nolint:gosec // as above
		out = append(out, fmt.Sprintf("%s:%d", strings.ToUpper(hex.EncodeToString(sum[:])), i%9+1))
	}
	slices.Sort(out)
	return out
}

func numbered(what string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s %d", what, i)
	}
	return out
}

// built is the file of a list.
func built(t testing.TB, text string, config breached.Config) (path string, stats breached.Stats) {
	t.Helper()
	var out bytes.Buffer
	stats, err := breached.Build(t.Context(), strings.NewReader(text), &out, config)
	if err != nil || stats.Bytes != uint64(out.Len()) {
		t.Fatalf("Build = %+v, %v, and %d bytes", stats, err, out.Len())
	}
	path = filepath.Join(t.TempDir(), "filter")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, stats
}

func opened(t testing.TB, path string) *breached.Filter {
	t.Helper()
	filter, err := breached.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = filter.Close() })
	return filter
}

// found is how many of the passwords a filter has.
func found(t testing.TB, filter *breached.Filter, passwords []string) (n int) {
	t.Helper()
	for _, one := range passwords {
		known, err := filter.Has(one)
		if err != nil {
			t.Fatal(err)
		}
		if known {
			n++
		}
	}
	return n
}

// Every password of the list is found, and of others no more than the bits say; a
// file has the size that the package states.
func TestWhatAFilterKnows(t *testing.T) {
	t.Parallel()
	in, others := numbered("in", 50_000), numbered("out", 200_000)
	for bits, most := range map[int]struct {
		wrong int
		bytes float64 // for each entry
	}{
		8:  {900, 1.3}, // 781 expected
		16: {14, 2.6},  // 3 expected
	} {
		t.Run(fmt.Sprint(bits, " bits"), func(t *testing.T) {
			t.Parallel()
			path, stats := built(t, strings.Join(list(in...), "\r\n"), breached.Config{Bits: bits})
			filter := opened(t, path)
			if n := found(t, filter, in); n != len(in) || stats.Entries != uint64(len(in)) || filter.Entries() != stats.Entries || filter.Bits() != bits {
				t.Errorf("of %d passwords %d are found in %+v", len(in), n, stats)
			}
			if n := found(t, filter, others); n > most.wrong || bits == 8 && n < 600 {
				t.Errorf("of %d others %d are found, want at most %d", len(others), n, most.wrong)
			}
			if per := float64(stats.Bytes) / float64(len(in)); per > most.bytes {
				t.Errorf("an entry takes %.2f bytes, want at most %.2f", per, most.bytes)
			}
		})
	}
}

// The figures of the package's comment, with more than one shard.
func TestAMillionEntries(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a million passwords are hashed and sorted")
	}
	in, others := numbered("in", 1_500_000), numbered("out", 1_000_000)
	path, stats := built(t, strings.Join(list(in...), "\n"), breached.Config{})
	filter := opened(t, path)
	wrong := found(t, filter, others)
	per := float64(stats.Bytes) / float64(len(in))
	t.Logf("%d entries in %d bytes, %.3f each; of %d others %d are taken for one of them (%.2g)", stats.Entries, stats.Bytes, per, len(others), wrong, float64(wrong)/float64(len(others)))
	if n := found(t, filter, in); n != len(in) || wrong > 40 || per > 2.35 {
		t.Errorf("of %d entries %d are found, and %d others; an entry takes %.2f bytes", len(in), n, wrong, per)
	}
}

func TestWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	words := numbered("x", 90)
	text := strings.Join(list(words...), "\n")
	path, stats := built(t, text+"\n"+text[strings.LastIndexByte(text, '\n')+1:]+"\n\n", breached.Config{MinCount: 5}) // with the last one twice
	if n := found(t, opened(t, path), words); stats.Entries != 50 || n < 50 || n > 52 || stats.Lines != 92 {
		t.Errorf("of 90 words, 50 of which were found 5 times, %d are known in %+v", n, stats)
	}
}

func TestACompressedList(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(strings.ToLower(strings.Join(list("anna", "ben"), "\n"))))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	path, _ := built(t, packed.String(), breached.Config{})
	if n := found(t, opened(t, path), []string{"anna", "ben", "carl", ""}); n != 2 {
		t.Errorf("%d of two and two others are known", n)
	}
}

func TestListsThatAreRefused(t *testing.T) {
	t.Parallel()
	two := list("anna", "ben")
	for name, test := range map[string]struct{ text, says string }{
		"nothing":               {"", "nothing that counts"},
		"passwords themselves":  {"anna\n", "line 1 does not begin with a SHA-1"},
		"another kind of hash":  {two[0] + "\n" + strings.Repeat("a", 64) + "\n", "line 2 does not begin with a SHA-1"},
		"another order":         {two[1] + "\n" + two[0] + "\n", "line 2 comes before the one above it"},
		"a count that is none":  {two[0] + "x\n", "line 1 has no number after its colon"},
		"a line without an end": {strings.Repeat("A", 2<<20), "line 1 has no end"},
		"a broken archive":      {"\x1f\x8bx", "EOF"},
	} {
		if _, err := breached.Build(t.Context(), strings.NewReader(test.text), new(bytes.Buffer), breached.Config{}); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: Build = %v, want %q", name, err, test.says)
		}
	}
	if _, err := breached.Build(t.Context(), strings.NewReader(two[0]), new(bytes.Buffer), breached.Config{Bits: 12}); err == nil {
		t.Error("Build takes 12 bits")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := breached.Build(ctx, strings.NewReader(strings.Repeat(two[0]+"\n", 1<<17)), new(bytes.Buffer), breached.Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Build that is to stop = %v", err)
	}
}

// A file that is not as it was written is refused at the start, wherever it was
// changed or cut.
func TestADamagedFile(t *testing.T) {
	t.Parallel()
	path, _ := built(t, strings.Join(list("anna", "ben", "carl"), "\n"), breached.Config{})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, data []byte) {
		t.Helper()
		damaged := filepath.Join(t.TempDir(), "damaged")
		if err := os.WriteFile(damaged, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if filter, err := breached.Open(damaged); !errors.Is(err, breached.ErrDamaged) || filter != nil {
			t.Errorf("Open of a file %s = %v, want ErrDamaged", what, err)
		}
	}
	for i := range whole {
		try(fmt.Sprintf("whose byte %d is another", i), append(append(bytes.Clone(whole[:i]), whole[i]^1), whole[i+1:]...))
		try(fmt.Sprintf("of %d bytes", i), whole[:i])
	}
	try("with more behind it", append(bytes.Clone(whole), 0))
	if _, err := breached.Open(t.TempDir()); err == nil {
		t.Error("Open takes a folder")
	}
	if _, err := breached.Open(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of no file = %v", err)
	}
}

// What cannot be looked up is an error, and no password passes.
func TestAFileThatGoesAway(t *testing.T) {
	t.Parallel()
	path, _ := built(t, strings.Join(list("anna"), "\n"), breached.Config{})
	filter := opened(t, path)
	if err := filter.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := filter.Has("anna"); err == nil {
		t.Error("Has of a closed file is no error")
	}
	var broken *password.PolicyError
	if err := (password.Policy{Breached: filter}).Check("correct horse battery"); err == nil || errors.As(err, &broken) {
		t.Errorf("Check with a closed file = %v, want an error that is no rule", err)
	}
}

// A filter that an older program has made is read as it was: what is in the file
// depends on a library, and on the hash that it uses.
func TestAFilterOfBefore(t *testing.T) {
	t.Parallel()
	const before = "testdata/hundred.filter"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		path, _ := built(t, strings.Join(list(numbered("in", 100)...), "\n"), breached.Config{})
		data, err := os.ReadFile(path)
		if err = errors.Join(err, os.WriteFile(before, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	filter := opened(t, before)
	if n := found(t, filter, numbered("in", 100)); n != 100 {
		t.Errorf("of 100 passwords %d are found", n)
	}
	if n := found(t, filter, numbered("out", 1000)); n > 1 {
		t.Errorf("of 1000 others %d are found", n)
	}
}
