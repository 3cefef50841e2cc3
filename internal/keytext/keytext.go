// Package keytext is how an API key is written: a prefix that says of what kind
// it is, 256 random bits in base62, and a checksum in base62. Who searches source
// code and logs for leaked keys finds it by its [Pattern], and tells it from other
// text without asking anyone.
package keytext

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/bits"
)

// The prefixes.
const (
	Person  = "hfp_" // a user's own
	Service = "hfk_" // a client's, which calls for itself
)

// Pattern finds keys in a text, as a regular expression of RE2 and of all that
// know more. What it finds is a key if [Parse] says so.
const Pattern = `\bhf[pk]_[0-9A-Za-z]{49}\b`

const (
	alphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	prefixLen = len(Person)
	bodyLen   = 43 // 62^43 is a little more than 2^256
	sumLen    = 6  // 62^6 is a little more than 2^32

	// Len is how many letters a key has.
	Len = prefixLen + bodyLen + sumLen
)

// New makes a key of 256 bits that it reads from random. The prefix is one of the
// two.
func New(random io.Reader, prefix string) (string, error) {
	if prefix != Person && prefix != Service {
		return "", errors.New("keytext: no prefix of a key: " + prefix)
	}
	var secret [32]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return "", err
	}
	var limbs [4]uint64
	for i := range limbs {
		limbs[i] = binary.BigEndian.Uint64(secret[8*i:])
	}
	var out [Len]byte
	copy(out[:], prefix)
	for i := prefixLen + bodyLen - 1; i >= prefixLen; i-- {
		out[i] = alphabet[divide(&limbs)]
	}
	sum := uint64(checksum(string(out[:prefixLen+bodyLen])))
	for i := Len - 1; i >= prefixLen+bodyLen; i-- {
		out[i] = alphabet[sum%62]
		sum /= 62
	}
	return string(out[:]), nil
}

// divide divides a number of 256 bits by 62 and returns what is left over.
func divide(limbs *[4]uint64) (rest uint64) {
	for i := range limbs {
		limbs[i], rest = bits.Div64(rest, limbs[i], 62)
	}
	return rest
}

// Is reports whether a text says of itself that it is a key, right or wrong: by its
// prefix.
func Is(text string) bool {
	return len(text) >= prefixLen && (text[:prefixLen] == Person || text[:prefixLen] == Service)
}

// Parse returns the prefix of a key and reports whether it is one: by its length,
// its letters and its checksum, which say nothing about whether it was ever given
// out. It does not allocate.
func Parse(text string) (prefix string, ok bool) {
	if len(text) != Len || text[:prefixLen] != Person && text[:prefixLen] != Service {
		return "", false
	}
	for i := prefixLen; i < Len; i++ {
		if digit(text[i]) > 61 {
			return "", false
		}
	}
	sum := uint64(0)
	for i := prefixLen + bodyLen; i < Len; i++ {
		sum = sum*62 + uint64(digit(text[i]))
	}
	return text[:prefixLen], sum == uint64(checksum(text[:prefixLen+bodyLen]))
}

// digit is what a letter stands for; more than 61 if for nothing.
func digit(letter byte) byte {
	switch {
	case '0' <= letter && letter <= '9':
		return letter - '0'
	case 'A' <= letter && letter <= 'Z':
		return letter - 'A' + 10
	case 'a' <= letter && letter <= 'z':
		return letter - 'a' + 36
	}
	return 255
}

// checksum is the CRC-32 of IEEE 802.3 that crc32.ChecksumIEEE makes, of a text in
// place: that one wants a slice, for which the text would be copied to the heap.
func checksum(text string) uint32 {
	crc := ^uint32(0)
	for i := range len(text) {
		crc = crc32.IEEETable[byte(crc&0xff)^text[i]] ^ crc>>8
	}
	return ^crc
}
