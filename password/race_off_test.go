//go:build !race

package password_test

const raceDetector = false
