// Package tiny has tests that do not notice everything.
package tiny

import (
	"errors"
	"strconv"
)

// ErrAge is for an age that cannot be.
var ErrAge = errors.New("no such age")

// Adult reports whether somebody of an age is one.
func Adult(age int) (bool, error) {
	if age < 0 {
		return false, ErrAge
	}
	return age >= 18, nil
}

// Sum adds ages.
func Sum(ages ...int) (sum int) {
	for _, age := range ages {
		sum += age
	}
	return sum
}

// Full is the full name, for which there is no minus.
func Full(first, last string) string { return first + " " + last }

// Grown is the age of next year.
func Grown(text string) (age int, err error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, err
	}
	return n + 1, nil
}
