//go:build !holdfast_insecure_no_dummy

package account

// dummyVerification is false in a build that shows that the timing test can
// fail: see `make timing`.
const dummyVerification = true
