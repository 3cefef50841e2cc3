package main

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast"
)

func init() { features["bodies"] = bodies } //nolint:gochecknoinits // each feature in a file of its own

type anItem struct {
	Name        string   `json:"name"`
	Description *string  `json:"description"`
	Price       float64  `json:"price"`
	Tax         *float64 `json:"tax"`
}

type readItem struct {
	Name        string   `json:"name"`
	Description *string  `json:"description,omitempty"`
	Price       float64  `json:"price"`
	Tax         *float64 `json:"tax,omitempty"`
}

type (
	image struct {
		URL  string `json:"url"`
		Name string `json:"name"`
	}
	order struct {
		ID      int            `json:"id"`
		Images  []image        `json:"images"`
		Main    image          `json:"main"`
		Tags    []string       `json:"tags"`
		Ratings map[string]int `json:"ratings"`
	}
	manyTypes struct {
		I   *int           `json:"i,omitempty"`
		F   *float64       `json:"f,omitempty"`
		S   *string        `json:"s,omitempty"`
		B   *bool          `json:"b,omitempty"`
		U   *string        `json:"u,omitempty" format:"uuid"`
		T   *time.Time     `json:"t,omitempty"`
		E   *string        `json:"e,omitempty" enum:"a,b"`
		N   int            `json:"n" default:"0"`
		L   []int          `json:"l,omitempty"`
		M   map[string]int `json:"m,omitempty"`
		LL  [][]int        `json:"ll,omitempty"`
		Any any            `json:"any,omitempty"`
	}
	sentTypes struct {
		I   *int           `json:"i"`
		F   *float64       `json:"f"`
		S   *string        `json:"s"`
		B   *bool          `json:"b"`
		U   *string        `json:"u" format:"uuid"`
		T   *time.Time     `json:"t"`
		E   *string        `json:"e" enum:"a,b"`
		N   int            `json:"n"`
		L   []int          `json:"l"`
		M   map[string]int `json:"m"`
		LL  [][]int        `json:"ll"`
		Any any            `json:"any"`
	}
	bounds struct {
		Age  int      `json:"age" minimum:"18" exclusiveMaximum:"100"`
		Size float64  `json:"size" exclusiveMinimum:"0" maximum:"2.5"`
		Name string   `json:"name" minLength:"2" maxLength:"5"`
		Code string   `json:"code" pattern:"^[A-Z]{3}$"`
		Step int      `json:"step" multipleOf:"5"`
		Tags []string `json:"tags" minItems:"1" maxItems:"3"`
	}
	renamed struct {
		UserName  string `json:"userName"`
		ItemCount int    `json:"itemCount" default:"0"`
	}
	sentRenamed struct {
		UserName  string `json:"userName"`
		ItemCount int    `json:"itemCount"`
	}
	node struct {
		Name     string `json:"name"`
		Children []node `json:"children,omitempty"`
	}
	secretBody struct {
		Username string `json:"username"`
		Password string `json:"password" format:"password" minLength:"8"`
	}
)

func bodies(app *holdfast.App) {
	send(app, "/items", func(in readItem) anItem { return anItem(in) })
	send(app, "/nested", func(in order) m { return m{"id": in.ID, "images": len(in.Images)} })
	send(app, "/types", func(in manyTypes) sentTypes { return sentTypes(in) })
	send(app, "/bounds", func(bounds) okay { return okay{true} })
	send(app, "/list", func(in []readItem) m { return m{"n": len(in)} })
	send(app, "/ints", func(in []int) m { return m{"n": len(in)} })
	send(app, "/map", func(in map[string]float64) map[string]float64 { return in })
	send(app, "/int", func(in int) v[int] { return v[int]{in} })
	send(app, "/str", func(in string) v[string] { return v[string]{in} })
	send(app, "/any", func(in any) v[any] { return v[any]{in} })
	send(app, "/renamed", func(in renamed) sentRenamed { return sentRenamed(in) })
	send(app, "/tree", func(in node) m { return m{"children": len(in.Children)} })
	send(app, "/secret", func(in secretBody) m { return m{"username": in.Username} })
	holdfast.Get(app, "/with-get", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (okay, error) { return okay{true}, nil })
	bodiesAndParams(app)
}

type (
	putIn struct {
		ID   int     `path:"item_id"`
		Q    *string `query:"q"`
		Body readItem
	}
	optionalIn struct {
		Body *readItem `required:"false"`
	}
	pageIn struct {
		Limit int `query:"limit" default:"5" maximum:"10"`
	}
	mixedIn struct {
		P    int `path:"p" minimum:"1"`
		Q    int `query:"q" required:"true"`
		Body readItem
	}
)

func bodiesAndParams(app *holdfast.App) {
	holdfast.Put(app, "/items/{item_id}", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in putIn) (m, error) {
		return m{"item_id": in.ID, "q": in.Q, "name": in.Body.Name}, nil
	})
	holdfast.Post(app, "/optional", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in optionalIn) (m, error) {
		return m{"given": in.Body != nil}, nil
	})
	app.Handle("POST /mixed/{p}", holdfast.To1(holdfast.Public(), holdfast.Params[pageIn](), func(_ context.Context, _ holdfast.Anyone, page pageIn, in mixedIn) (m, error) {
		return m{"p": in.P, "limit": page.Limit, "q": in.Q, "name": in.Body.Name}, nil
	}))
}
