package main

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/identity"
)

// Book is a book, and who has added it.
type Book struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
	By    string `json:"by"`
}

// shelf is the application's own data.
type shelf struct {
	mu    sync.Mutex
	last  int
	books []Book
}

func (s *shelf) list(context.Context, identity.Caller, holdfast.NoInput) ([]Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Book{}, s.books...), nil
}

type newBook struct {
	Body struct {
		Title string `json:"title" minLength:"1" maxLength:"200"`
	}
}

func (s *shelf) add(_ context.Context, caller identity.Caller, in newBook) (Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	book := Book{s.last, in.Body.Title, caller.User.Name}
	s.books = append(s.books, book)
	return book, nil
}

type bookID struct {
	ID int `path:"id"`
}

func (s *shelf) remove(_ context.Context, _ identity.Caller, in bookID) (holdfast.NoContent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.books, func(b Book) bool { return b.ID == in.ID })
	if i < 0 {
		return holdfast.NoContent{}, holdfast.Errorf(http.StatusNotFound, "Book not found")
	}
	s.books = slices.Delete(s.books, i, i+1)
	return holdfast.NoContent{}, nil
}
