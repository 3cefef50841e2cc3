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

func TestGrown(t *testing.T) {
	if got, err := Grown("17"); got != 18 || err != nil {
		t.Errorf("Grown(17) = %d, %v, want 18", got, err)
	}
	if got, err := Grown("x"); got != 0 || err == nil {
		t.Errorf("Grown(x) = %d, %v, want 0 and an error", got, err)
	}
}
