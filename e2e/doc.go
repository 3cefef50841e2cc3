// Package e2e tests the server as a person meets it: the built program in a
// process of its own, and a real browser. It is a module of its own, so that
// no other module depends on the browser's driver.
package e2e
