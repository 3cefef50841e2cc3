package parts

import (
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how long a file's name is at most: what most file systems take.
const maxName = 255

// BaseName is the last element of a name, as both Unix and Windows separate
// them, without what cannot be printed: NULs, line ends, marks that turn the
// direction of writing. It is empty where nothing is left that names a file.
func BaseName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return -1
		}
		return c
	}, name)
	for len(name) > maxName {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	if name == "." || name == ".." {
		return ""
	}
	return name
}

// sniffLen is how many bytes tell what a file looks like.
const sniffLen = 512

func sniff(head []byte) string {
	return essence(http.DetectContentType(head[:min(len(head), sniffLen)]))
}

// essence is a media type in lower case without its parameters, and "" for
// what is none.
func essence(mediaType string) string {
	out, _, err := mime.ParseMediaType(mediaType)
	if err != nil || !strings.Contains(out, "/") {
		return ""
	}
	return out
}
