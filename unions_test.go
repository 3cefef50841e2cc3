package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/date"
	"github.com/holdfast-go/holdfast/patch"
	"github.com/holdfast-go/holdfast/union"
)

type (
	Cat struct {
		Kind string `json:"kind" const:"cat"`
		Name string `json:"name" minLength:"1"`
	}
	Dog struct {
		Kind string        `json:"kind" const:"dog"`
		Bark int           `json:"bark"`
		Toys []string      `json:"toys,omitempty"`
		Nap  time.Duration `json:"nap,omitempty"`
	}
	Bird struct {
		Kind  string   `json:"kind" const:"bird"`
		Songs []string `json:"songs,omitempty" default:"tweet"`
	}
	pets = union.Of3[Cat, Dog, Bird]
)

func (d Dog) Validate(context.Context) error {
	if d.Bark > 9 {
		return errors.New("too loud")
	}
	return nil
}

func TestUnions(t *testing.T) {
	t.Parallel()
	app := echoing[pets]()
	expected := `'cat', 'dog', 'bird'`
	invalid := func(tag string) string {
		return `[{"type":"union_tag_invalid","loc":["body"],"msg":"Input tag '` + tag + `' found using 'kind' does not match any of the expected tags: ` + expected + `","ctx":{"discriminator":"'kind'","expected_tags":"` + expected + `","tag":"` + tag + `"}}]`
	}
	checkBodies(t, app, map[string]bodyCase{
		"one":                 {`{"kind":"cat","name":"Tom"}`, `{"kind":"cat","name":"Tom"}`},
		"another":             {`{"bark":2,"kind":"dog","nap":"2h"}`, `{"kind":"dog","bark":2,"nap":"PT2H"}`},
		"one with a default":  {`{"kind":"bird"}`, `{"kind":"bird","songs":["tweet"]}`},
		"no object":           {`5`, `[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":5}]`},
		"null":                {`null`, `[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":null}]`},
		"no tag":              {`{"name":"x"}`, `[{"type":"union_tag_not_found","loc":["body"],"msg":"Unable to extract tag using discriminator 'kind'","ctx":{"discriminator":"'kind'"}}]`},
		"an unknown tag":      {`{"kind":"cow"}`, invalid("cow")},
		"a tag that is none":  {`{"kind":5}`, invalid("5")},
		"a null one":          {`{"kind":null}`, invalid("None")},
		"an object for a tag": {`{"kind":{}}`, invalid("…")},
		"a long one":          {`{"kind":"` + strings.Repeat("x", 100) + `"}`, invalid(strings.Repeat("x", 64) + "…")},
		"what does not fit":   {`{"kind":"cat"}`, `[{"type":"missing","loc":["body","cat","name"],"msg":"Field required","input":null}]`},
		"another's member":    {`{"kind":"cat","name":"x","bark":1}`, `[{"type":"extra_forbidden","loc":["body","cat","bark"],"msg":"Extra inputs are not permitted"}]`},
		"its own check":       {`{"kind":"dog","bark":10}`, `[{"type":"value_error","loc":["body","dog"],"msg":"Value error, too loud","ctx":{"error":{}}}]`},
	})
}

func TestUnionsInsideOfOthers(t *testing.T) {
	t.Parallel()
	type Home struct {
		Pet   pets                               `json:"pet"`
		Maybe *pets                              `json:"maybe"`
		Pets  []pets                             `json:"pets,omitempty" minItems:"1"`
		By    map[string]union.Of2[Cat, Dog]     `json:"by,omitempty"`
		Patch patch.Field[union.Of2[Cat, Bird]]  `json:"patch,omitzero"`
		Other union.Of4[Cat, Dog, Bird, fishing] `json:"other,omitzero"`
	}
	app := echoing[Home]()
	const cat, rest = `{"kind":"cat","name":"a"}`, `{"pet":{"kind":"cat","name":"a"},"maybe":null`
	bad := func(loc string) string {
		return `[{"type":"missing","loc":["body",` + loc + `,"cat","name"],"msg":"Field required","input":null}]`
	}
	checkBodies(t, app, map[string]bodyCase{
		"null where it may be":     {rest + `}`, rest + `}`},
		"in a list":                {rest + `,"pets":[` + cat + `,{"kind":"dog","bark":1}]}`, rest + `,"pets":[` + cat + `,{"kind":"dog","bark":1}]}`},
		"in a list, what is wrong": {rest + `,"pets":[` + cat + `,{"kind":"cat"}]}`, bad(`"pets",1`)},
		"in a map":                 {rest + `,"by":{"x":{"kind":"dog","bark":1,"nap":"1s"}}}`, rest + `,"by":{"x":{"kind":"dog","bark":1,"nap":"PT1S"}}}`},
		"in a map, what is wrong":  {rest + `,"by":{"x":{"kind":"cat"}}}`, bad(`"by","x"`)},
		"in a patch":               {rest + `,"patch":null}`, rest + `,"patch":null}`},
		"in a patch, a value":      {rest + `,"patch":` + cat + `}`, rest + `,"patch":` + cat + `}`},
		"of four":                  {rest + `,"other":{"kind":"fish"}}`, rest + `,"other":{"kind":"fish"}}`},
		"null where it may not be": {`{"pet":null,"maybe":null}`, `[{"type":"model_attributes_type","loc":["body","pet"],"msg":"Input should be a valid dictionary or object to extract fields from","input":null}]`},
	})
	for name, want := range map[string]string{
		"Home": `"pet":{"discriminator":{"mapping":{"bird":"#/components/schemas/Bird","cat":"#/components/schemas/Cat","dog":"#/components/schemas/Dog"},"propertyName":"kind"},"oneOf":[{"$ref":"#/components/schemas/Cat"},{"$ref":"#/components/schemas/Dog"},{"$ref":"#/components/schemas/Bird"}]}`,
		"Cat":  `"kind":{"const":"cat","type":"string"}`,
	} {
		if got := schemaOf(t, app, name); !strings.Contains(got, want) {
			t.Errorf("%s = %s, want %s in it", name, got, want)
		}
	}
}

type fishing struct {
	Kind string `json:"kind" const:"fish"`
}

// What is sent of a union is what is read of it: with its discriminator, and
// with lists that are not null.
func TestUnionsInAnswers(t *testing.T) {
	t.Parallel()
	app := quiet()
	type Flock struct {
		All []union.Of2[Dog, listed] `json:"all"`
	}
	answers := map[string]Flock{
		"/tag":   {All: []union.Of2[Dog, listed]{{A: &Dog{Bark: 1}}, {B: &listed{}}}},
		"/none":  {All: []union.Of2[Dog, listed]{{}}},
		"/wrong": {All: []union.Of2[Dog, listed]{{A: &Dog{Kind: "cat"}}}},
		"/both":  {All: []union.Of2[Dog, listed]{{A: &Dog{}, B: &listed{}}}},
	}
	for path, flock := range answers {
		holdfast.Get(app, path, holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (Flock, error) { return flock, nil })
	}
	for path, want := range map[string]string{
		"/tag":   `200 {"all":[{"kind":"dog","bark":1},{"kind":"list","items":[],"wait":"PT0S"}]}`,
		"/none":  "500 Internal Server Error",
		"/wrong": "500 Internal Server Error",
		"/both":  "500 Internal Server Error",
	} {
		w := send(app, path, "")
		if got := fmt.Sprintf("%d %s", w.Code, w.Body); got != want {
			t.Errorf("GET %s = %s, want %s", path, got, want)
		}
	}
	if kept := answers["/tag"].All; kept[0].A.Kind != "" || kept[1].B.Items != nil {
		t.Errorf("the handler's own values are %+v, want them as they were", kept)
	}
}

type listed struct {
	Kind  string        `json:"kind" const:"list"`
	Items []int         `json:"items"`
	Wait  time.Duration `json:"wait"`
}

func TestUnionsThatCannotBeToldApart(t *testing.T) {
	t.Parallel()
	type plain struct {
		Name string `json:"name"`
	}
	type optional struct {
		Kind string `json:"kind,omitempty" const:"x"`
	}
	type twice struct {
		Kind  string `json:"kind" const:"a"`
		Other string `json:"other" const:"b"`
	}
	type again struct {
		Kind  string `json:"kind" const:"c"`
		Other string `json:"other" const:"d"`
	}
	for name, test := range map[string]struct {
		declare func(*holdfast.App)
		want    string
	}{
		"one has no constant":            {reads[union.Of2[Cat, plain]], "cannot be told apart"},
		"one may be left out":            {reads[union.Of2[Cat, optional]], "cannot be told apart"},
		"one is no struct":               {reads[union.Of2[Cat, int]], "cannot be told apart"},
		"two are alike":                  {reads[union.Of3[Cat, Dog, Cat]], `have the same kind: "cat"`},
		"there are two ways":             {reads[[]union.Of2[twice, again]], "told apart by several members"},
		"in an answer":                   {answers[union.Of2[Cat, plain]], "cannot be told apart"},
		"in a mistake inside of a union": {reads[union.Of2[Cat, misspelt]], `did you mean "minLength"?`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := holdfast.New("Shop", "1")
			test.declare(app)
			if err := app.Err(); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "unions_test.go:") {
				t.Errorf("Err() = %v, want %q and the place", err, test.want)
			}
		})
	}
}

type misspelt struct {
	Kind string `json:"kind" const:"m"`
	Name string `json:"name" minLenght:"2"`
}

func reads[T any](app *holdfast.App) {
	type in struct{ Body T }
	holdfast.Post(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, in) (string, error) { return "", nil })
}

func answers[T any](app *holdfast.App) {
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (out T, err error) { return out, nil })
}

// bag has all that is read and sent in a way of its own.
type bag struct {
	Pet   pets                                `json:"pet"`
	Maybe *pets                               `json:"maybe"`
	By    map[string]pets                     `json:"by"`
	Wait  time.Duration                       `json:"wait"`
	Waits []*time.Duration                    `json:"waits"`
	Late  patch.Field[time.Duration]          `json:"late,omitzero"`
	Text  patch.Field[string]                 `json:"text,omitzero"`
	Inner patch.Field[union.Of2[Dog, listed]] `json:"inner,omitzero"`
	Day   date.Date                           `json:"day,omitzero"`
	Days  []date.Date                         `json:"days,omitempty"`
	Image *Image                              `json:"image"`
}

func drawPet(t *rapid.T) pets {
	switch rapid.IntRange(0, 2).Draw(t, "pet") {
	case 0:
		return pets{A: &Cat{Name: rapid.StringN(1, 5, -1).Draw(t, "name")}}
	case 1:
		return pets{B: &Dog{Bark: rapid.IntRange(-9, 9).Draw(t, "bark"), Nap: drawWait(t)}}
	}
	return pets{C: &Bird{Songs: rapid.SliceOfN(rapid.String(), 1, 2).Draw(t, "songs")}}
}

func drawWait(t *rapid.T) time.Duration { return time.Duration(rapid.Int64().Draw(t, "wait")) }

func drawField[T any](t *rapid.T, value func() T) patch.Field[T] {
	switch rapid.IntRange(0, 2).Draw(t, "field") {
	case 0:
		return patch.Null[T]()
	case 1:
		return patch.Value(value())
	}
	return patch.Field[T]{}
}

func drawDay(t *rapid.T) date.Date {
	return date.Of(time.Date(rapid.IntRange(1, 9999).Draw(t, "year"), 1, rapid.IntRange(1, 365).Draw(t, "day"), 0, 0, 0, 0, time.UTC))
}

func drawBag(t *rapid.T) bag {
	out := bag{Pet: drawPet(t), Wait: drawWait(t), Text: drawField(t, func() string { return rapid.String().Draw(t, "text") })}
	out.Late = drawField(t, func() time.Duration { return drawWait(t) })
	out.Inner = drawField(t, func() union.Of2[Dog, listed] {
		return union.Of2[Dog, listed]{B: &listed{Items: []int{1}, Wait: drawWait(t)}}
	})
	if rapid.Bool().Draw(t, "more") {
		pet, wait := drawPet(t), drawWait(t)
		out.Maybe, out.By = &pet, map[string]pets{rapid.String().Draw(t, "key"): drawPet(t)}
		out.Waits, out.Day, out.Days = []*time.Duration{nil, &wait}, drawDay(t), []date.Date{drawDay(t)}
		out.Image = &Image{}
	}
	return out
}

// What is sent is read as what it was, and fits the schema that the document has
// for it.
func TestWhatIsSentIsReadBack(t *testing.T) {
	t.Parallel()
	var now bag
	app := holdfast.New("Echo", "1")
	type in struct{ Body bag }
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (bag, error) { return now, nil })
	holdfast.Post(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in in) (bag, error) { return in.Body, nil })
	shown := parsed(t, app).Answer(t, "GET", "/", "200")
	rapid.Check(t, func(t *rapid.T) {
		now = drawBag(t)
		sent := send(app, "/", "").Body.String()
		if err := shown.Check([]byte(sent)); err != nil {
			t.Errorf("the answer %s does not fit: %v", sent, err)
		}
		if code, back := sendJSON(app, "POST", "/", sent); code != http.StatusOK || back != sent {
			t.Errorf("%s is read back as %d %s", sent, code, back)
		}
	})
}

// Whatever is sent is accepted or refused, never a failure, and what was accepted
// is sent as something that is accepted again.
func FuzzBodies(f *testing.F) {
	app := echoing[bag]()
	f.Add(`{"pet":{"kind":"dog","bark":1,"nap":"1h"},"maybe":null,"by":{"a":{"kind":"bird"}},"wait":"PT1S","waits":[null,"1s"],"image":null}`)
	f.Add(`{"pet":{"kind":"cat","name":"x"},"maybe":{"kind":"bird","songs":["a"]},"by":{},"wait":"-5ns","waits":[],"late":null,"text":"x","day":"2024-02-29","image":{"url":""}}`)
	f.Fuzz(func(t *testing.T, body string) {
		code, answer := sendJSON(app, "POST", "/", body)
		switch code {
		case http.StatusUnprocessableEntity:
		case http.StatusOK:
			if again, back := sendJSON(app, "POST", "/", answer); again != http.StatusOK || back != answer {
				t.Errorf("%q is answered with %s, which is answered with %d %s", body, answer, again, back)
			}
		default:
			t.Errorf("POST %q = %d %s", body, code, answer)
		}
	})
}
