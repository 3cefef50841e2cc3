// Package mcp makes tools for AI agents of functions, each with a policy that says
// who may call it. It puts holdfast around the Go SDK of the Model Context Protocol,
// whose messages, schemas and transport it leaves to the SDK.
//
// A tool is a route: [AddTool] wants a [holdfast.Policy], and the function is given
// what the policy proves as a typed argument. So a tool without a policy does not
// compile, and a tool stands where routes stand: in the table of who may call, in
// the tests of holdfasttest, among the decisions that `holdfast why` explains. Its
// address is that of the server with /tools/ and its name behind, POST
// /mcp/tools/delete_note.
//
// Clients send everything to the address of the server, as the protocol has it. The
// server's own policy holds for all that arrives there, before a byte of a body is
// read; a call of a tool is then handed to the tool's route, whose policy is both
// together. A caller that it refuses gets the HTTP status and the challenge that the
// authorization part of the protocol wants (2026-07-28): 401 with where to ask for a
// token, 403 with every scope that the tool wants, so that one step up is enough.
// For that the application must say who issues the tokens: see apidoc.Resource.
//
// Each request stands by itself (there are no sessions that somebody could take
// over), so several processes can serve one address.
package mcp
