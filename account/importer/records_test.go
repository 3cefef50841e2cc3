package importer

import (
	"errors"
	"strings"
	"testing"
)

func TestRecords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string // name=…, or why not, with the line before it
	}{
		"CSV":                     {"name,hash\nanna,x\nben,y\n", []string{"2 anna", "3 ben"}},
		"CSV of Excel":            {"\xef\xbb\xbfName , Hash\r\nanna,x\r\n", []string{"2 anna"}},
		"CSV with a wrong line":   {"name,hash\nanna\nben,y\n", []string{"2 1 values for 2 columns (a hash with ',' in it needs quotes)", "3 ben"}},
		"CSV with blanks":         {"name , hash\nanna , x\n ben,\ty \n", []string{"2 anna", "3 ben"}},
		"CSV with semicolons":     {"name;hash\nanna;$argon2id$v=19$m=8,t=1,p=1$x\nben;y;z\n", []string{"2 anna", "3 3 values for 2 columns (a hash with ';' in it needs quotes)"}},
		"CSV with tabs":           {"name\thash\r\nanna\tx\r\n", []string{"2 anna"}},
		"CSV with bars":           {"name|hash\nanna|x\n", []string{"2 anna"}},
		"CSV with one column":     {"name\nanna\n", []string{"2 anna"}},
		"CSV in Latin-1":          {"name,hash\nJ\xf6rg,x\nben,y\n", []string{"2 name is not UTF-8; save the file as UTF-8", "3 ben"}},
		"UTF-16 of Windows":       {"\xff\xfen\x00a\x00m\x00e\x00\n\x00J\x00\xf6\x00r\x00g\x00\n\x00", []string{"2 Jörg"}},
		"UTF-16 of others":        {"\xfe\xff\x00n\x00a\x00m\x00e\x00\n\x00J\x00\xf6", []string{"2 Jö"}},
		"CSV with an open quote":  {"name,hash\n\"anna,x\nben,y\n", []string{`2 extraneous or missing " in quoted-field`}},
		"CSV over several lines":  {"name,hash\n\"an\nna\",x\nben,y\n", []string{"2 an\nna", "4 ben"}},
		"JSON lines":              {"{\"name\":\"anna\"}\n\n{\"name\":\"ben\"}", []string{"1 anna", "3 ben"}},
		"JSON lines with a wrong": {"{\"name\":\"anna\"}\nx\n{\"name\":\"ben\"}", []string{"1 anna", "2 it is no JSON object", "3 ben"}},
		"a JSON array":            {"  [ {\"name\":\"anna\",\"id\":7,\"groups\":[]}, 5, {\"name\":\"ben\"} ]", []string{"1 anna", "2 it is no JSON object", "3 ben"}},
		"Django's fields":         {`[{"model":"auth.user","pk":1,"fields":{"name":"anna","is_active":true}}]`, []string{"1 anna"}},
		"nothing":                 {" \n ", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			err := readRecords(strings.NewReader(test.text), func(r record) error {
				text := r.values["name"]
				if r.why != nil {
					text = r.why.Error()
				}
				got = append(got, string(rune('0'+r.line))+" "+text)
				return nil
			})
			if err != nil || strings.Join(got, "|") != strings.Join(test.want, "|") {
				t.Errorf("readRecords = %q, %v, want %q", got, err, test.want)
			}
		})
	}
	for _, text := range []string{"[{\"name\":\"anna\"}", "[{]", "[1,", "[1 2]", "n\x00a\x00m\x00e\x00\n\x00"} {
		if err := readRecords(strings.NewReader(text), func(record) error { return nil }); !errors.Is(err, ErrBroken) {
			t.Errorf("readRecords(%s) = %v, want ErrBroken", text, err)
		}
	}
}

func FuzzRecords(f *testing.F) {
	for _, text := range []string{"name,hash\nanna,x\n", "{\"name\":\"anna\"}\n", "[{\"fields\":{\"name\":\"anna\"}}]", "\"", "[", "\xef\xbb\xbf"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_ = readRecords(strings.NewReader(text), func(r record) error {
			if r.line < 1 || (r.why == nil) != (r.values != nil) {
				t.Errorf("%q has the record %+v", text, r)
			}
			return nil
		})
	})
}
