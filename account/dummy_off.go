//go:build holdfast_insecure_no_dummy

package account

// dummyVerification: see dummy.go.
const dummyVerification = false
