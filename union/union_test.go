package union_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/union"
)

type (
	Cat struct {
		Kind string `json:"kind" const:"cat"`
		Name string `json:"name"`
	}
	Dog struct {
		Kind string `json:"kind" const:"dog"`
		Bark int    `json:"bark"`
	}
	Bird struct {
		base
		Songs []string `json:"songs"`
	}
	base struct {
		Kind string `json:"kind" const:"bird"`
	}
	Fish struct {
		Kind string `json:"kind" const:"fish"`
	}
)

func Example() {
	type input struct {
		Body union.Of2[Cat, Dog]
	}
	app := holdfast.New("Pets", "1.0.0")
	holdfast.Post(app, "/pets", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in input) (string, error) {
		switch pet := in.Body.Value().(type) {
		case Cat:
			return pet.Name + " purrs", nil
		case Dog:
			return strings.Repeat("woof", pet.Bark), nil
		}
		return "", nil
	})
	for _, body := range []string{`{"kind":"cat","name":"Tom"}`, `{"kind":"dog","bark":2}`, `{"kind":"cow"}`} {
		r := httptest.NewRequest("POST", "/pets", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 "Tom purrs"
	// 200 "woofwoof"
	// 422 {"detail":[{"type":"union_tag_invalid","loc":["body"],"msg":"Input tag 'cow' found using 'kind' does not match any of the expected tags: 'cat', 'dog'","ctx":{"discriminator":"'kind'","expected_tags":"'cat', 'dog'","tag":"cow"}}]}
}

type four = union.Of4[Cat, Dog, Bird, Fish]

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	for text, u := range map[string]four{
		`{"kind":"cat","name":"a"}`:     {A: &Cat{Kind: "cat", Name: "a"}},
		`{"kind":"dog","bark":1}`:       {B: &Dog{Kind: "dog", Bark: 1}},
		`{"kind":"bird","songs":["x"]}`: {C: &Bird{base{"bird"}, []string{"x"}}},
		`{"kind":"fish"}`:               {D: &Fish{"fish"}},
	} {
		data, err := json.Marshal(u)
		if err != nil || string(data) != text {
			t.Errorf("%+v is written as %s, %v, want %s", u.Value(), data, err, text)
		}
		var back four
		if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, u) {
			t.Errorf("%s is read as %+v, %v, want %+v", data, back, err, u)
		}
	}
}

func TestADiscriminatorIsFilledIn(t *testing.T) {
	t.Parallel()
	cat := &Cat{Name: "a"}
	if data, err := json.Marshal(union.Of2[Cat, Dog]{A: cat}); err != nil || string(data) != `{"kind":"cat","name":"a"}` || cat.Kind != "" {
		t.Errorf("written as %s, %v; the cat is %+v, want it as it was", data, err, cat)
	}
	if data, err := json.Marshal(union.Of3[Cat, Dog, Bird]{C: &Bird{}}); err != nil || string(data) != `{"kind":"bird","songs":null}` {
		t.Errorf("written as %s, %v", data, err)
	}
}

func TestWhatIsNoValueOfAUnion(t *testing.T) {
	t.Parallel()
	type pair = union.Of2[Cat, Dog]
	for name, u := range map[string]any{
		"none of them": pair{}, "two of them": pair{A: &Cat{}, B: &Dog{}}, "the wrong tag": pair{A: &Cat{Kind: "dog"}},
		"types that are not told apart": union.Of2[Cat, Cat]{A: &Cat{}},
	} {
		if data, err := json.Marshal(u); err == nil {
			t.Errorf("%s: written as %s, want an error", name, data)
		}
	}
	for _, text := range []string{`{}`, `{"kind":"cow"}`, `{"kind":5}`, `[]`, `{"kind":"dog","bark":"x"}`} {
		var u pair
		if err := json.Unmarshal([]byte(text), &u); err == nil {
			t.Errorf("%s is read as %+v, want an error", text, u)
		}
	}
	u := pair{A: &Cat{}}
	if err := json.Unmarshal([]byte("null"), &u); err != nil || u != (pair{}) || u.Value() != nil {
		t.Errorf("null is read as %+v, %v", u, err)
	}
	var other union.Of2[Cat, Cat]
	if err := json.Unmarshal([]byte(`{"kind":"cat"}`), &other); err == nil {
		t.Errorf("read as %+v, want an error", other)
	}
	var three union.Of3[Cat, Dog, Fish]
	if err := json.Unmarshal([]byte(`{"kind":"fish"}`), &three); err != nil || three.Value() != (Fish{"fish"}) {
		t.Errorf("read as %+v, %v", three.Value(), err)
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, text := range []string{`{"kind":"cat","name":"a"}`, `{"kind":"bird","songs":[]}`, `{"kind":"fish","kind":"dog"}`, `null`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var u, back four
		if json.Unmarshal([]byte(text), &u) != nil || u.Value() == nil {
			return
		}
		data, err := json.Marshal(u)
		if err != nil || json.Unmarshal(data, &back) != nil || !reflect.DeepEqual(back, u) {
			t.Errorf("%q is %+v, written as %s, %v, and read as %+v", text, u.Value(), data, err, back.Value())
		}
	})
}
