package breached

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// A file is, with all numbers in network order:
//
//	head          HFBREACH, the version, the bits of a fingerprint
//	fingerprints  of one shard after the other
//	directory     of each shard: first hash, offset, seed, length of a segment, count
//	tail          offset of the directory, number of shards, number of entries,
//	              and SHA-256 of all before that
const (
	magic      = "HFBREACH"
	version    = 1
	headSize   = len(magic) + 8
	recordSize = 32
	countsSize = 24
	tailSize   = countsSize + sha256.Size
	mostShards = 1 << 20 // of a million entries each
)

func head(bits int) []byte {
	out := binary.BigEndian.AppendUint32([]byte(magic), version)
	return binary.BigEndian.AppendUint32(out, uint32(bits)) //nolint:gosec // 8 or 16
}

func (s shard) appendTo(out []byte) []byte {
	out = binary.BigEndian.AppendUint64(out, s.first)
	out = binary.BigEndian.AppendUint64(out, s.offset)
	out = binary.BigEndian.AppendUint64(out, s.seed)
	out = binary.BigEndian.AppendUint32(out, s.length)
	return binary.BigEndian.AppendUint32(out, s.count)
}

func parseShard(b []byte) shard {
	return shard{
		first: binary.BigEndian.Uint64(b), offset: binary.BigEndian.Uint64(b[8:]), seed: binary.BigEndian.Uint64(b[16:]),
		length: binary.BigEndian.Uint32(b[24:]), count: binary.BigEndian.Uint32(b[28:]),
	}
}

// read takes in the directory and makes sure of the rest.
func (f *Filter) read(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if !info.Mode().IsRegular() || size < int64(headSize+tailSize) {
		return ErrDamaged
	}
	first, tail := make([]byte, headSize), make([]byte, tailSize)
	_, err1 := file.ReadAt(first, 0)
	_, err2 := file.ReadAt(tail, size-int64(tailSize))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	switch {
	case bytes.Equal(first, head(8)):
		f.bits = 8
	case bytes.Equal(first, head(16)):
		f.bits = 16
	default:
		return ErrDamaged
	}
	if err := checkSum(file, size, tail[countsSize:]); err != nil {
		return err
	}
	start, shards := binary.BigEndian.Uint64(tail), binary.BigEndian.Uint64(tail[8:])
	f.entries = binary.BigEndian.Uint64(tail[16:])
	if shards > mostShards || start > uint64(size) || start+shards*recordSize+uint64(tailSize) != uint64(size) {
		return ErrDamaged
	}
	return f.readShards(io.NewSectionReader(file, int64(start), int64(shards)*recordSize), start) //nolint:gosec // no more than the file's size
}

// readShards reads the directory, which begins where the fingerprints end.
func (f *Filter) readShards(in io.Reader, end uint64) error {
	for {
		var record [recordSize]byte
		_, err := io.ReadFull(in, record[:])
		switch {
		case errors.Is(err, io.EOF):
			if !inOrder(f.shards) {
				return ErrDamaged
			}
			return nil
		case err != nil:
			return err
		}
		one := parseShard(record[:])
		fingerprints := uint64(one.count) + 2*uint64(one.length)
		if one.length == 0 || one.length&(one.length-1) != 0 || one.count == 0 || one.count%one.length != 0 ||
			one.offset < uint64(headSize) || one.offset > end || fingerprints*uint64(f.bits/8) > end-one.offset { //nolint:gosec // 8 or 16
			return ErrDamaged
		}
		f.shards = append(f.shards, one)
	}
}

func checkSum(file io.ReaderAt, size int64, want []byte) error {
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, io.NewSectionReader(file, 0, size-sha256.Size), make([]byte, 1<<20)); err != nil {
		return err
	}
	if !bytes.Equal(sum.Sum(nil), want) {
		return fmt.Errorf("%w: its checksum is another", ErrDamaged)
	}
	return nil
}
