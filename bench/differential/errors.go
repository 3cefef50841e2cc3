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
)

//nolint:gochecknoinits // each feature in a file of its own
func init() {
	features["errors"] = ownErrors
	configs["errors"] = func(c *holdfast.Config) { c.Errors.Own = ownAnswer }
	features["shapes"] = shapes
	configs["shapes"] = func(c *holdfast.Config) { c.Errors.Format = answer.Shape("application/json", house) }
	features["statuses"] = chosenStatuses
}

type outOfStockError struct{ item string }

func (e *outOfStockError) Error() string { return "no " + e.item + " left" }

func ownAnswer(err error) *holdfast.Error {
	if e, ok := errors.AsType[*outOfStockError](err); ok {
		return &holdfast.Error{Status: http.StatusConflict, Detail: e.Error(), RetryAfter: time.Minute}
	}
	return nil
}

type named struct {
	Name string `json:"name"`
}

func inStock(item string) (v[string], error) {
	if item == "sword" {
		return v[string]{}, &outOfStockError{item}
	}
	return v[string]{item}, nil
}

func ownErrors(app *holdfast.App) {
	all := holdfast.Public()
	type itemIn struct {
		Item string `path:"item"`
	}
	holdfast.Get(app, "/stock/{item}", all, func(_ context.Context, _ holdfast.Anyone, in itemIn) (v[string], error) { return inStock(in.Item) })
	checked := holdfast.Depends1(holdfast.Params[itemIn](), func(_ context.Context, in itemIn) (v[string], error) { return inStock(in.Item) })
	app.Handle("GET /checked/{item}", holdfast.To1(all, checked, func(_ context.Context, _ holdfast.Anyone, item v[string], _ holdfast.NoInput) (v[string], error) {
		return item, nil
	}))
	holdfast.Get(app, "/wrapped", all, refuse(fmt.Errorf("wrapped: %w", &outOfStockError{"shield"})))
	holdfast.Get(app, "/unknown", all, refuse(errors.New("sleeping")))
	holdfast.Get(app, "/404", all, refuse(holdfast.Errorf(http.StatusNotFound, "Item not found")))
	send(app, "/items", func(in named) named { return in })
}

type houseError struct {
	Error houseDetails `json:"error"`
}

type houseDetails struct {
	Status  int      `json:"status"`
	Message string   `json:"message"`
	Fields  []string `json:"fields"`
}

func house(_ *http.Request, f answer.Failure) houseError {
	out := houseDetails{f.Status, f.Text(), []string{}}
	for _, one := range f.Violations {
		place := make([]string, len(one.Loc))
		for i, part := range one.Loc {
			place[i] = fmt.Sprint(part)
		}
		out.Fields = append(out.Fields, strings.Join(place, ".")+": "+one.Msg)
	}
	return houseError{out}
}

func shapes(app *holdfast.App) {
	all := holdfast.Public()
	holdfast.Get(app, "/404", all, refuse(holdfast.Errorf(http.StatusNotFound, "Item not found")))
	holdfast.Get(app, "/429", all, refuse(&holdfast.Error{Status: http.StatusTooManyRequests, Detail: "Slow down", RetryAfter: 3 * time.Second}))
	type sized struct {
		Name string `json:"name"`
		Size int    `json:"size"`
	}
	send(app, "/items", func(in sized) sized { return in })
	type n struct {
		N int `query:"n" required:"true"`
	}
	holdfast.Get(app, "/query", all, func(_ context.Context, _ holdfast.Anyone, in n) (v[int], error) { return v[int]{in.N}, nil })
	credential(app, "/me", holdfast.OAuth2PasswordBearer("token"), text)
}

func chosenStatuses(app *holdfast.App) {
	all := holdfast.Public()
	type putIn struct {
		ID   string `path:"id"`
		Body named
	}
	holdfast.Put(app, "/items/{id}", all, func(_ context.Context, _ holdfast.Anyone, in putIn) (answer.Answer[named], error) {
		if in.ID == "old" {
			return answer.OK(in.Body), nil
		}
		return answer.Created(in.Body, "/items/"+in.ID), nil
	}, holdfast.Status(200, 201))
	type versionIn struct {
		V string `query:"v"`
	}
	holdfast.Get(app, "/cached", all, func(_ context.Context, _ holdfast.Anyone, in versionIn) (answer.Answer[named], error) {
		if in.V == "1" {
			return answer.NotModified[named]().WithHeader("X-Own", "1"), nil
		}
		return answer.OK(named{"a"}).WithHeader("X-Own", "1"), nil
	}, holdfast.Status(200, 304))
	holdfast.Post(app, "/jobs", all, give(answer.Accepted(v[string]{"later"}, "/jobs/1")), holdfast.Status(202))
	holdfast.Post(app, "/login", all, give(answer.SeeOther[holdfast.NoContent]("/home")), holdfast.Status(303))
	holdfast.Get(app, "/old", all, give(answer.Redirect[holdfast.NoContent](http.StatusPermanentRedirect, "/new")), holdfast.Status(308))
	type idIn struct {
		ID string `path:"id"`
	}
	holdfast.Delete(app, "/items/{id}", all, func(_ context.Context, _ holdfast.Anyone, in idIn) (answer.Answer[v[string]], error) {
		if in.ID == "old" {
			return answer.OK(v[string]{"kept a copy"}), nil
		}
		return answer.NoContent[v[string]](), nil
	}, holdfast.Status(204, 200))
}
