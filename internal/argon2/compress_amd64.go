package argon2

import "golang.org/x/sys/cpu"

// compressAVX2 is compressGo with add, four words at a time.
//
//go:noescape
func compressAVX2(out, x, y, scratch *block)

func compress(out, x, y, scratch *block, add bool) {
	if !cpu.X86.HasAVX2 {
		compressGo(out, x, y, add)
		return
	}
	if !add {
		if out == x || out == y {
			var copied block
			compressAVX2(&copied, x, y, scratch)
			*out = copied
			return
		}
		*out = block{}
	}
	compressAVX2(out, x, y, scratch)
}
