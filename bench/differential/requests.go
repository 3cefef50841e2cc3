package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// request is one of a file such as requests/params.txt, where the name of the
// file is that of the application. Requests stand apart by an empty line. The
// first line of one is its name and what is asked; more lines may follow:
//
//	an int with a sign | GET /int?v=-7
//	> X-Token: a           a header
//	json {"a": 1}          a body, and the Content-Type for it
//	form a=1&b=2           the same
//	part a: text           a part of a multipart body
//	file a cat.png image/png: what is in it
//	raw text               a body and no Content-Type
//
// Lines that begin with # are remarks. In texts \n is the end of a line.
type request struct {
	name, app, method, target string
	headers                   http.Header
	body                      []byte
	parts                     *multipart.Writer
}

func readRequests(folder string) ([]*request, error) {
	files, err := filepath.Glob(folder + "/*.txt")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no requests in %s: %w", folder, err)
	}
	var all []*request
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // it was found in the folder
		if err != nil {
			return nil, err
		}
		app := strings.TrimSuffix(filepath.Base(file), ".txt")
		for block := range strings.SplitSeq(string(text), "\n\n") {
			one, err := readRequest(app, block)
			switch {
			case err != nil:
				return nil, fmt.Errorf("%s: %w", file, err)
			case one == nil:
				continue
			case seen[one.name]:
				return nil, fmt.Errorf("%s: two requests are called %q", file, one.name)
			}
			seen[one.name] = true
			all = append(all, one)
		}
	}
	return all, nil
}

// readRequest returns nil for remarks alone.
func readRequest(app, block string) (*request, error) {
	var one *request
	body := &bytes.Buffer{}
	for line := range strings.SplitSeq(block, "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case one == nil:
			name, asked, ok := strings.Cut(line, " | ")
			method, target, ok2 := strings.Cut(asked, " ")
			if !ok || !ok2 {
				return nil, fmt.Errorf("%q is no request", line)
			}
			one = &request{name: app + ": " + name, app: app, method: method, target: target, headers: http.Header{}}
		default:
			if err := one.add(line, body); err != nil {
				return nil, err
			}
		}
	}
	if one == nil {
		return nil, nil //nolint:nilnil // remarks are no error
	}
	if one.parts != nil {
		if err := one.parts.Close(); err != nil {
			return nil, err
		}
	}
	one.body = body.Bytes()
	return one, nil
}

func (r *request) add(line string, body *bytes.Buffer) error {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.NewReplacer(`\n`, "\r\n", `\x`, "\xff").Replace(rest)
	switch word {
	case ">":
		name, value, _ := strings.Cut(rest, ":")
		r.headers.Add(name, strings.TrimPrefix(value, " "))
		return nil
	case "json":
		r.headers.Set("Content-Type", "application/json")
	case "form":
		r.headers.Set("Content-Type", "application/x-www-form-urlencoded")
	case "raw":
	case "part", "file":
		return r.addPart(word, rest, body)
	default:
		return fmt.Errorf("%q: cannot read %q", r.name, line)
	}
	body.WriteString(rest)
	return nil
}

func (r *request) addPart(word, rest string, body *bytes.Buffer) error {
	if r.parts == nil {
		r.parts = multipart.NewWriter(body)
		if err := r.parts.SetBoundary("boundary"); err != nil {
			return err
		}
		r.headers.Set("Content-Type", r.parts.FormDataContentType())
	}
	said, text, _ := strings.Cut(rest, ":")
	words := strings.Fields(said)
	header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"`, words[0])}}
	if word == "file" {
		header["Content-Disposition"][0] += fmt.Sprintf(`; filename="%s"`, strings.Trim(words[1], "-"))
		if len(words) > 2 {
			header["Content-Type"] = []string{words[2]}
		}
	}
	part, err := r.parts.CreatePart(header)
	if err != nil {
		return err
	}
	_, err = io.WriteString(part, strings.TrimPrefix(text, " "))
	return err
}

// reply is what one of the two said.
type reply struct {
	status  int
	headers http.Header
	body    []byte
}

// ask sends the request to a server and reads all that it answers.
func (r *request) ask(ctx context.Context, server string) (*reply, error) {
	sent, err := http.NewRequestWithContext(ctx, r.method, server, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	path, query, asks := strings.Cut(r.target, "?")
	sent.URL.Opaque = path // as it is written
	sent.URL.RawQuery, sent.URL.ForceQuery = query, asks && query == ""
	sent.Header = r.headers.Clone()
	sent.Header.Set("X-App", r.app)
	got, err := client.Do(sent)
	if err != nil {
		return nil, err
	}
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(got.Body)
	out := &reply{got.StatusCode, got.Header, body}
	if to := got.Header.Get("Location"); to != "" {
		out.headers.Set("Location", from(path, to, sent.Host))
	}
	return out, err
}

// from is where a Location leads, without the server's own address: relative or
// not, it is the same place.
func from(path, location, host string) string {
	base, err := url.Parse(path)
	if err != nil {
		return location
	}
	to, err := base.Parse(location)
	if err != nil {
		return location
	}
	if to.Host == host {
		to.Scheme, to.Host = "", ""
	}
	return to.String()
}
