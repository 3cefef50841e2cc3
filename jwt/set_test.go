package jwt_test

import (
	"testing"

	"github.com/holdfast-go/holdfast/jwt"
)

func TestForeignKeySets(t *testing.T) {
	const okp = `"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
	for name, test := range map[string]struct {
		set  string
		want int // keys; -1 for an error
	}{
		"none":                           {`{"keys":[]}`, 0},
		"one without alg":                {`{"keys":[{` + okp + `}]}`, 1},
		"one with everything":            {`{"keys":[{` + okp + `,"alg":"EdDSA","use":"sig","key_ops":["verify"],"kid":"1"}]}`, 1},
		"one for encryption":             {`{"keys":[{` + okp + `,"use":"enc"}]}`, 0},
		"one for other operations":       {`{"keys":[{` + okp + `,"key_ops":["sign"]}]}`, 0},
		"one of an unknown kind":         {`{"keys":[{"kty":"XYZ"},{` + okp + `}]}`, 1},
		"one whose algorithm is another": {`{"keys":[{` + okp + `,"alg":"ES256"}]}`, 0},
		"one that is private":            {`{"keys":[{` + okp + `,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}]}`, -1},
		"one with half of a private":     {`{"keys":[{` + okp + `,"p":null}]}`, -1},
		"one that is symmetric":          {`{"keys":[{"kty":"oct","k":"AAAA"}]}`, -1},
		"a member twice":                 {`{"keys":[{` + okp + `,"alg":"EdDSA","alg":"none"}]}`, -1},
		"no set":                         {`{}`, -1},
		"a list":                         {`[]`, -1},
		"nothing":                        {``, -1},
	} {
		keys, err := jwt.ParsePublicSet([]byte(test.set))
		if test.want < 0 && err == nil || test.want >= 0 && (err != nil || len(keys) != test.want) {
			t.Errorf("%s: ParsePublicSet = %v, %v, want %d keys", name, keys, err, test.want)
		}
	}
}

// FuzzParsePublicSet looks for panics: key sets come from other servers.
func FuzzParsePublicSet(f *testing.F) {
	f.Add(must(jwt.MarshalPublicSet(edKey, keyOf(jwt.ES256))))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","alg":"RS256"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := jwt.ParsePublicSet(data)
		if err != nil {
			return
		}
		for _, k := range keys {
			if k.Algorithm() == "" {
				t.Errorf("ParsePublicSet(%q) has a key without an algorithm", data)
			}
		}
	})
}
