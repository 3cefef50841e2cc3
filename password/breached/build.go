package breached

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/FastFilter/xorfilter"
)

// Config says how a filter is made.
type Config struct {
	Bits     int // how sure it is, 8 or 16; 16 if zero
	MinCount int // leaves out what was found less often, if the list says how often; nothing if zero

	// Progress is called after each million lines. Nothing is called if nil.
	Progress func(Stats)
}

// Stats is what was done so far.
type Stats struct {
	Lines   int64  `json:"lines"`
	Entries uint64 `json:"entries"`
	Bytes   uint64 `json:"bytes"` // of the filter
}

// perShard is how many entries are in memory at once, for which the work takes 40 MiB.
const perShard = 1 << 20

// Build makes a filter of a list: a line for each password with its SHA-1 in
// hexadecimal digits and perhaps a colon and how often it was found, in the order of
// the hashes, also compressed by gzip. What it has in memory does not grow with the
// list. Its error names the line that is wrong; what was written until then is of no
// use.
func Build(ctx context.Context, list io.Reader, out io.Writer, config Config) (Stats, error) {
	if config.Bits == 0 {
		config.Bits = 16
	}
	if config.Bits != 8 && config.Bits != 16 {
		return Stats{}, fmt.Errorf("breached: %d bits, where it may be 8 or 16", config.Bits)
	}
	sum := sha256.New()
	buffered := bufio.NewWriterSize(out, 1<<20)
	b := &building{config: config, out: io.MultiWriter(buffered, sum), keys: make([]uint64, 0, perShard)}
	if err := b.write(head(config.Bits)); err != nil {
		return b.stats, err
	}
	if err := b.readAll(ctx, list); err != nil {
		return b.stats, err
	}
	if err := b.finish(sum); err != nil {
		return b.stats, err
	}
	return b.stats, buffered.Flush()
}

// building is a filter in progress.
type building struct {
	config  Config
	out     io.Writer
	builder xorfilter.BinaryFuseBuilder
	keys    []uint64 // of the shard that is read
	last    [20]byte
	shards  []shard
	stats   Stats
}

func (b *building) write(data []byte) error {
	n, err := b.out.Write(data)
	b.stats.Bytes += uint64(n) //nolint:gosec // not negative
	return err
}

// plainOf is a list that may be compressed.
func plainOf(list io.Reader) (*bufio.Reader, error) {
	r := bufio.NewReaderSize(list, 1<<20)
	if begin, _ := r.Peek(2); !bytes.Equal(begin, []byte{0x1f, 0x8b}) {
		return r, nil
	}
	plain, err := gzip.NewReader(r)
	return bufio.NewReaderSize(plain, 1<<20), err
}

func (b *building) readAll(ctx context.Context, list io.Reader) error {
	r, err := plainOf(list)
	if err != nil {
		return fmt.Errorf("breached: %w", err)
	}
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return fmt.Errorf("breached: line %d has no end", b.stats.Lines+1)
		}
		if len(line) > 0 {
			b.stats.Lines++
			if err := b.take(bytes.TrimSpace(line)); err != nil {
				return fmt.Errorf("breached: line %d %w", b.stats.Lines, err)
			}
			if err := b.pause(ctx); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return b.flush()
		}
		if err != nil {
			return fmt.Errorf("breached: %w", err)
		}
	}
}

// pause tells how far it came, and stops if it is to.
func (b *building) pause(ctx context.Context) error {
	const some = 1 << 16
	if b.stats.Lines%some == 0 && ctx.Err() != nil {
		return ctx.Err()
	}
	if b.stats.Lines%1_000_000 == 0 && b.config.Progress != nil {
		b.config.Progress(b.stats)
	}
	return nil
}

// take reads a line. Its errors are to be read after the number of the line.
func (b *building) take(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	digits, often, counted := bytes.Cut(line, []byte(":"))
	var hash [20]byte
	if n, err := hex.Decode(hash[:], digits[:min(len(digits), 40)]); err != nil || n != len(hash) || len(digits) != 40 {
		return errors.New("does not begin with a SHA-1 in 40 hexadecimal digits")
	}
	if counted {
		count, err := strconv.Atoi(string(bytes.TrimSpace(often)))
		if err != nil {
			return errors.New("has no number after its colon")
		}
		if count < b.config.MinCount {
			return nil
		}
	}
	switch order := bytes.Compare(hash[:], b.last[:]); {
	case order < 0:
		return errors.New("comes before the one above it: the list has to be in the order of the hashes (LC_ALL=C sort, or the list that is ordered by hash)")
	case order == 0 && b.stats.Entries > 0:
		return nil // twice
	}
	b.last = hash
	return b.add(binary.BigEndian.Uint64(hash[:]))
}

func (b *building) add(key uint64) error {
	if n := len(b.keys); n > 0 && b.keys[n-1] == key {
		return nil
	}
	if len(b.keys) == perShard {
		if err := b.flush(); err != nil {
			return err
		}
	}
	b.keys = append(b.keys, key)
	b.stats.Entries++
	return nil
}

// flush writes the filter of the entries that were read.
func (b *building) flush() error {
	if len(b.keys) == 0 {
		return nil
	}
	first, offset := b.keys[0], b.stats.Bytes
	write := writeShard[uint16]
	if b.config.Bits == 8 {
		write = writeShard[uint8]
	}
	made, err := write(b)
	made.first, made.offset = first, offset
	b.shards, b.keys = append(b.shards, made), b.keys[:0]
	return err
}

func writeShard[T uint8 | uint16](b *building) (shard, error) {
	made, err := xorfilter.BuildBinaryFuse[T](&b.builder, b.keys)
	if err != nil {
		return shard{}, err
	}
	data := make([]byte, 0, len(made.Fingerprints)*b.config.Bits/8)
	for _, one := range made.Fingerprints {
		if b.config.Bits == 8 {
			data = append(data, byte(one))
		} else {
			data = binary.BigEndian.AppendUint16(data, uint16(one))
		}
	}
	return shard{seed: made.Seed, length: made.SegmentLength, count: made.SegmentCountLength}, b.write(data)
}

// finish writes what stands behind the fingerprints.
func (b *building) finish(sum interface{ Sum(b []byte) []byte }) error {
	if b.stats.Entries == 0 {
		return errors.New("breached: the list has nothing that counts")
	}
	start := b.stats.Bytes
	var directory []byte
	for _, one := range b.shards {
		directory = one.appendTo(directory)
	}
	directory = binary.BigEndian.AppendUint64(directory, start)
	directory = binary.BigEndian.AppendUint64(directory, uint64(len(b.shards)))
	directory = binary.BigEndian.AppendUint64(directory, b.stats.Entries)
	if err := b.write(directory); err != nil {
		return err
	}
	return b.write(sum.Sum(nil))
}
