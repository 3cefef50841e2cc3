package tiny

import "testing"

func TestAdult(t *testing.T) {
	for age, want := range map[int]bool{5: false, 18: true} {
		if got, err := Adult(age); got != want || err != nil {
			t.Errorf("Adult(%d) = %v, %v, want %v", age, got, err, want)
		}
	}
}

func TestSum(t *testing.T) {
	if got := Sum(1, 2); got != 3 {
		t.Errorf("Sum(1, 2) = %d, want 3", got)
	}
}

func TestFull(t *testing.T) {
	if got := Full("Anna", "Karenina"); got != "Anna Karenina" {
		t.Errorf("Full = %q, want Anna Karenina", got)
	}
}
