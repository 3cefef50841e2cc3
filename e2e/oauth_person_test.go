package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/net/html"
)

// person is alice with a browser, as far as a sign-in needs one: she has cookies,
// goes where she is sent, and fills in forms. She is the same for all clients.
type person struct {
	mu      sync.Mutex
	cookies map[string]string
	pages   []string // the titles of what she has seen
}

// saw notes a page.
func (p *person) saw(title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages = append(p.pages, title)
}

// keep keeps cookies as a browser does for a server on the machine itself, which
// net/http/cookiejar does not: Secure is no obstacle there.
func (p *person) keep(answer *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 || c.Value == "" {
			delete(p.cookies, c.Name)
			continue
		}
		if p.cookies == nil {
			p.cookies = map[string]string{}
		}
		p.cookies[c.Name] = c.Value
	}
}

// send asks for a page, or sends a form of one.
func (p *person) send(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	for name, value := range p.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // one that is sent has no such marks
	}
	p.mu.Unlock()
	if r.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	p.keep(answer)
	return answer, nil
}

// visit opens an address, signs in and consents if she is asked to, and returns
// the address below redirect to which the server sends her then.
func (p *person) visit(address, redirect string) (string, error) {
	r, err := http.NewRequest(http.MethodGet, address, nil) //nolint:noctx // a few requests to this machine
	for range 12 {
		if err != nil {
			return "", err
		}
		answer, sent := p.send(r)
		if sent != nil {
			return "", sent
		}
		next, err2 := answer.Location()
		switch {
		case err2 == nil:
			_ = answer.Body.Close()
			if strings.HasPrefix(next.String(), redirect) {
				return next.String(), nil
			}
			r, err = http.NewRequest(http.MethodGet, next.String(), nil) //nolint:noctx // as above
		case answer.StatusCode == http.StatusOK:
			r, err = p.fill(r.URL, answer)
		default:
			return "", unexpected(r, answer)
		}
	}
	return "", errors.New("the server sends a person in a circle")
}

func unexpected(r *http.Request, answer *http.Response) error {
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
	return fmt.Errorf("%s %s = %s\n%s", r.Method, r.URL, answer.Status, text)
}

// goesOn is what a button says that signs in, or gives an application what it asks for.
var goesOn = regexp.MustCompile(`^(Sign in|Allow)$`)

// fill fills in the first form of a page with which one goes on.
func (p *person) fill(page *url.URL, answer *http.Response) (*http.Request, error) {
	defer func() { _ = answer.Body.Close() }()
	document, err := html.Parse(answer.Body)
	if err != nil {
		return nil, err
	}
	for node := range document.Descendants() {
		if node.Data == "title" {
			p.saw(text(node))
		}
		if node.Data != "form" {
			continue
		}
		if fields, ok := filled(node); ok {
			target, err := page.Parse(attribute(node, "action"))
			if err != nil {
				return nil, err
			}
			return http.NewRequest(http.MethodPost, target.String(), strings.NewReader(fields.Encode())) //nolint:noctx // as above
		}
	}
	return nil, fmt.Errorf("%s has no form to go on with", page)
}

// filled is what a form sends when it is filled in and its button is pressed, if
// it is one with which one goes on.
func filled(form *html.Node) (fields url.Values, ok bool) {
	fields = url.Values{}
	for node := range form.Descendants() {
		switch {
		case node.Data == "input" && attribute(node, "type") == "password":
			fields.Add(attribute(node, "name"), secret)
		case node.Data == "input" && attribute(node, "autocomplete") == "username":
			fields.Add(attribute(node, "name"), "alice")
		case node.Data == "input":
			fields.Add(attribute(node, "name"), attribute(node, "value"))
		case node.Data == "button" && !ok && goesOn.MatchString(text(node)):
			ok = true
			if name := attribute(node, "name"); name != "" {
				fields.Add(name, attribute(node, "value"))
			}
		}
	}
	return fields, ok
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what a node shows.
func text(node *html.Node) string {
	var all strings.Builder
	for n := range node.Descendants() {
		if n.Type == html.TextNode {
			all.WriteString(n.Data)
		}
	}
	return strings.Join(strings.Fields(all.String()), " ")
}
