// Package forwarded reads what proxies write about who sent a request:
// X-Forwarded-For, and Forwarded of RFC 7239. It believes nothing by itself:
// which of the hops to trust is for the caller to say.
package forwarded

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Hops lists who a request came from according to its headers, the last proxy's
// word last. X-Forwarded-For is what most proxies write, and a Forwarded beside
// it may be the caller's own; so Forwarded counts only where the other is absent.
func Hops(h http.Header) []string {
	if values := h["X-Forwarded-For"]; len(values) > 0 {
		return split(strings.Join(values, ","), ',')
	}
	values := h["Forwarded"]
	if len(values) == 0 {
		return nil
	}
	elements := split(strings.Join(values, ","), ',')
	for i, element := range elements {
		elements[i] = node(element)
	}
	return elements
}

// node is the "for" of an element of Forwarded, and "" if it says none.
func node(element string) string {
	for _, pair := range split(element, ';') {
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.TrimSpace(name), "for") {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// split splits at separators outside of quotes. There is always at least one
// part. It reads from the end, which a proxy has written: a quotation mark that a
// caller has left open in front of it changes nothing there.
func split(text string, separator byte) []string {
	var parts []string
	quoted, end := false, len(text)
	for i := len(text) - 1; i >= 0; i-- {
		switch c := text[i]; {
		case c == '"' && !escaped(text[:i]):
			quoted = !quoted
		case c == separator && !quoted:
			parts = append(parts, text[i+1:end])
			end = i
		}
	}
	parts = append(parts, text[:end])
	slices.Reverse(parts)
	return parts
}

// escaped reports whether what follows a text is escaped by its last backslash,
// which is none if another one escapes it.
func escaped(text string) bool { return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1 }

// Addr reads a hop: an address, in brackets or not, with a port or without one,
// quoted or not; without its zone, which means something to the proxy alone. A
// name, "unknown" and the like are not addresses.
func Addr(hop string) (netip.Addr, bool) {
	addr, ok := parse(hop)
	return addr.WithZone(""), ok
}

func parse(hop string) (netip.Addr, bool) {
	text := strings.TrimSpace(hop)
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); !ok {
			return netip.Addr{}, false
		}
		text = inner
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr, true
	}
	var host, port string
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if host, port, ok = strings.Cut(inner, "]"); !ok || !strings.Contains(host, ":") {
			return netip.Addr{}, false
		}
		if port, ok = strings.CutPrefix(port, ":"); !ok && port != "" {
			return netip.Addr{}, false
		}
	} else if host, port, ok = strings.Cut(text, ":"); !ok || port == "" {
		return netip.Addr{}, false
	}
	if port != "" && !isPort(port) {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(host)
	return addr, err == nil
}

// isPort reports whether a text is a port, or a made-up name in its place (RFC
// 7239 section 6.3).
func isPort(text string) bool {
	if name, ok := strings.CutPrefix(text, "_"); ok {
		return name != ""
	}
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}
