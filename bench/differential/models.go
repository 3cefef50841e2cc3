package main

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/date"
	"github.com/holdfast-go/holdfast/patch"
	"github.com/holdfast-go/holdfast/union"
)

func init() { features["models"] = models } //nolint:gochecknoinits // each feature in a file of its own

type (
	withDefaults struct {
		Name   string         `json:"name"`
		Size   int            `json:"size" default:"10"`
		Ratio  float64        `json:"ratio" default:"0.5" minimum:"0" maximum:"1"`
		On     bool           `json:"on" default:"true"`
		Color  string         `json:"color" default:"red" enum:"red,green"`
		Note   *string        `json:"note,omitempty"`
		Code   *string        `json:"code"`
		Tags   []string       `json:"tags" default:"a,b"`
		Counts map[string]int `json:"counts,omitempty"`
		Maybe  []int          `json:"maybe,omitempty" nullable:"true"`
	}
	sentDefaults struct {
		Name   string         `json:"name"`
		Size   int            `json:"size"`
		Ratio  float64        `json:"ratio" minimum:"0" maximum:"1"`
		On     bool           `json:"on"`
		Color  string         `json:"color" enum:"red,green"`
		Note   *string        `json:"note"`
		Code   *string        `json:"code"`
		Tags   []string       `json:"tags"`
		Counts map[string]int `json:"counts"`
		Maybe  *[]int         `json:"maybe"`
	}
	change struct {
		Title patch.Field[string]  `json:"title,omitzero" maxLength:"5" nullable:"false"`
		Text  patch.Field[*string] `json:"text,omitzero"`
		Done  patch.Field[bool]    `json:"done,omitzero" nullable:"false"`
	}
	days struct {
		Day   *date.Date     `json:"day,omitempty"`
		At    *time.Time     `json:"at,omitempty"`
		Lasts *time.Duration `json:"lasts,omitempty"`
		Days  []date.Date    `json:"days,omitempty"`
	}
	sentDays struct {
		Day   *date.Date     `json:"day"`
		At    *time.Time     `json:"at"`
		Lasts *time.Duration `json:"lasts"`
		Days  []date.Date    `json:"days"`
	}
	cat struct {
		Kind  string `json:"kind" const:"cat"`
		Lives int    `json:"lives" minimum:"0"`
	}
	dog struct {
		Kind  string `json:"kind" const:"dog"`
		Barks bool   `json:"barks" default:"false"`
		Name  string `json:"name"`
	}
	pet  = union.Of2[cat, dog]
	home struct {
		Pets  []pet `json:"pets"`
		First *pet  `json:"first,omitempty"`
	}
	sentHome struct {
		Pets  []pet `json:"pets"`
		First *pet  `json:"first"`
	}
	span struct {
		Begins int `json:"begins"`
		Ends   int `json:"ends"`
	}
	schedule struct {
		Name  string `json:"name"`
		Spans []span `json:"spans,omitempty"`
	}
	sentSchedule struct {
		Name  string `json:"name"`
		Spans []span `json:"spans"`
	}
	even struct {
		N evenNumber `json:"n"`
	}
	evenNumber int
)

func (s span) Validate(context.Context) error {
	if s.Ends < s.Begins {
		return errors.New("it ends before it begins")
	}
	return nil
}

func (n evenNumber) Validate(context.Context) error {
	if n%2 != 0 {
		return errors.New("it is odd")
	}
	return nil
}

func models(app *holdfast.App) {
	all := holdfast.Public()
	send(app, "/defaults", func(in withDefaults) sentDefaults {
		out := sentDefaults{in.Name, in.Size, in.Ratio, in.On, in.Color, in.Note, in.Code, in.Tags, in.Counts, nil}
		if in.Maybe != nil {
			out.Maybe = &in.Maybe
		}
		return out
	})
	holdfast.Patch(app, "/patch", all, func(_ context.Context, _ holdfast.Anyone, in body[change]) (change, error) { return in.Body, nil })
	send(app, "/days", func(in days) sentDays { return sentDays(in) })
	send(app, "/pet", func(in pet) pet { return in })
	send(app, "/home", func(in home) sentHome { return sentHome(in) })
	send(app, "/span", func(in span) span { return in })
	send(app, "/plan", func(in schedule) sentSchedule { return sentSchedule(in) })
	send(app, "/even", func(in even) even { return in })
	echo[must[date.Date]](app, "/day")
	echo[inPath[date.Date]](app, "/day/{v}")
	holdfast.Post(app, "/day", all, func(_ context.Context, _ holdfast.Anyone, in dayForm) (v[date.Date], error) {
		return v[date.Date](in), nil
	})
	echo[must[time.Duration]](app, "/length")
	holdfast.Get(app, "/spanned", all, same[spanQuery])
}

type dayForm struct {
	V date.Date `form:"v" required:"true"`
}

type spanQuery struct {
	Begins int `query:"begins" json:"begins" required:"true"`
	Ends   int `query:"ends" json:"ends" required:"true"`
}

func (s spanQuery) Validate(ctx context.Context) error { return span(s).Validate(ctx) }
