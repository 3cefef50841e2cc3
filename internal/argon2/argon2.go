// Package argon2 is argon2id (RFC 9106) in the goroutine that calls.
//
// golang.org/x/crypto/argon2 starts a goroutine for each segment, also with
// one lane. Those run on any thread: a caller on a thread of low priority
// hashes on others of ordinary priority all the same. It also takes new memory
// for each hash, which is a fifth of the time where memory costs page faults. The results are the same; the tests compare the two.
package argon2

import (
	"encoding/binary"
	"sync"
	"weak"

	"golang.org/x/crypto/blake2b"
)

const (
	version = 0x13
	typeID  = 2
	slices  = 4   // segments of a lane, RFC 9106 section 3.4
	words   = 128 // of 64 bits in a block of 1 KiB
)

type block [words]uint64

// Params is the cost of a hash.
type Params struct {
	Time    uint32 // passes, at least 1
	Memory  uint32 // KiB, at least 8 for each lane
	Lanes   uint8  // at least 1; computed one after the other
	KeySize uint32 // bytes, at least 4
}

// Key derives a key from a password and a salt. It panics on parameters that
// RFC 9106 section 3.1 excludes. It is safe for concurrent use.
func Key(password, salt []byte, p Params) []byte {
	if p.Time < 1 || p.Lanes < 1 || p.KeySize < 4 || p.Memory < 8*uint32(p.Lanes) {
		panic("argon2: parameters that RFC 9106 excludes")
	}
	m := &matrix{passes: p.Time, lanes: uint32(p.Lanes)}
	m.segment = p.Memory / (slices * m.lanes)
	m.lane = slices * m.segment
	memory := take(beside + int(m.lane*m.lanes))
	defer giveBack(memory)
	m.beside, m.blocks = (*[beside]block)(*memory), (*memory)[beside:]
	m.begin(seed(password, salt, p))
	for pass := range m.passes {
		for slice := range uint32(slices) {
			for lane := range m.lanes {
				m.fill(position{pass: pass, slice: slice, lane: lane})
			}
		}
	}
	return m.finish(p.KeySize)
}

// seed is H_0 of section 3.2, with room for the two counters that follow it.
func seed(password, salt []byte, p Params) []byte {
	var in []byte
	number := func(n uint32) { in = binary.LittleEndian.AppendUint32(in, n) }
	text := func(b []byte) {
		number(uint32(len(b))) //nolint:gosec // passwords are short
		in = append(in, b...)
	}
	for _, n := range []uint32{uint32(p.Lanes), p.KeySize, p.Memory, p.Time, version, typeID} {
		number(n)
	}
	text(password)
	text(salt)
	text(nil) // no secret
	text(nil) // no associated data
	sum := blake2b.Sum512(in)
	return append(sum[:], make([]byte, 8)...)
}

// matrix is the memory: lanes of blocks, one after the other.
type matrix struct {
	beside  *[beside]block
	blocks  []block
	passes  uint32
	lanes   uint32
	lane    uint32 // blocks of a lane
	segment uint32 // blocks of a segment
}

// beside is how many blocks stand in the same memory before the matrix, for what is
// computed by the way. On a goroutine's stack they would begin wherever the callers
// happen to have come to, and reads that cross cache lines cost up to 4 % of the
// time: enough to tell a name without a user, whose hash is called for elsewhere, from
// one with a user. Four make a page.
const beside = 4

// begin fills the first two blocks of each lane from the seed.
func (m *matrix) begin(seed []byte) {
	var bytes [words * 8]byte
	counters := seed[blake2b.Size:]
	for lane := range m.lanes {
		for i := range uint32(2) {
			binary.LittleEndian.PutUint32(counters, i)
			binary.LittleEndian.PutUint32(counters[4:], lane)
			long(bytes[:], seed)
			b := &m.blocks[lane*m.lane+i]
			for j := range b {
				b[j] = binary.LittleEndian.Uint64(bytes[8*j:])
			}
		}
	}
}

// position is where in the memory a segment stands.
type position struct{ pass, slice, lane uint32 }

// fill computes a segment. In the first half of the first pass the blocks to
// read are chosen without regard to the password (section 3.4.1.2), so that
// nothing can be learnt about it from the cache; after that the blocks themselves
// choose.
func (m *matrix) fill(at position) {
	blind := at.pass == 0 && at.slice < slices/2
	in, addresses, zero, scratch := &m.beside[0], &m.beside[1], &m.beside[2], &m.beside[3]
	*zero = block{}
	*in = block{uint64(at.pass), uint64(at.lane), uint64(at.slice), uint64(len(m.blocks)), uint64(m.passes), typeID}
	first := uint32(0)
	if at.pass == 0 && at.slice == 0 {
		first = 2
	}
	start := at.lane*m.lane + at.slice*m.segment
	for i := first; i < m.segment; i++ {
		if blind && (i%words == 0 || i == first) {
			in[6]++
			compress(addresses, in, zero, scratch, false)
			compress(addresses, addresses, zero, scratch, false)
		}
		before := start + i - 1
		if i == 0 && at.slice == 0 {
			before += m.lane // the last of the lane
		}
		choice := m.blocks[before][0]
		if blind {
			choice = addresses[i%words]
		}
		compress(&m.blocks[start+i], &m.blocks[before], &m.blocks[m.reference(choice, at, i)], scratch, at.pass > 0)
	}
}

// reference maps 64 pseudo-random bits to the block that the i-th of a segment
// reads beside the one before it (sections 3.4.1.3 and 3.4.2).
func (m *matrix) reference(choice uint64, at position, i uint32) uint32 {
	lane := uint32(choice>>32) % m.lanes
	if at.pass == 0 && at.slice == 0 {
		lane = at.lane
	}
	// The blocks that are done and may be read: all other segments, and of
	// the own one what stands before the block before.
	size, from := (slices-1)*m.segment, (at.slice+1)%slices*m.segment
	if at.pass == 0 {
		size, from = at.slice*m.segment, 0
	}
	switch {
	case lane == at.lane:
		size += i - 1
	case i == 0:
		size--
	}
	x := choice & 0xffffffff
	x = x * x >> 32
	x = uint64(size) * x >> 32
	return lane*m.lane + (from+size-1-uint32(x))%m.lane
}

// finish is the key: the last blocks of the lanes, hashed together.
func (m *matrix) finish(size uint32) []byte {
	var last block
	for lane := range m.lanes {
		for i, word := range m.blocks[(lane+1)*m.lane-1] {
			last[i] ^= word
		}
	}
	bytes := make([]byte, 0, words*8)
	for _, word := range last {
		bytes = binary.LittleEndian.AppendUint64(bytes, word)
	}
	key := make([]byte, size)
	long(key, bytes)
	return key
}

// long is H' of section 3.3: BLAKE2b of any length.
func long(out, in []byte) {
	in = append(binary.LittleEndian.AppendUint32(nil, uint32(len(out))), in...) //nolint:gosec // at most 1 KiB
	if len(out) <= blake2b.Size {
		short(out, in)
		return
	}
	sum := blake2b.Sum512(in)
	for len(out) > blake2b.Size {
		copy(out, sum[:32])
		if out = out[32:]; len(out) > blake2b.Size {
			sum = blake2b.Sum512(sum[:])
		}
	}
	short(out, sum[:])
}

// short is BLAKE2b of at most 64 bytes.
func short(out, in []byte) {
	h, err := blake2b.New(len(out), nil)
	if err != nil {
		panic(err) // a size that is none
	}
	_, _ = h.Write(in) // never fails
	h.Sum(out[:0])
}

// free is memory between two hashes. It is held weakly: a flood of logins uses
// the same few buffers again and again, and a calm server gives them back to
// the collector.
var free struct {
	sync.Mutex
	list []weak.Pointer[[]block]
}

// maxFree bounds the list; what is not on it is collected.
const maxFree = 64

// take returns memory for so many blocks, with anything in it: the first pass
// writes each block before it is read.
func take(size int) *[]block {
	free.Lock()
	defer free.Unlock()
	for len(free.list) > 0 {
		last := len(free.list) - 1
		memory := free.list[last].Value()
		free.list = free.list[:last]
		if memory != nil && cap(*memory) >= size {
			*memory = (*memory)[:size]
			return memory
		}
	}
	memory := make([]block, size)
	return &memory
}

func giveBack(memory *[]block) {
	free.Lock()
	defer free.Unlock()
	if len(free.list) < maxFree {
		free.list = append(free.list, weak.Make(memory))
	}
}
