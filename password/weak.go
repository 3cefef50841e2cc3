package password

import (
	"fmt"
	"regexp"
	"strings"
)

// refused makes an error that names what is refused.
func refused(kind string) error { return fmt.Errorf("%w: %s", ErrRefused, kind) }

// refusedKinds are the hashes that people have and that are verified by
// nothing here: those that a graphics card guesses by the billion, and those
// that are broken. They are named so that a report can say what was found.
var refusedKinds = []struct {
	pattern *regexp.Regexp
	kind    string
}{
	{regexp.MustCompile(`^\$2x\$`), "$2x$, which marks hashes of a broken bcrypt that mixes up passwords; set a new password"},
	{regexp.MustCompile(`^\$2\$`), "$2$, the first bcrypt, which did not say how it reads a password; set a new password"},
	{regexp.MustCompile(`^\$1\$`), "md5_crypt"},
	{regexp.MustCompile(`^\$apr1\$`), "Apache's md5_crypt"},
	{regexp.MustCompile(`^\$md5[$,]`), "Sun's md5_crypt"},
	{regexp.MustCompile(`^\$sha1\$`), "sha1_crypt"},
	{regexp.MustCompile(`^\$[PH]\$`), "phpass, which is MD5"},
	{regexp.MustCompile(`^\$S\$`), "Drupal 7's SHA-512"},
	{regexp.MustCompile(`^\$(3|NT)\$`), "NT's MD4"},
	{regexp.MustCompile(`^\$y\$`), "yescrypt"},
	{regexp.MustCompile(`^_[./0-9A-Za-z]{19}$`), "bsdi_crypt"},
	{regexp.MustCompile(`^(unsalted_)?md5\$`), "MD5, salted once or not at all"},
	{regexp.MustCompile(`^(unsalted_)?sha(1|256|512)\$`), "SHA of a salt and the password, once"},
	{regexp.MustCompile(`^(hex_)?crypt\$`), "des_crypt"},
	{regexp.MustCompile(`(?i)^\{(S?MD5|S?SHA(256|384|512)?|CRYPT|CLEARTEXT|PLAIN)\}`), "LDAP's plain, MD5 and SHA kinds"},
	{regexp.MustCompile(`^plain[:$]`), "plain text"},
	{regexp.MustCompile(`^\*[0-9A-Fa-f]{40}$`), "MySQL's SHA-1"},
	{regexp.MustCompile(`^md5[0-9a-fA-F]{32}$`), "PostgreSQL's MD5"},
	{regexp.MustCompile(`^0x0[12]00[0-9A-Fa-f]+$`), "SQL Server's SHA"},
	{regexp.MustCompile(`^[0-9a-fA-F]{32}$`), "MD5 or NT's MD4 without a salt"},
	{regexp.MustCompile(`^[0-9a-fA-F]{40}$`), "SHA-1 without a salt"},
	{regexp.MustCompile(`^[0-9a-fA-F]{64}$`), "SHA-256 without a salt"},
	{regexp.MustCompile(`^[0-9a-fA-F]{128}$`), "SHA-512 without a salt"},
	{regexp.MustCompile(`^[./0-9A-Za-z]{13}$`), "des_crypt, or plain text"},
	{regexp.MustCompile(`^[!*]`), "a mark that says the user has no password"},
}

// refusal says what a hash is that no scheme owns.
func refusal(hash string) error {
	for _, one := range refusedKinds {
		if one.pattern.MatchString(hash) {
			return refused(one.kind)
		}
	}
	if hash != "" && !strings.ContainsAny(hash, "$:{") {
		return refused("plain text, or nothing that says how it was made")
	}
	return ErrUnknownHash
}
