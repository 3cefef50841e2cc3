package argon2

import "math/bits"

// compressGo is G of RFC 9106 section 3.5: of x XOR y, the rows and then the
// columns are permuted, and the result is added to what came in.
func compressGo(out, x, y *block, add bool) {
	var r block
	for i := range r {
		r[i] = x[i] ^ y[i]
	}
	z := r
	for i := 0; i < words; i += 16 {
		permute((*[16]uint64)(z[i:]))
	}
	for i := 0; i < 16; i += 2 {
		var column [16]uint64
		for j := range 8 {
			column[2*j], column[2*j+1] = z[16*j+i], z[16*j+i+1]
		}
		permute(&column)
		for j := range 8 {
			z[16*j+i], z[16*j+i+1] = column[2*j], column[2*j+1]
		}
	}
	for i := range r {
		word := r[i] ^ z[i]
		if add {
			word ^= out[i]
		}
		out[i] = word
	}
}

// permute is P of section 3.6: BLAKE2b's round on a matrix of four by four,
// first its columns and then its diagonals.
func permute(v *[16]uint64) {
	v0, v1, v2, v3 := v[0], v[1], v[2], v[3]
	v4, v5, v6, v7 := v[4], v[5], v[6], v[7]
	v8, v9, v10, v11 := v[8], v[9], v[10], v[11]
	v12, v13, v14, v15 := v[12], v[13], v[14], v[15]
	v0, v4, v8, v12 = half(v0, v4, v8, v12, 32, 24)
	v0, v4, v8, v12 = half(v0, v4, v8, v12, 16, 63)
	v1, v5, v9, v13 = half(v1, v5, v9, v13, 32, 24)
	v1, v5, v9, v13 = half(v1, v5, v9, v13, 16, 63)
	v2, v6, v10, v14 = half(v2, v6, v10, v14, 32, 24)
	v2, v6, v10, v14 = half(v2, v6, v10, v14, 16, 63)
	v3, v7, v11, v15 = half(v3, v7, v11, v15, 32, 24)
	v3, v7, v11, v15 = half(v3, v7, v11, v15, 16, 63)
	v0, v5, v10, v15 = half(v0, v5, v10, v15, 32, 24)
	v0, v5, v10, v15 = half(v0, v5, v10, v15, 16, 63)
	v1, v6, v11, v12 = half(v1, v6, v11, v12, 32, 24)
	v1, v6, v11, v12 = half(v1, v6, v11, v12, 16, 63)
	v2, v7, v8, v13 = half(v2, v7, v8, v13, 32, 24)
	v2, v7, v8, v13 = half(v2, v7, v8, v13, 16, 63)
	v3, v4, v9, v14 = half(v3, v4, v9, v14, 32, 24)
	v3, v4, v9, v14 = half(v3, v4, v9, v14, 16, 63)
	v[0], v[1], v[2], v[3] = v0, v1, v2, v3
	v[4], v[5], v[6], v[7] = v4, v5, v6, v7
	v[8], v[9], v[10], v[11] = v8, v9, v10, v11
	v[12], v[13], v[14], v[15] = v12, v13, v14, v15
}

// half is half of GB: multiplications are BlaMka's change to BLAKE2b.
func half(a, b, c, d uint64, r, s int) (uint64, uint64, uint64, uint64) {
	a += b + 2*low(a)*low(b)
	d = bits.RotateLeft64(d^a, -r)
	c += d + 2*low(c)*low(d)
	b = bits.RotateLeft64(b^c, -s)
	return a, b, c, d
}

// low is the lower half.
func low(x uint64) uint64 { return x & 0xffffffff }
