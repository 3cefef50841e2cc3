// Package breached knows passwords that were found in breaches of other services,
// from a file of a few bytes for each: a filter that [Build] makes of a list of
// hashes, such as the one of Have I Been Pwned.
//
//	filter, err := breached.Open("breached.filter")
//	…
//	policy := password.Policy{Breached: filter}
//
// A filter has no false negatives: a password of the list is always found. Of the
// others it takes one of 65,536 for one of the list (with 16 bits; of 256 with 8),
// which costs its owner another choice. An entry takes 2.3 bytes, or 1.2, in lists of
// a million and more. The file stays on the disk; in memory there are 48 bytes for
// each million entries. Each question reads at three places of it.
package breached

import (
	"crypto/sha1" //nolint:gosec // it is what the lists are made of
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"
	"sort"
)

// ErrDamaged says that a file is no filter, or is not as it was written.
var ErrDamaged = errors.New("breached: the file is no filter of breached passwords, or is damaged")

// Filter is an open file. It is safe for concurrent use. Close it.
type Filter struct {
	file    io.ReaderAt
	close   func() error
	bits    int
	entries uint64
	shards  []shard
}

// shard is the filter of a range of hashes, those from first on.
type shard struct {
	first  uint64
	offset uint64 // of its fingerprints in the file
	seed   uint64
	length uint32 // of a segment, a power of two
	count  uint32 // of fingerprints where the first of a hash may stand; there are two segments more
}

// Open opens a filter. It reads the whole file once, to see that it is as it was
// written: some seconds for a gibibyte. Error: ErrDamaged, and those of the file.
func Open(path string) (*Filter, error) {
	file, err := os.Open(path) //nolint:gosec // the person who runs the program says which file
	if err != nil {
		return nil, err
	}
	f := &Filter{file: file, close: file.Close}
	if err := f.read(file); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return f, nil
}

// Close closes the file.
func (f *Filter) Close() error { return f.close() }

// Entries is how many passwords the filter was made of.
func (f *Filter) Entries() uint64 { return f.entries }

// Bits says how sure it is: of 2 to the power of so many passwords that are not of
// the list, one is taken for one of it.
func (f *Filter) Bits() int { return f.bits }

// Has reports whether a password is of the list. An error means that the file could
// not be read, so that nothing is known.
func (f *Filter) Has(secret string) (bool, error) {
	sum := sha1.Sum([]byte(secret)) //nolint:gosec // as above
	return f.hasHash(binary.BigEndian.Uint64(sum[:]))
}

// hasHash looks for the first 64 bits of a SHA-1.
func (f *Filter) hasHash(key uint64) (bool, error) {
	i := sort.Search(len(f.shards), func(i int) bool { return f.shards[i].first > key }) - 1
	if i < 0 {
		return false, nil
	}
	s := f.shards[i]
	hash := mix(key + s.seed)
	found := hash ^ hash>>32
	for _, place := range s.places(hash) {
		at, err := f.fingerprint(s, place)
		if err != nil {
			return false, fmt.Errorf("breached: %w", err)
		}
		found ^= at
	}
	return found<<(64-f.bits) == 0, nil
}

// places is where the three fingerprints of a hash stand: of a binary fuse filter,
// as the library that makes it has them.
func (s shard) places(hash uint64) [3]uint32 {
	high, _ := bits.Mul64(hash, uint64(s.count))
	first, mask := uint32(high), s.length-1 //nolint:gosec // it is less than s.count
	return [3]uint32{
		first,
		(first + s.length) ^ uint32(hash>>18)&mask, //nolint:gosec // the lower bits are meant
		(first + 2*s.length) ^ uint32(hash)&mask,   //nolint:gosec // as above
	}
}

func (f *Filter) fingerprint(s shard, place uint32) (uint64, error) {
	var b [2]byte
	size := f.bits / 8
	if _, err := f.file.ReadAt(b[2-size:], int64(s.offset)+int64(place)*int64(size)); err != nil { //nolint:gosec // checked by read
		return 0, err
	}
	return uint64(binary.BigEndian.Uint16(b[:])), nil
}

// mix is MurmurHash3's last step.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// inOrder reports whether shards are of the ranges of hashes one after the other.
func inOrder(list []shard) bool {
	return slices.IsSortedFunc(list, func(a, b shard) int {
		if a.first < b.first {
			return -1
		}
		return 1
	})
}
