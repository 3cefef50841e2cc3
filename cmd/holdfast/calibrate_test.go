package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/password"
)

func TestCalibrate(t *testing.T) {
	t.Parallel()
	list := []choice{
		{Scheme: "cheap", scheme: password.Argon2id(password.Argon2Params{Memory: 64, Time: 1}), memory: 0.0625},
		{Scheme: "dear", scheme: password.Bcrypt(8)},
	}
	var out, progress strings.Builder
	std := streams{nil, &out, &progress}
	if err := (&passwordCalibrate{Target: time.Hour}).compare(t.Context(), std, list); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "this machine affords cheap.") || strings.Contains(text, "over") || !strings.Contains(progress.String(), "measuring dear") {
		t.Errorf("calibrate says\n%s", text)
	}
	out.Reset()
	if err := (&passwordCalibrate{Target: 1}).compare(t.Context(), std, list); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "over 1ns") || !strings.Contains(text, "nothing that is recommended") {
		t.Errorf("calibrate of a nanosecond says\n%s", text)
	}
	out.Reset()
	if err := (&passwordCalibrate{Target: time.Hour, JSON: true}).compare(t.Context(), std, list); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Choices []choice `json:"choices"`
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil || len(got.Choices) != 2 || got.Choices[1].Milliseconds <= 0 || got.Choices[1].PerSecond <= 0 {
		t.Errorf("calibrate --json says %v\n%s", err, out.String())
	}
}
