#include "textflag.h"

// One register holds a row of BLAKE2b's matrix: A = v0..v3, B = v4..v7,
// C = v8..v11, D = v12..v15. Two matrices (A0.. and A1..) go side by side,
// because each waits for its own multiplications.

DATA rot24<>+0(SB)/8, $0x0201000706050403
DATA rot24<>+8(SB)/8, $0x0a09080f0e0d0c0b
DATA rot24<>+16(SB)/8, $0x0201000706050403
DATA rot24<>+24(SB)/8, $0x0a09080f0e0d0c0b
GLOBL rot24<>(SB), RODATA|NOPTR, $32

DATA rot16<>+0(SB)/8, $0x0100070605040302
DATA rot16<>+8(SB)/8, $0x09080f0e0d0c0b0a
DATA rot16<>+16(SB)/8, $0x0100070605040302
DATA rot16<>+24(SB)/8, $0x09080f0e0d0c0b0a
GLOBL rot16<>(SB), RODATA|NOPTR, $32

#define A0 Y0
#define B0 Y1
#define C0 Y2
#define D0 Y3
#define A1 Y4
#define B1 Y5
#define C1 Y6
#define D1 Y7
#define T0 Y8
#define T1 Y9
#define R24 Y10
#define R16 Y11

// x += y + 2 * low(x) * low(y)
#define ADDMUL(x0, y0, x1, y1) \
	VPMULUDQ x0, y0, T0 \
	VPMULUDQ x1, y1, T1 \
	VPADDQ   y0, x0, x0 \
	VPADDQ   y1, x1, x1 \
	VPADDQ   T0, T0, T0 \
	VPADDQ   T1, T1, T1 \
	VPADDQ   T0, x0, x0 \
	VPADDQ   T1, x1, x1

#define MIX \
	ADDMUL(A0, B0, A1, B1) \
	VPXOR   A0, D0, D0 \
	VPXOR   A1, D1, D1 \
	VPSHUFD $0xB1, D0, D0 \
	VPSHUFD $0xB1, D1, D1 \
	ADDMUL(C0, D0, C1, D1) \
	VPXOR   C0, B0, B0 \
	VPXOR   C1, B1, B1 \
	VPSHUFB R24, B0, B0 \
	VPSHUFB R24, B1, B1 \
	ADDMUL(A0, B0, A1, B1) \
	VPXOR   A0, D0, D0 \
	VPXOR   A1, D1, D1 \
	VPSHUFB R16, D0, D0 \
	VPSHUFB R16, D1, D1 \
	ADDMUL(C0, D0, C1, D1) \
	VPXOR   C0, B0, B0 \
	VPXOR   C1, B1, B1 \
	VPADDQ  B0, B0, T0 \
	VPADDQ  B1, B1, T1 \
	VPSRLQ  $63, B0, B0 \
	VPSRLQ  $63, B1, B1 \
	VPXOR   T0, B0, B0 \
	VPXOR   T1, B1, B1

// The columns, then the diagonals, which turning the rows makes columns.
#define PERMUTE \
	MIX \
	VPERMQ $0x39, B0, B0 \
	VPERMQ $0x39, B1, B1 \
	VPERMQ $0x4E, C0, C0 \
	VPERMQ $0x4E, C1, C1 \
	VPERMQ $0x93, D0, D0 \
	VPERMQ $0x93, D1, D1 \
	MIX \
	VPERMQ $0x93, B0, B0 \
	VPERMQ $0x93, B1, B1 \
	VPERMQ $0x4E, C0, C0 \
	VPERMQ $0x4E, C1, C1 \
	VPERMQ $0x39, D0, D0 \
	VPERMQ $0x39, D1, D1

// r = x ^ y, kept in the scratch block at DI
#define LOADROW(at, r) \
	VMOVDQU at(SI), r \
	VPXOR   at(BX), r, r

#define STORE(at, r) VMOVDQU r, at(DI)

// Of a block column: two words each of the block rows row and row+1.
#define LOADPAIR(row, x, r) \
	VMOVDQU     (row*128)(R8), x \
	VINSERTI128 $1, (row*128+128)(R8), r, r

#define STOREPAIR(row, x, r) \
	VMOVDQU      x, (row*128)(R8) \
	VEXTRACTI128 $1, r, (row*128+128)(R8)

// func compressAVX2(out, x, y, scratch *block)
TEXT ·compressAVX2(SB), NOSPLIT, $0-32
	MOVQ    out+0(FP), DX
	MOVQ    x+8(FP), SI
	MOVQ    y+16(FP), BX
	MOVQ    scratch+24(FP), DI
	VMOVDQU rot24<>(SB), R24
	VMOVDQU rot16<>(SB), R16
	MOVQ    $4, CX

rows:
	LOADROW(0, A0)
	LOADROW(32, B0)
	LOADROW(64, C0)
	LOADROW(96, D0)
	LOADROW(128, A1)
	LOADROW(160, B1)
	LOADROW(192, C1)
	LOADROW(224, D1)
	PERMUTE
	STORE(0, A0)
	STORE(32, B0)
	STORE(64, C0)
	STORE(96, D0)
	STORE(128, A1)
	STORE(160, B1)
	STORE(192, C1)
	STORE(224, D1)
	ADDQ    $256, SI
	ADDQ    $256, BX
	ADDQ    $256, DI
	DECQ    CX
	JNZ     rows

	MOVQ    scratch+24(FP), R8
	MOVQ    $4, CX

columns:
	LOADPAIR(0, X0, Y0)
	LOADPAIR(2, X1, Y1)
	LOADPAIR(4, X2, Y2)
	LOADPAIR(6, X3, Y3)
	ADDQ    $16, R8
	LOADPAIR(0, X4, Y4)
	LOADPAIR(2, X5, Y5)
	LOADPAIR(4, X6, Y6)
	LOADPAIR(6, X7, Y7)
	PERMUTE
	STOREPAIR(0, X4, Y4)
	STOREPAIR(2, X5, Y5)
	STOREPAIR(4, X6, Y6)
	STOREPAIR(6, X7, Y7)
	SUBQ    $16, R8
	STOREPAIR(0, X0, Y0)
	STOREPAIR(2, X1, Y1)
	STOREPAIR(4, X2, Y2)
	STOREPAIR(6, X3, Y3)
	ADDQ    $32, R8
	DECQ    CX
	JNZ     columns

	// out ^= scratch ^ x ^ y
	MOVQ    scratch+24(FP), DI
	MOVQ    x+8(FP), SI
	MOVQ    y+16(FP), BX
	MOVQ    $16, CX

sum:
	VMOVDQU (DI), Y0
	VMOVDQU 32(DI), Y1
	VPXOR   (SI), Y0, Y0
	VPXOR   32(SI), Y1, Y1
	VPXOR   (BX), Y0, Y0
	VPXOR   32(BX), Y1, Y1
	VPXOR   (DX), Y0, Y0
	VPXOR   32(DX), Y1, Y1
	VMOVDQU Y0, (DX)
	VMOVDQU Y1, 32(DX)
	ADDQ    $64, DI
	ADDQ    $64, SI
	ADDQ    $64, BX
	ADDQ    $64, DX
	DECQ    CX
	JNZ     sum
	VZEROUPPER
	RET
