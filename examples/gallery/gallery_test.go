package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/jwt"
)

// everyCaller makes the gallery with a key of the test's own, and mints its
// callers.
func everyCaller(t *testing.T) (*holdfast.App, holdfasttest.Callers) {
	t.Helper()
	key, err := jwt.SecretKey(jwt.HS256, bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := newVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	subject := func(_ context.Context, who holdfasttest.Caller) (name, session string, err error) {
		if who.Kind == holdfasttest.Revoked || who.Kind == holdfasttest.DisabledUser {
			return "", "", holdfasttest.CannotMint("the gallery has no users; a token is good until it expires")
		}
		return "anna", "", nil
	}
	return newGallery().routes(verifier), mint.Tokens{Key: key, Type: "JWT", Subject: subject}.Callers()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	app, _ := everyCaller(t)
	holdfasttest.Golden(t, app)
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	app, callers := everyCaller(t)
	holdfasttest.Matrix(t, app, "testdata/matrix.txt", callers)
}

// A photo is added once, changed, printed and removed.
func TestAPhoto(t *testing.T) {
	t.Parallel()
	signer, verifier, err := newTokens()
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(jwt.Claims{Subject: "anna", Scope: "photos:read photos:write"})
	if err != nil {
		t.Fatal(err)
	}
	app := newGallery().routes(verifier)
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	for name, value := range map[string]string{"title": "Dawn", "taken": "2026-11-26", "shown": "PT1M"} {
		if err := parts.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := parts.CreateFormFile("file", "dawn.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, "\x89PNG\r\n\x1a\n"); err != nil {
		t.Fatal(err)
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	const photo = `{"id":1,"title":"Dawn","kind":"image/png","size":8,"taken":"2026-11-26","caption":null,"tags":[],"shown":"PT1M","frame":null}`
	for _, step := range []struct {
		method, path, kind, body string
		status                   int
		want                     string
	}{
		{"GET", "/v1/latest", "", "", 404, `"title":"Not Found"`},
		{"POST", "/photos", parts.FormDataContentType(), form.String(), 201, photo},
		{"POST", "/photos", parts.FormDataContentType(), form.String(), 200, photo},
		{"GET", "/v1/latest", "", "", 303, ""},
		{
			"PATCH", "/photos/1", "application/json", `{"taken":null,"caption":"the harbour","frame":{"kind":"round","radius":2}}`, 200,
			`"taken":null,"caption":"the harbour","tags":[],"shown":"PT1M","frame":{"kind":"round","radius":2}`,
		},
		{"PATCH", "/photos/1", "application/json", `{"title":null,"caption":"LOUD"}`, 422, `"loc":["body","caption"],"msg":"Value error, please do not shout"`},
		{"QUERY", "/photos", "application/json", `{"from":"2026-01-01"}`, 200, `[]`},
		{"POST", "/photos/1/prints", "application/json", `{"paper":null}`, 202, `{"copies":1,"paper":null,"before":0}`},
		{"POST", "/photos/1/prints", "application/json", `{"copies":11,"paper":"glossy"}`, 422, `"type":"too_many","loc":["body","copies"]`},
		{"GET", "/photos/1/file", "", "", 200, "\x89PNG\r\n\x1a\n"},
		{"DELETE", "/photos/1", "", "", 204, ""},
		{"GET", "/photos/1", "", "", 404, `{"code":"handler","message":"there is no photo 1","problems":[]}`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), step.method, step.path, strings.NewReader(step.body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", step.kind)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if w.Code != step.status || !strings.Contains(w.Body.String(), step.want) {
			t.Errorf("%s %s %s = %d %s, want %d with %s", step.method, step.path, step.body, w.Code, w.Body, step.status, step.want)
		}
		if where := w.Header().Get("Location"); (step.status/100 == 3 || step.method == http.MethodPost && step.status < 300) && where != "/photos/1" {
			t.Errorf("%s %s says Location %q", step.method, step.path, where)
		}
	}
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	m.Run()
}
