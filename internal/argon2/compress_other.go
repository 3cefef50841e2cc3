//go:build !amd64

package argon2

func compress(out, x, y, _ *block, add bool) { compressGo(out, x, y, add) }
