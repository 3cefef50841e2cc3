package holdfast_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
)

// Song is called Track in the document, and in the clients made of it, whatever
// it is called here.
type Song struct {
	Title string `json:"title" minLength:"1"`
}

// ComponentName is its name in the document.
func (Song) ComponentName() string { return "Track" }

// Missing is what the handler says when there is no such song.
type Missing struct {
	Detail string `json:"detail"`
}

// The policy and the types are in the document already. What else clients should
// know stands beside them, and an example that does not fit is an error at
// start.
func ExampleDocument() {
	app := holdfast.NewApp(holdfast.Config{Title: "Music", Version: "1.0.0", API: apidoc.API{
		Contact: apidoc.Contact{Name: "The shop", Email: "api@example.org"},
		Tags:    []apidoc.Tag{{Name: "songs", Description: "What is sung"}},
	}})
	songs := app.Group("/songs").With(holdfast.Tags("songs"))
	find := func(context.Context, holdfast.Anyone, holdfast.NoInput) (Song, error) { return Song{}, nil }
	holdfast.Get(songs, "/latest", holdfast.Public(), find, holdfast.Document(apidoc.Operation{
		Deprecated: true,
		Answers: []apidoc.Answer{
			{Status: 200, Examples: []apidoc.Example{{Name: "blue", Value: Song{Title: "Blue in Green"}}}},
			{Status: 404, Type: apidoc.Type[Missing](), Text: "There is none yet"},
		},
	}))

	var document struct {
		Paths map[string]map[string]struct {
			Tags       []string
			Deprecated bool
			Responses  map[string]struct{ Description string }
		}
	}
	data, err := app.OpenAPI()
	if err != nil {
		fmt.Println(err)
	}
	if err := json.Unmarshal(data, &document); err != nil {
		fmt.Println(err)
	}
	operation := document.Paths["/songs/latest"]["get"]
	fmt.Println(operation.Tags, operation.Deprecated, operation.Responses["404"].Description)
	// Output: [songs] true There is none yet
}
