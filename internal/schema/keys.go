package schema

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// TagKeys lists the keys of a tag that CheckField has found well-formed.
func TagKeys(tag reflect.StructTag) []string {
	keys, err := tagKeys(tag)
	if err != nil {
		return nil
	}
	return keys
}

// tagKeys lists the keys of a tag, in the form that [reflect.StructTag]
// describes.
func tagKeys(tag reflect.StructTag) ([]string, error) {
	var keys []string
	for rest := strings.TrimLeft(string(tag), " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		key, value, ok := strings.Cut(rest, ":")
		quoted, err := strconv.QuotedPrefix(value)
		if !ok || err != nil || key == "" || strings.ContainsAny(key, " \"") {
			return nil, fmt.Errorf("malformed tag `%s`: write key:\"value\" key:\"value\"", tag)
		}
		keys = append(keys, key)
		rest = value[len(quoted):]
	}
	return keys, nil
}

// without is a tag without one of its keys.
func without(tag reflect.StructTag, key string) reflect.StructTag {
	keys, _ := tagKeys(tag) // a malformed tag was refused before
	var kept []string
	for _, one := range keys {
		if one != key {
			kept = append(kept, one+":"+strconv.Quote(tag.Get(one)))
		}
	}
	return reflect.StructTag(strings.Join(kept, " "))
}
