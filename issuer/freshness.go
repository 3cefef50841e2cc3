package issuer

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// freshness is how long an answer may be used before it is read again, by its
// Cache-Control and Age (RFC 9111 section 4.2), within the bounds.
func freshness(h http.Header, least, most, silent time.Duration) time.Duration {
	age, said := silent, false
	for part := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
		switch {
		case name == "no-store" || name == "no-cache":
			return least
		case name == "max-age" && !said:
			if seconds, ok := deltaSeconds(strings.Trim(value, `"`)); ok {
				age, said = seconds, true
			}
		}
	}
	if past, ok := deltaSeconds(h.Get("Age")); ok && said {
		age -= past
	}
	return min(max(age, least), most)
}

// deltaSeconds reads a number of seconds (RFC 9111 section 1.2.2). A larger one
// than makes sense is a day, which is beyond every bound here.
func deltaSeconds(text string) (time.Duration, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds > 86400 {
		seconds = 86400
	}
	return time.Duration(seconds) * time.Second, true
}

// etagOf returns an answer's entity tag if it is one (RFC 9110 section 8.8.3)
// of a sensible length. What is none is not sent back.
func etagOf(h http.Header) string {
	tag := h.Get("ETag")
	opaque := strings.TrimPrefix(tag, "W/")
	if len(opaque) < 2 || len(opaque) > 200 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' {
		return ""
	}
	for _, c := range []byte(opaque[1 : len(opaque)-1]) {
		if c <= ' ' || c == '"' || c >= 0x7f {
			return ""
		}
	}
	return tag
}
