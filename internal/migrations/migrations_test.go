package migrations_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/holdfast-go/holdfast/internal/migrations"
)

func TestOf(t *testing.T) {
	t.Parallel()
	steps := fstest.MapFS{"00010_b.sql": {}, "00001_a.sql": {}, "00100_c.sql": {}, "README": {}}
	for name, test := range map[string]struct {
		current int64
		want    string
		newer   bool
	}{
		"no tables yet":             {0, "{0 100 [00001_a 00010_b 00100_c]}", false},
		"behind":                    {1, "{1 100 [00010_b 00100_c]}", false},
		"up to date":                {100, "{100 100 []}", false},
		"of a newer program":        {101, "{101 100 []}", true},
		"between what is known now": {50, "{50 100 [00100_c]}", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := migrations.Of(steps, test.current)
			if fmt.Sprint(got) != test.want || (err != nil) != test.newer {
				t.Errorf("Of(%d) = %v, %v, want %s", test.current, got, err, test.want)
			}
		})
	}
	if _, err := migrations.Of(fstest.MapFS{"first.sql": {}}, 0); err == nil {
		t.Error("Of = nil for a step without a number")
	}
}
