package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/date"
	"github.com/holdfast-go/holdfast/patch"
	"github.com/holdfast-go/holdfast/union"
	"github.com/holdfast-go/holdfast/upload"
)

// Photo is a picture with what is known of it.
type Photo struct {
	ID      int           `json:"id"`
	Title   string        `json:"title"`
	Kind    string        `json:"kind" doc:"What the file looks like, such as image/png"`
	Size    int64         `json:"size" doc:"In bytes"`
	Taken   *date.Date    `json:"taken" doc:"null if that is not known"`
	Caption *Caption      `json:"caption"`
	Tags    []string      `json:"tags"`
	Shown   time.Duration `json:"shown" doc:"How long the slide show stays at it"`
	Frame   *Frame        `json:"frame"`
}

// Caption is a text with a check of its own.
type Caption string

// Validate is for what no schema can say.
func (c Caption) Validate(context.Context) error {
	if text := string(c); text == strings.ToUpper(text) && text != strings.ToLower(text) {
		return errors.New("please do not shout")
	}
	return nil
}

// Frame is around a photo: one of two kinds.
type Frame = union.Of2[Round, Edged]

// Round is a frame with one measure.
type Round struct {
	Kind   string  `json:"kind" const:"round"`
	Radius float64 `json:"radius" exclusiveMinimum:"0" maximum:"1000"`
}

// Edged is a frame with two.
type Edged struct {
	Kind   string  `json:"kind" const:"edged"`
	Width  float64 `json:"width" exclusiveMinimum:"0" maximum:"1000"`
	Height float64 `json:"height" exclusiveMinimum:"0" maximum:"1000"`
}

type photoID struct {
	ID int `path:"id" minimum:"1"`
}

type newPhoto struct {
	Title string        `form:"title" required:"true" minLength:"1" maxLength:"100"`
	Taken date.Date     `form:"taken"`
	Shown time.Duration `form:"shown" default:"5s"`
	File  upload.File   `form:"file" required:"true" maxSize:"500KB"`
	More  []upload.File `form:"more" maxItems:"3" maxSize:"50KB" doc:"Details, which are only counted"`
}

type wanted struct {
	From  date.Date `query:"from" json:"from,omitzero" doc:"Taken on this day or later"`
	Tags  []string  `query:"tag" json:"tags,omitempty"`
	Limit int       `query:"limit" json:"limit" default:"20" minimum:"1" maximum:"100"`
}

// Change says what is to be another of a photo. What is absent stays; null
// removes.
type Change struct {
	Title   patch.Field[string]    `json:"title,omitzero" nullable:"false" minLength:"1" maxLength:"100"`
	Caption patch.Field[Caption]   `json:"caption,omitzero" maxLength:"500"`
	Taken   patch.Field[date.Date] `json:"taken,omitzero"`
	Frame   patch.Field[Frame]     `json:"frame,omitzero"`
	Tags    []string               `json:"tags,omitempty" maxItems:"10"`
}

type change struct {
	photoID
	Body Change
}

// Order asks for prints of a photo.
type Order struct {
	Copies int     `json:"copies" default:"1" minimum:"1" maximum:"100"`
	Paper  *string `json:"paper" enum:"matt,glossy" doc:"null for what is there"`
}

// Validate looks at two members together.
func (o Order) Validate(context.Context) error {
	if o.Paper == nil || *o.Paper != "glossy" || o.Copies <= 10 {
		return nil
	}
	return &holdfast.ValidationError{Violations: []holdfast.Violation{
		{Type: "too_many", Loc: []any{"copies"}, Msg: "There are 10 sheets of glossy paper", Input: o.Copies},
	}}
}

type order struct {
	photoID
	Body Order
}

// Job is work that goes on after the answer.
type Job struct {
	Order
	Before int `json:"before" doc:"How many were printed before"`
}

// House is how every error of the gallery looks.
type House struct {
	Code     string             `json:"code" doc:"For programs"`
	Message  string             `json:"message" doc:"For people"`
	Problems []answer.Violation `json:"problems"`
}

// ComponentName is what clients know it by.
func (House) ComponentName() string { return "Failure" }

func house(_ *http.Request, f answer.Failure) House {
	return House{Code: f.Reason, Message: f.Text(), Problems: f.Violations}
}

// missing is the gallery's own error for a photo that is not there.
type missing struct{ id int }

func (m missing) Error() string { return fmt.Sprintf("there is no photo %d", m.id) }

// ownErrors says how the gallery's errors are answered.
func ownErrors(err error) *holdfast.Error {
	if none, ok := errors.AsType[missing](err); ok {
		return holdfast.Errorf(http.StatusNotFound, "%v", none)
	}
	return nil
}
