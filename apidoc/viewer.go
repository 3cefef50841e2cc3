package apidoc

import "strings"

// Viewer shows the document to people, in a browser. Both come with the program
// and load nothing from elsewhere.
type Viewer int

// The viewers.
const (
	SwaggerUI Viewer = iota // with which one can sign in and call the API
	ReDoc                   // for reading
)

// maxAddresses is how many addresses of a server are told.
const maxAddresses = 64

// Addresses are the server's addresses with each choice of its variables, 64 at
// most.
func (s Server) Addresses() []string {
	out := []string{s.URL}
	for name, v := range s.Variables {
		values := v.Enum
		if len(values) == 0 {
			values = []string{v.Default}
		}
		var more []string
		for _, address := range out {
			for _, value := range values {
				if len(more) < maxAddresses {
					more = append(more, strings.ReplaceAll(address, "{"+name+"}", value))
				}
			}
		}
		out = more
	}
	return out
}
