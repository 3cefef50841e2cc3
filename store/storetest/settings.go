package storetest

import (
	"context"
	"testing"
)

// Settings is what a store keeps of a program's choices.
type Settings interface {
	Setting(ctx context.Context, name string) (string, error)
	SetOnce(ctx context.Context, name, value string) (stored string, err error)
	ReplaceSetting(ctx context.Context, name, old, value string) (stored string, err error)
	Generation() uint64
	Ping(ctx context.Context) error
}

// RunSettings runs the suite for settings. Open makes a new, empty store for a
// test, and closes it when the test ends.
func RunSettings(t *testing.T, open func(t *testing.T) Settings) {
	for name, test := range map[string]func(*testing.T, Settings){
		"a setting is chosen once":              testSetOnce,
		"a setting is replaced by who knows it": testReplaceSetting,
		"a setting is replaced alone":           testOtherSettings,
		"of concurrent choices one holds":       testSettingRace,
		"a store that can be read says so":      testPing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func testSetOnce(t *testing.T, store Settings) {
	expect(t, "Setting before it is chosen", "")(store.Setting(t.Context(), "color"))
	before := store.Generation()
	expect(t, "SetOnce(red)", "red")(store.SetOnce(t.Context(), "color", "red"))
	if store.Generation() == before {
		t.Error("the generation did not change with a setting")
	}
	expect(t, "SetOnce(blue)", "red")(store.SetOnce(t.Context(), "color", "blue"))
	expect(t, "Setting", "red")(store.Setting(t.Context(), "color"))
}

func testReplaceSetting(t *testing.T, store Settings) {
	expect(t, "SetOnce(red)", "red")(store.SetOnce(t.Context(), "color", "red"))
	expect(t, "ReplaceSetting(blue, green)", "red")(store.ReplaceSetting(t.Context(), "color", "blue", "green"))
	expect(t, "ReplaceSetting(red, green)", "green")(store.ReplaceSetting(t.Context(), "color", "red", "green"))
	expect(t, "Setting", "green")(store.Setting(t.Context(), "color"))
	expect(t, "ReplaceSetting of none", "")(store.ReplaceSetting(t.Context(), "size", "small", "large"))
	expect(t, "Setting of none", "")(store.Setting(t.Context(), "size"))
}

func testOtherSettings(t *testing.T, store Settings) {
	expect(t, "SetOnce", "red")(store.SetOnce(t.Context(), "color", "red"))
	expect(t, "SetOnce", "red")(store.SetOnce(t.Context(), "other", "red"))
	expect(t, "ReplaceSetting", "green")(store.ReplaceSetting(t.Context(), "color", "red", "green"))
	expect(t, "Setting", "red")(store.Setting(t.Context(), "other"))
}

func testSettingRace(t *testing.T, store Settings) {
	stored := make(chan string, 8)
	for i := range cap(stored) {
		go func() {
			value, err := store.SetOnce(context.Background(), "color", string(rune('a'+i)))
			if err != nil {
				t.Error(err)
			}
			stored <- value
		}()
	}
	first := <-stored
	for range cap(stored) - 1 {
		if other := <-stored; other != first || other == "" {
			t.Errorf("one call of SetOnce returned %q, another %q", first, other)
		}
	}
}

func testPing(t *testing.T, store Settings) {
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := store.Ping(ended); err == nil {
		t.Error("Ping in a context that has ended = nil")
	}
}
