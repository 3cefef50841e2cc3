package argon2

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"sync"
	"testing"
	"unsafe"

	library "golang.org/x/crypto/argon2"
	"pgregory.net/rapid"
)

// The reference implementation's test vectors for version 19 (argon2's
// src/test.c), which Passlib and libsodium agree with.
func TestKnownHashes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		password, salt string
		Params
		want string
	}{
		"two passes, 64 MiB":  {"password", "somesalt", Params{2, 1 << 16, 1, 32}, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"},
		"two passes, 256 KiB": {"password", "somesalt", Params{2, 1 << 8, 1, 32}, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
		"two lanes":           {"password", "somesalt", Params{2, 1 << 8, 2, 32}, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
		"one pass":            {"password", "somesalt", Params{1, 1 << 16, 1, 32}, "f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98"},
		"another password":    {"differentpassword", "somesalt", Params{2, 1 << 16, 1, 32}, "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"},
		"another salt":        {"password", "diffsalt", Params{2, 1 << 16, 1, 32}, "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c"},
	} {
		if got := hex.EncodeToString(Key([]byte(test.password), []byte(test.salt), test.Params)); got != test.want {
			t.Errorf("%s: Key = %s, want %s", name, got, test.want)
		}
	}
}

func TestTheSameAsTheLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "password")
		salt := rapid.SliceOfN(rapid.Byte(), 8, 64).Draw(t, "salt")
		lanes := rapid.Uint8Range(1, 5).Draw(t, "lanes")
		p := Params{rapid.Uint32Range(1, 4).Draw(t, "time"), rapid.Uint32Range(8*uint32(lanes), 1200).Draw(t, "memory"), lanes, rapid.Uint32Range(4, 140).Draw(t, "size")}
		want := library.IDKey(password, salt, p.Time, p.Memory, p.Lanes, p.KeySize)
		if got := Key(password, salt, p); !bytes.Equal(got, want) {
			t.Fatalf("Key(%x, %x, %+v) = %x, want %x", password, salt, p, got, want)
		}
	})
}

// Both ways of compressing are one function.
func TestCompress(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	for range 1000 {
		var x, y, a, b block
		for i := range x {
			x[i], y[i], a[i] = random.Uint64(), random.Uint64(), random.Uint64()
		}
		b = a
		add := random.IntN(2) == 0
		compress(&a, &x, &y, new(block), add)
		compressGo(&b, &x, &y, add)
		if a != b {
			t.Fatalf("compress(add=%v) of the processor differs from that in Go", add)
		}
		compress(&x, &x, &y, new(block), false) // in place
		compressGo(&b, &x, &y, false)
	}
	x, y := block{1, 2, 3}, block{}
	a := x
	compress(&x, &x, &y, new(block), false)
	compressGo(&a, &a, &y, false)
	if a != x {
		t.Error("compress in place differs from that in Go")
	}
}

// Memory of other hashes, of other sizes and other goroutines, does not show.
func TestMemoryIsReused(t *testing.T) {
	before := len(free.list)
	sizes := []uint32{64, 1024, 8, 256, 512}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				p := Params{2, sizes[(i+j)%len(sizes)], 1, 32}
				if got := Key([]byte("password"), []byte("somesalt"), p); !bytes.Equal(got, library.IDKey([]byte("password"), []byte("somesalt"), 2, p.Memory, 1, 32)) {
					t.Errorf("Key with %d KiB = %x after others", p.Memory, got)
				}
			}
		})
	}
	wg.Wait()
	if n := len(free.list); n > max(before, 4) {
		t.Errorf("%d buffers are free after 4 goroutines and %d before, want no more", n, before)
	}
}

func TestParametersThatNobodyMayUse(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]Params{
		"no pass":      {0, 64, 1, 32},
		"no lane":      {1, 64, 0, 32},
		"small memory": {1, 15, 2, 32},
		"short key":    {1, 64, 1, 3},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: Key does not panic", name)
				}
			}()
			Key(nil, nil, p)
		}()
	}
}

func BenchmarkKey(b *testing.B) {
	for b.Loop() {
		Key([]byte("password"), []byte("somesalt16 bytes"), Params{2, 19456, 1, 32})
	}
}

func BenchmarkLibrary(b *testing.B) {
	for b.Loop() {
		library.IDKey([]byte("password"), []byte("somesalt16 bytes"), 2, 19456, 1, 32)
	}
}

func BenchmarkCompress(b *testing.B) {
	var x, y, z, scratch block
	b.Run("processor", func(b *testing.B) {
		for b.Loop() {
			compress(&z, &x, &y, &scratch, true)
		}
	})
	b.Run("go", func(b *testing.B) {
		for b.Loop() {
			compressGo(&z, &x, &y, true)
		}
	})
}

// Otherwise how deep the callers stand decides how long a hash takes: see beside.
func TestMemoryBeginsWithACacheLine(t *testing.T) {
	t.Parallel()
	for range 100 {
		memory := take(beside + 8)
		defer giveBack(memory)
		if at := uintptr(unsafe.Pointer(&(*memory)[0])); at%64 != 0 { //nolint:gosec // where it stands is what is asked
			t.Fatalf("the memory begins at %#x", at)
		}
	}
}
