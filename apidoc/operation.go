package apidoc

// Operation is what the document says about one route, beside what its
// declaration says already. On a group it is said of every route in it; what is
// of one route only is then an error at start.
type Operation struct {
	// Deprecated says that clients should stop calling.
	Deprecated bool

	// ExternalDocs is where more is written.
	ExternalDocs ExternalDocs

	// Examples are of the request: of its body, or of a parameter. Of one route only.
	Examples []Example

	// Answers are answers beside the handler's success and the framework's
	// refusals, such as a 404 that the handler returns as an error; or, of a
	// status that the route has already, more about that answer. Of two for one
	// status the later counts, and a route's own come after its group's.
	Answers []Answer

	// Callbacks are requests that the API makes later, to an address that it was
	// given here. Of one route only.
	Callbacks []Call

	// WithoutFlows are flows of OAuth2, by their names in the document such as
	// "password", that a token endpoint does not take although schemes that name it
	// as their tokenUrl have them: the document and the docs page do not offer them.
	WithoutFlows []string
}

// Answer is an answer with one status.
type Answer struct {
	Status int

	// Text says when it is given: the words of the status if empty.
	Text string

	// Type is what the body holds, as JSON unless MediaType says otherwise. Without
	// both, an error (400 or more) looks as the route's other errors do, unless the
	// handler writes for itself, and a success has no body. A handler that returns
	// its answer has said it already, and an answer of the framework, such as 401,
	// may then have either body.
	Type      Model
	MediaType string

	Headers  []Header
	Examples []Example // of the body
}

// Header is a header that an answer may have, a text.
type Header struct {
	Name string
	Text string
}

// Example is a value that shows what is meant. It is checked at start.
type Example struct {
	// Name tells it from others in the same place. Letters, digits, and . _ -
	Name string

	// Summary is one line, Description more; may be empty.
	Summary     string
	Description string

	// Parameter is the name of the path, query, header or cookie parameter that
	// it is an example of. The body if empty.
	Parameter string

	// Value is the value: of a JSON body one of its type or a pointer to that,
	// of a form a map of its fields, of a parameter what the parameter holds.
	Value any
}

// Call is a request that the API makes: a webhook, to an address that was agreed
// on elsewhere, or a callback.
type Call struct {
	// Name tells it from others. Letters, digits, and . _ -
	Name string

	// To is where a callback goes, as a runtime expression of OpenAPI that says
	// where the address was given: "{$request.body#/callbackUrl}". A webhook has
	// none.
	To string

	Method      string // POST if empty
	Summary     string
	Description string
	Tags        []string
	Deprecated  bool

	Body     Model     // what is sent, as JSON; nothing if zero
	Examples []Example // of that
	Answers  []Answer  // what is understood; any success if empty
}
