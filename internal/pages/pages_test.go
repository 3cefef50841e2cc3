package pages_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/pages"
)

var hello = pages.New(`{{define "content"}}<h1>{{.}}</h1>{{end}}{{define "beside"}}<p>{{.}}</p>{{end}}`)

func TestEveryPageIsSafe(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		page             pages.Page
		referrer, action string
	}{
		"a page":                      {pages.Page{}, "same-origin", "form-action 'self';"},
		"one whose address is secret": {pages.Page{Secret: true}, "no-referrer", "form-action 'self';"},
		"one that leads elsewhere":    {pages.Page{Leads: []string{"https:"}}, "same-origin", "form-action 'self' https:;"},
	} {
		w := httptest.NewRecorder()
		test.page.Content = "<script>"
		test.page.Site, test.page.Title, test.page.Style = "</title>", `"><b>`, "pages.css"
		if err := hello.Render(w, http.StatusTeapot, test.page); err != nil || w.Code != http.StatusTeapot {
			t.Fatalf("%s: Render = %v, %d", name, err, w.Code)
		}
		for header, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": test.referrer,
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Content-Length": strconv.Itoa(w.Body.Len()),
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s = %q, want %q", name, header, got, want)
			}
		}
		policy := w.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "style-src 'self'", test.action, "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q has no %q", name, policy, want)
			}
		}
		for _, bad := range []string{"<script", "</title></title>", `"><b>`, "unsafe", "style="} {
			if strings.Contains(w.Body.String()+policy, bad) {
				t.Errorf("%s: the page has %q:\n%s", name, bad, w.Body)
			}
		}
	}
}

func TestAPageThatCannotBeMadeSendsNothing(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	err := pages.New(`{{define "content"}}{{.Missing}}{{end}}`).Render(w, http.StatusOK, pages.Page{Content: struct{}{}})
	if err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("Render = %v with %q, want an error and nothing sent", err, w.Body)
	}
}

func TestTheStylesheetIsAskedForOnce(t *testing.T) {
	t.Parallel()
	ask := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/pages.css", nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		pages.ServeStyle(w, r)
		return w
	}
	first := ask("")
	if first.Code != http.StatusOK || first.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("the stylesheet = %d %v", first.Code, first.Header())
	}
	if again := ask(first.Header().Get("Etag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("again = %d with %d bytes, want 304", again.Code, again.Body.Len())
	}
	css := first.Body.String()
	for _, want := range []string{"prefers-color-scheme: dark", "forced-colors: active", ":focus-visible"} {
		if !strings.Contains(css, want) {
			t.Errorf("the stylesheet has no %s", want)
		}
	}
	css = regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(css, "")
	if found := regexp.MustCompile(`url\(|@import|transition|animation|\b(left|right|margin-top|padding-left|text-align: (left|right))\b`).FindAllString(css, -1); len(found) > 0 {
		t.Errorf("the stylesheet loads or moves something, or has directions of its own: %q", found)
	}
}

// The colours can be told apart (WCAG 2.2, 1.4.3 and 1.4.11), in light and dark.
func TestContrast(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	pages.ServeStyle(w, httptest.NewRequest(http.MethodGet, "/pages.css", nil))
	light, dark, found := strings.Cut(w.Body.String(), "@media screen and (prefers-color-scheme: dark)")
	dark, _, _ = strings.Cut(dark, "/* Page */")
	if !found {
		t.Fatal("there is no dark scheme")
	}
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		tokens := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(text, -1) {
			tokens[m[1]] = luminance(t, m[2])
		}
		for _, pair := range []struct {
			on, of string
			least  float64
		}{
			{"back", "text", 7},
			{"surface", "text", 7},
			{"surface", "muted", 4.5},
			{"back", "muted", 4.5},
			{"sunken", "text", 7},
			{"surface", "accent", 4.5},
			{"surface", "accent-strong", 4.5},
			{"accent", "on-accent", 4.5},
			{"accent-strong", "on-accent", 4.5},
			{"surface", "danger", 4.5},
			{"danger-back", "on-danger-back", 4.5},
			{"good-back", "on-good-back", 4.5},
			{"surface", "edge", 3},
			{"surface", "focus", 3},
			{"back", "focus", 3},
		} {
			a, b := tokens[pair.on], tokens[pair.of]
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < pair.least || tokens[pair.of] == 0 && tokens[pair.on] == 0 {
				t.Errorf("%s: --%s on --%s has a contrast of %.1f, want %.1f", scheme, pair.of, pair.on, ratio, pair.least)
			}
		}
	}
}

// luminance is the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var r, g, b int
	if _, err := fmt.Sscanf(hex, "%02x%02x%02x", &r, &g, &b); err != nil {
		t.Fatal(err)
	}
	linear := func(c int) float64 {
		v := float64(c) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
