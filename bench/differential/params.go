package main

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast"
)

func init() { features["params"] = params } //nolint:gochecknoinits // each feature in a file of its own

func params(app *holdfast.App) {
	echo[must[int]](app, "/int")
	echo[must[float64]](app, "/float")
	echo[must[bool]](app, "/bool")
	echo[must[string]](app, "/str")
	echo[must[time.Time]](app, "/datetime")
	echo[must[[]int]](app, "/list-int")
	echo[must[[]string]](app, "/list-str")
	echo[must[[]bool]](app, "/list-bool")
	echo[may[*int]](app, "/opt-int")
	echo[may[*string]](app, "/opt-str")
	echo[may[*bool]](app, "/opt-bool")
	echo[may[*float64]](app, "/opt-float")
	constrainedParams(app)
	pathParams(app)
	headerParams(app)
	severalParams(app)
}

type (
	uuidIn struct {
		V string `query:"v" required:"true" format:"uuid"`
	}
	uuidOut struct {
		V string `json:"v" format:"uuid"`
	}
	enumIn struct {
		V string `query:"v" required:"true" enum:"red,green"`
	}
	literalIn struct {
		V string `query:"v" required:"true" enum:"a,b"`
	}
	constIn struct {
		V string `query:"v" required:"true" const:"a"`
	}
	listOptIn struct {
		V []string `query:"v"`
	}
	listDefIn struct {
		V []string `query:"v" default:"a,b"`
	}
	defIntIn struct {
		V int `query:"v" default:"10"`
	}
	defStrIn struct {
		V string `query:"v" default:"fixedquery"`
	}
	defBoolIn struct {
		V bool `query:"v" default:"true"`
	}
	geLeIn struct {
		V int `query:"v" required:"true" minimum:"1" maximum:"5"`
	}
	gtLtIn struct {
		V float64 `query:"v" required:"true" exclusiveMinimum:"0" exclusiveMaximum:"1"`
	}
	floatGeIn struct {
		V float64 `query:"v" required:"true" minimum:"0.5"`
	}
	multipleIn struct {
		V int `query:"v" required:"true" multipleOf:"3"`
	}
	lengthIn struct {
		V string `query:"v" required:"true" minLength:"2" maxLength:"4"`
	}
	lengthOneIn struct {
		V string `query:"v" required:"true" minLength:"1"`
	}
	patternIn struct {
		V string `query:"v" required:"true" pattern:"^fixed$"`
	}
	lengthPatternIn struct {
		V string `query:"v" required:"true" minLength:"3" pattern:"^fixed$"`
	}
	itemsIn struct {
		V []string `query:"v" required:"true" minItems:"2" maxItems:"3"`
	}
	optLengthIn struct {
		V *string `query:"v" minLength:"3"`
	}
	optGeIn struct {
		V *int `query:"v" minimum:"3"`
	}
	aliasIn struct {
		V string `query:"item-query" required:"true"`
	}
)

func (in enumIn) value() string          { return in.V }
func (in literalIn) value() string       { return in.V }
func (in constIn) value() string         { return in.V }
func (in listOptIn) value() []string     { return in.V }
func (in listDefIn) value() []string     { return in.V }
func (in defIntIn) value() int           { return in.V }
func (in defStrIn) value() string        { return in.V }
func (in defBoolIn) value() bool         { return in.V }
func (in geLeIn) value() int             { return in.V }
func (in gtLtIn) value() float64         { return in.V }
func (in floatGeIn) value() float64      { return in.V }
func (in multipleIn) value() int         { return in.V }
func (in lengthIn) value() string        { return in.V }
func (in lengthOneIn) value() string     { return in.V }
func (in patternIn) value() string       { return in.V }
func (in lengthPatternIn) value() string { return in.V }
func (in itemsIn) value() []string       { return in.V }
func (in optLengthIn) value() *string    { return in.V }
func (in optGeIn) value() *int           { return in.V }
func (in aliasIn) value() string         { return in.V }

func constrainedParams(app *holdfast.App) {
	holdfast.Get(app, "/uuid", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in uuidIn) (uuidOut, error) { return uuidOut(in), nil })
	echo[enumIn](app, "/enum")
	echo[literalIn](app, "/literal")
	echo[constIn](app, "/literal-one")
	echo[listOptIn](app, "/list-opt")
	echo[listDefIn](app, "/list-def")
	echo[defIntIn](app, "/def-int")
	echo[defStrIn](app, "/def-str")
	echo[defBoolIn](app, "/def-bool")
	echo[geLeIn](app, "/ge-le")
	echo[gtLtIn](app, "/gt-lt")
	echo[floatGeIn](app, "/float-ge")
	echo[multipleIn](app, "/multiple")
	echo[lengthIn](app, "/length")
	echo[lengthOneIn](app, "/length-one")
	echo[patternIn](app, "/pattern")
	echo[lengthPatternIn](app, "/length-pattern")
	echo[itemsIn](app, "/items")
	echo[optLengthIn](app, "/opt-length")
	echo[optGeIn](app, "/opt-ge")
	echo[aliasIn](app, "/alias")
}

type inPath[T any] struct {
	V T `path:"v"`
}

func (in inPath[T]) value() T { return in.V }

type (
	pathEnumIn struct {
		V string `path:"v" enum:"red,green"`
	}
	pathUUIDIn struct {
		V string `path:"v" format:"uuid"`
	}
	pathGeIn struct {
		V int `path:"v" minimum:"1" maximum:"1000"`
	}
	pathLengthIn struct {
		V string `path:"v" minLength:"3"`
	}
	twoInPath struct {
		A int `path:"a" json:"a"`
		B int `path:"b" json:"b"`
	}
)

func (in pathEnumIn) value() string   { return in.V }
func (in pathUUIDIn) value() string   { return in.V }
func (in pathGeIn) value() int        { return in.V }
func (in pathLengthIn) value() string { return in.V }

func pathParams(app *holdfast.App) {
	echo[inPath[int]](app, "/path/int/{v}")
	echo[inPath[float64]](app, "/path/float/{v}")
	echo[inPath[bool]](app, "/path/bool/{v}")
	echo[inPath[string]](app, "/path/str/{v}")
	echo[pathEnumIn](app, "/path/enum/{v}")
	echo[pathUUIDIn](app, "/path/uuid/{v}")
	echo[pathGeIn](app, "/path/ge/{v}")
	echo[pathLengthIn](app, "/path/length/{v}")
	echo[inPath[string]](app, "/path/rest/{v...}")
	holdfast.Get(app, "/path/two/{a}/x/{b}", holdfast.Public(), same[twoInPath])
}

type inHeader[T any] struct {
	V T `header:"x-token"`
}

func (in inHeader[T]) value() T { return in.V }

type mustHeader[T any] struct {
	V T `header:"x-token" required:"true"`
}

func (in mustHeader[T]) value() T { return in.V }

type inCookie[T any] struct {
	V T `cookie:"session"`
}

func (in inCookie[T]) value() T { return in.V }

type mustCookie[T any] struct {
	V T `cookie:"session" required:"true"`
}

func (in mustCookie[T]) value() T { return in.V }

type agentIn struct {
	V *string `header:"accept-language"`
}

func (in agentIn) value() *string { return in.V }

func headerParams(app *holdfast.App) {
	echo[mustHeader[string]](app, "/header")
	echo[inHeader[*string]](app, "/header-opt")
	echo[mustHeader[int]](app, "/header-int")
	echo[inHeader[[]string]](app, "/header-list")
	echo[agentIn](app, "/header-agent")
	echo[mustCookie[string]](app, "/cookie")
	echo[inCookie[*string]](app, "/cookie-opt")
	echo[mustCookie[int]](app, "/cookie-int")
}

type (
	severalIn struct {
		Needy string `query:"needy" json:"needy" required:"true"`
		Skip  int    `query:"skip" json:"skip" default:"0"`
		Limit *int   `query:"limit" json:"limit"`
	}
	filterIn struct {
		Limit  int      `query:"limit" json:"limit" default:"100"`
		Offset int      `query:"offset" json:"offset" default:"0"`
		Tags   []string `query:"tags" json:"tags"`
	}
	everythingIn struct {
		P int `path:"p" json:"p"`
		Q int `query:"q" json:"q" required:"true"`
		H int `header:"h" json:"h" required:"true"`
		C int `cookie:"c" json:"c" required:"true"`
	}
	paging struct {
		Skip  int `query:"skip" json:"skip" default:"0"`
		Limit int `query:"limit" json:"limit" default:"10" maximum:"100"`
	}
	qIn struct {
		Q int `query:"q" json:"q" required:"true"`
	}
	paged struct {
		paging
		qIn
	}
)

func severalParams(app *holdfast.App) {
	holdfast.Get(app, "/several", holdfast.Public(), same[severalIn])
	holdfast.Get(app, "/model", holdfast.Public(), same[filterIn])
	holdfast.Get(app, "/all/{p}", holdfast.Public(), same[everythingIn])
	app.Handle("GET /depends", holdfast.To1(holdfast.Public(), holdfast.Params[paging](), func(_ context.Context, _ holdfast.Anyone, p paging, in qIn) (paged, error) {
		return paged{p, in}, nil
	}))
}
