//go:build race

package password_test

// raceDetector makes computing ten times slower.
const raceDetector = true
