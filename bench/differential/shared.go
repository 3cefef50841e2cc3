package main

import (
	"context"

	"github.com/holdfast-go/holdfast"
)

// This file has what the applications of several features are made of.

type m = map[string]any

type okay struct {
	OK bool `json:"ok"`
}

// v is the answer of most routes.
type v[T any] struct {
	V T `json:"v"`
}

// input is what a route takes that answers with its one value.
type input[T any] interface{ value() T }

func echo[I input[T], T any](app *holdfast.App, path string) {
	holdfast.Get(app, path, holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in I) (v[T], error) {
		return v[T]{in.value()}, nil
	})
}

type must[T any] struct {
	V T `query:"v" required:"true"`
}

func (in must[T]) value() T { return in.V }

type may[T any] struct {
	V T `query:"v"`
}

func (in may[T]) value() T { return in.V }

// same answers with what it takes.
func same[T any](_ context.Context, _ holdfast.Anyone, in T) (T, error) { return in, nil }

// body is the input of a route that takes a body and nothing else.
type body[T any] struct{ Body T }

func send[T, Out any](app *holdfast.App, path string, answer func(T) Out) {
	holdfast.Post(app, path, holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in body[T]) (Out, error) {
		return answer(in.Body), nil
	})
}

// of is a handler that takes an input and answers with one value.
func of[In, Out any](value Out) func(context.Context, holdfast.Anyone, In) (Out, error) {
	return func(context.Context, holdfast.Anyone, In) (Out, error) { return value, nil }
}
