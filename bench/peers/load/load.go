// Package load drives a server as hard as it goes, from one thread. Every
// connection has one request on the way, and the next is written as soon as the
// last is answered: kept alive, never pipelined.
//
// It has to cost less than the fastest server and to be more exact than its
// answers, or it would measure itself: no goroutine for each connection, no
// header parsed into a map, nothing allocated, no timer. internal/loadgen, which
// has all of these, is for servers that take milliseconds.
package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Result is what came back.
type Result struct {
	Count int
	Took  time.Duration   // all of it
	Waits []time.Duration // at a pace: for each answer, the shortest first
}

// Quantile is how long percent of the answers took at most.
func (r Result) Quantile(percent int) time.Duration {
	if len(r.Waits) == 0 {
		return 0
	}
	return r.Waits[max(0, (len(r.Waits)*percent+99)/100-1)]
}

// Plan is what to send.
type Plan struct {
	Addr   string        // host:port
	Conns  int           // connections
	For    time.Duration // how long at most
	Status int           // what every answer must be

	// Every is the time from one request to the next, whether or not the ones
	// before were answered; each is counted from when it was due. Zero is as fast
	// as the server answers, on all connections.
	Every time.Duration

	// Next is the next request, and nil for no more.
	Next func() []byte
}

// Cycle sends the same requests again and again.
func Cycle(requests [][]byte) func() []byte {
	i := -1
	return func() []byte {
		i = (i + 1) % len(requests)
		return requests[i]
	}
}

// Once sends each request once.
func Once(requests [][]byte) func() []byte {
	return func() []byte {
		if len(requests) == 0 {
			return nil
		}
		next := requests[0]
		requests = requests[1:]
		return next
	}
}

// Get is the text of a GET request. The token is left out if it is empty.
func Get(path, token string) []byte {
	text := "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n"
	if token != "" {
		text += "Authorization: Bearer " + token + "\r\n"
	}
	return []byte(text + "\r\n")
}

var (
	errForm = errors.New("load: an answer is not HTTP/1.1 with a length")
	headEnd = []byte("\r\n\r\n")
	lineEnd = headEnd[:2]
)

// parse returns the status of the answer at the beginning of data, or 0 if it
// is not complete. An answer that is followed by more is an error: nothing more
// was asked for.
func parse(data []byte) (status int, err error) {
	head, body, found := bytes.Cut(data, headEnd)
	if !found {
		return 0, nil
	}
	if len(head) < 12 || !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) {
		return 0, errForm
	}
	status, err = strconv.Atoi(string(head[9:12]))
	if err != nil {
		return 0, errForm
	}
	length, chunked := framing(head)
	switch {
	case chunked:
		return chunks(status, body)
	case len(body) < length:
		return 0, nil
	case length < 0 || len(body) > length:
		return 0, errForm
	}
	return status, nil
}

// chunks is parse for a body in chunks, which may have a trailer.
func chunks(status int, body []byte) (int, error) {
	for {
		line, rest, found := bytes.Cut(body, lineEnd)
		if !found {
			return 0, nil
		}
		size, err := strconv.ParseUint(string(line), 16, 16)
		switch {
		case err != nil:
			return 0, errForm
		case size == 0: // what is left is the trailer, with an empty line at its end
			if bytes.Equal(rest, lineEnd) || bytes.HasSuffix(rest, headEnd) {
				return status, nil
			}
			return 0, nil
		case len(rest) < int(size)+len(lineEnd):
			return 0, nil
		}
		body = rest[int(size)+len(lineEnd):]
	}
}

// framing says how the body of an answer ends: after so many bytes, or in
// chunks. The length is -1 if the head does not say.
func framing(head []byte) (length int, chunked bool) {
	for len(head) > 0 {
		var line []byte
		line, head, _ = bytes.Cut(head, lineEnd)
		if len(line) < 15 || line[0]|0x20 != 'c' && line[0]|0x20 != 't' {
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			n, err := strconv.Atoi(string(value))
			if err != nil {
				return -1, false
			}
			return n, false
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			return 0, bytes.EqualFold(value, []byte("chunked"))
		}
	}
	return -1, false
}

func unexpected(got, want int, data []byte) error {
	return fmt.Errorf("load: the server answered %d, want %d: %s", got, want, data)
}
