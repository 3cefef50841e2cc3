package parts

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// units are the endings of sizes, the longer ones first.
var units = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"B", 1},
	{"", 1},
}

// ParseSize reads a size such as 500, 64KiB, 2MB or 1GB: KB, MB and GB are
// powers of 1000, KiB, MiB and GiB of 1024.
func ParseSize(text string) (int64, error) {
	for _, unit := range units {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 1 || n > math.MaxInt64/unit.bytes {
			break
		}
		return n * unit.bytes, nil
	}
	return 0, fmt.Errorf("%q is no size; write a number of bytes, or 64KiB, 2MB, 1GB", text)
}

// Types are the media types that a file may have; an empty list is any.
type Types []string

// ParseTypes reads media types that are separated by commas. One may end in
// "/*".
func ParseTypes(text string) (Types, error) {
	var out Types
	for one := range strings.SplitSeq(text, ",") {
		one = strings.ToLower(strings.TrimSpace(one))
		kind, sub, _ := strings.Cut(one, "/")
		if kind == "" || kind == "*" || sub == "" || essence(one) != one {
			return nil, fmt.Errorf("%q is no media type; write image/png, or image/* for all images", one)
		}
		if slices.Contains(out, one) {
			return nil, errors.New(one + " is there twice")
		}
		out = append(out, one)
	}
	return out, nil
}

func (t Types) names(mediaType string) bool {
	return slices.ContainsFunc(t, func(one string) bool {
		kind, all := strings.CutSuffix(one, "*")
		return one == mediaType || all && strings.HasPrefix(mediaType, kind)
	})
}

// unspecific is what files look like whose media type the first bytes do not
// tell: those of office programs are archives, and CSV, JSON and SVG are text.
var unspecific = []string{"application/octet-stream", "application/zip", "text/plain", "text/xml"}

// recognized are types whose files look like what they are, and like nothing
// else.
var recognized = []string{
	"application/pdf", "image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp",
	"text/html", "video/webm",
}

// Allow reports whether a file is of one of the types. What the caller says must
// be among them, unless it is nothing or application/octet-stream; and so must
// what the file looks like, unless that is unspecific and the caller says a type
// that cannot be recognized.
func (t Types) Allow(f File) bool {
	if len(t) == 0 {
		return true
	}
	said, looks := essence(f.MediaType()), f.Sniffed()
	vague := said == "" || said == "application/octet-stream"
	switch {
	case !vague && !t.names(said):
		return false
	case t.names(looks):
		return true
	}
	return t.names(said) && slices.Contains(unspecific, looks) && !slices.Contains(recognized, said)
}

// String lists the types as a sentence does.
func (t Types) String() string {
	words := make([]string, len(t))
	for i, one := range t {
		words[i] = "'" + one + "'"
	}
	return strings.Join(words, ", ")
}
