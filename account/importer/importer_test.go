package importer_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/account/importer"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// bcrypt4 is Passlib's hash of "password", at the least cost.
const bcrypt4 = "$2b$04$1tKWjXXiogeqyfQWKqSs8euaKrfSmN6U1RE6t2J9u39w7iZVmp1z6"

func newAccounts(t *testing.T) *account.Service {
	t.Helper()
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := account.NewService(t.Context(), account.Config{Store: memory.New(), Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	return accounts
}

// kept are the users of a store by their names.
func kept(t *testing.T, accounts *account.Service) string {
	t.Helper()
	users, err := accounts.Users(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, u := range users {
		state := "enabled"
		if u.Disabled {
			state = "disabled"
		}
		out = append(out, strings.Join([]string{u.Name, u.Email, strings.Join(u.Roles, ","), state}, " "))
	}
	slices.Sort(out) // those of one moment are in no order
	return strings.Join(out, "; ")
}

func TestEachFormat(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		format importer.Format
		file   string
		want   importer.Report
		users  string
	}{
		"Passlib's hashes in CSV": {
			importer.PasslibCSV, "Username,hash,email,disabled\nAnna," + bcrypt4 + ",anna@example.org,no\nben," + bcrypt4 + ",,yes\n",
			importer.Report{Read: 2, Added: 2},
			"anna anna@example.org user enabled; ben  user disabled",
		},
		"a hash that is refused stops nobody else": {
			importer.PasslibCSV, "name,password\nanna,secret\nben," + bcrypt4 + "\n",
			importer.Report{Read: 2, Added: 1, Refused: []importer.Refused{{Line: 2, Name: "anna", Reason: "hash is of a kind that is refused: plain text, or nothing that says how it was made"}}},
			"ben  user enabled",
		},
		"a name that the file has twice": {
			importer.PasslibCSV, "name,hash\nanna,\nANNA,\n",
			importer.Report{Read: 2, Added: 1, NoPassword: 1, Refused: []importer.Refused{{Line: 3, Name: "ANNA", Reason: "line 2 has the same name"}}},
			"anna  user enabled",
		},
		"the lines that were refused are in their order": {
			importer.PasslibCSV, "name,hash\na b,\nanna\n",
			importer.Report{Read: 2, Refused: []importer.Refused{
				{Line: 2, Name: "a b", Reason: "name may contain only the letters a to z, digits, and . _ - @ +"},
				{Line: 3, Reason: "1 values for 2 columns (a hash with ',' in it needs quotes)"},
			}},
			"",
		},
		"Django's dump has other models, administrators and no passwords": {
			importer.Django, `[{"model":"auth.group","fields":{"name":"editors"}},
				{"model":"auth.user","fields":{"username":"root","password":"` + bcrypt4 + `","is_superuser":true}},
				{"model":"shop.User","fields":{"username":"gone","password":"!x","is_active":false}}]`,
			importer.Report{Read: 2, Added: 2, NoPassword: 1, Admins: 1},
			"gone  user disabled; root  user enabled",
		},
		"fastapi-users has names that are addresses": {
			importer.FastAPIUsers, `{"email":"Eve@example.org","hashed_password":"` + bcrypt4 + `","is_active":true}`,
			importer.Report{Read: 1, Added: 1},
			"eve@example.org Eve@example.org user enabled",
		},
		"columns of another format": {
			importer.FastAPIUsers, "username,hash\nanna,x\n",
			importer.Report{Read: 1, Refused: []importer.Refused{{Line: 2, Name: "anna", Reason: "nothing in it is called as a password hash is; is the format right?"}}},
			"",
		},
		"no name at all": {
			importer.Django, `{"hash":"x"}`,
			importer.Report{Read: 1, Refused: []importer.Refused{{Line: 1, Reason: "nothing in it is called as the name of a user is; is the format right?"}}},
			"",
		},
		"nothing": {importer.PasslibCSV, " \n", importer.Report{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accounts := newAccounts(t)
			want := test.want
			want.Refused = append([]importer.Refused{}, want.Refused...) // never nil
			got, err := importer.Import(t.Context(), accounts, strings.NewReader(test.file), importer.Config{Format: test.format, Roles: []string{"user"}})
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("Import = %+v, %v, want %+v", got, err, want)
			}
			if users := kept(t, accounts); users != test.users {
				t.Errorf("the users are %q, want %q", users, test.users)
			}
		})
	}
}

// Hashes of bcrypt alone are those of which a system may have cut the password.
func TestWhosePasswordsWereCut(t *testing.T) {
	t.Parallel()
	file := "name,hash\nanna," + bcrypt4 + "\nben,bcrypt$" + bcrypt4 + "\ncarl,$2a" + bcrypt4[3:] + "\ndora,$2y" + bcrypt4[3:] + "\nwithout,\nx,$2x" + bcrypt4[3:] + "\nsha,bcrypt_sha256" + "$" + bcrypt4 + "\n"
	accounts := newAccounts(t)
	for _, test := range []struct {
		until time.Time
		dry   bool
		want  int
	}{{time.Now().Add(time.Hour), true, 4}, {time.Time{}, true, 0}, {time.Now().Add(time.Hour), false, 4}} {
		report, err := importer.Import(t.Context(), accounts, strings.NewReader(file), importer.Config{Format: importer.PasslibCSV, CutUntil: test.until, DryRun: test.dry})
		if err != nil || report.Cut != test.want || report.Added != 6 || len(report.Refused) != 1 || report.Refused[0].Name != "x" {
			t.Errorf("until %v: Import = %+v, %v, want %d that were cut, and that $2x$ is refused", test.until, report, err, test.want)
		}
	}
}

// A dry run says what would be and changes nothing; the second run of an import
// changes nothing either.
func TestADryRunAndASecondRunChangeNothing(t *testing.T) {
	t.Parallel()
	accounts := newAccounts(t)
	const file = "name,hash,email\nanna,,a@example.org\n"
	for _, step := range []struct {
		name   string
		dryRun bool
		want   importer.Report
		users  string
	}{
		{"a dry run", true, importer.Report{DryRun: true, Read: 1, Added: 1, NoPassword: 1}, ""},
		{"the import", false, importer.Report{Read: 1, Added: 1, NoPassword: 1}, "anna a@example.org  enabled"},
		{"a second one", false, importer.Report{Read: 1, There: 1}, "anna a@example.org  enabled"},
		{"a dry run after it", true, importer.Report{DryRun: true, Read: 1, There: 1}, "anna a@example.org  enabled"},
	} {
		step.want.Refused = []importer.Refused{}
		got, err := importer.Import(t.Context(), accounts, strings.NewReader(file), importer.Config{Format: importer.PasslibCSV, DryRun: step.dryRun})
		if err != nil || !reflect.DeepEqual(got, step.want) {
			t.Errorf("%s: Import = %+v, %v, want %+v", step.name, got, err, step.want)
		}
		if users := kept(t, accounts); users != step.users {
			t.Errorf("%s: the users are %q, want %q", step.name, users, step.users)
		}
	}
}

// batches is a store that writes down how many it is given at once.
type batches struct {
	sizes []int
	fails error // of the second batch
}

func (b *batches) Import(_ context.Context, list []account.ImportedUser) ([]error, error) {
	b.sizes = append(b.sizes, len(list))
	if len(b.sizes) == 2 && b.fails != nil {
		return nil, b.fails
	}
	return make([]error, len(list)), nil
}

func (*batches) CheckImport(context.Context, []account.ImportedUser) ([]error, error) {
	return nil, errors.New("no dry run was asked for")
}

func TestUsersAreAddedInBatches(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	for i := range 4001 {
		fmt.Fprintf(&file, "{\"name\":\"u%d\",\"hash\":\"x\"}\n", i)
	}
	var progress []int
	config := importer.Config{Format: importer.PasslibCSV, Progress: func(r importer.Report) { progress = append(progress, r.Added) }}
	all := &batches{}
	report, err := importer.Import(t.Context(), all, strings.NewReader(file.String()), config)
	if err != nil || report.Added != 4001 || !reflect.DeepEqual(all.sizes, []int{2000, 2000, 1}) || !reflect.DeepEqual(progress, []int{2000, 4000, 4001}) {
		t.Errorf("Import = %+v, %v in batches of %d with progress %d", report, err, all.sizes, progress)
	}

	broken := &batches{fails: errors.New("the disk is full")}
	report, err = importer.Import(t.Context(), broken, strings.NewReader(file.String()), config)
	if !errors.Is(err, broken.fails) || report.Added != 2000 || len(broken.sizes) != 2 {
		t.Errorf("Import into a full disk = %+v, %v after %d batches, want 2000 added and no third batch", report, err, len(broken.sizes))
	}
}

// What came before the place where a file breaks off is added.
func TestAFileThatBreaksOff(t *testing.T) {
	t.Parallel()
	accounts := newAccounts(t)
	report, err := importer.Import(t.Context(), accounts, strings.NewReader(`[{"name":"anna","hash":""},{"na`), importer.Config{Format: importer.PasslibCSV})
	if !errors.Is(err, importer.ErrBroken) || report.Added != 1 || kept(t, accounts) != "anna   enabled" {
		t.Errorf("Import = %+v, %v; the users are %q", report, err, kept(t, accounts))
	}
}

func TestAFormatIsNeeded(t *testing.T) {
	t.Parallel()
	for _, format := range []importer.Format{"", "shadow"} {
		store := &batches{}
		_, err := importer.Import(t.Context(), store, strings.NewReader("name,hash\nanna,\n"), importer.Config{Format: format})
		if err == nil || !strings.Contains(err.Error(), "none of the formats") || store.sizes != nil {
			t.Errorf("Import from %q = %v, want an error before anything is added", format, err)
		}
	}
}
