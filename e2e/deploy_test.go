package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v3"
)

// composed is what the compose file says, as far as it is looked at.
type composed struct {
	Services map[string]struct {
		Image       string
		Build       struct{ Context, Dockerfile string }
		Environment map[string]string
		ReadOnly    bool          `yaml:"read_only"`
		CapDrop     []string      `yaml:"cap_drop"`
		Security    []string      `yaml:"security_opt"`
		Grace       time.Duration `yaml:"stop_grace_period"`
		Volumes     []string
		Networks    yaml.Node
	}
}

// address is the one that a service has on the inner network.
func address(t *testing.T, networks yaml.Node) string {
	t.Helper()
	var named map[string]struct {
		Address string `yaml:"ipv4_address"`
	}
	if networks.Kind != yaml.MappingNode {
		return ""
	}
	if err := networks.Decode(&named); err != nil {
		t.Error(err)
	}
	return named["inside"].Address
}

func parsed(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("deploy/%s: %v", name, err)
	}
}

// Compose's own parser reads the file by its schema, and refuses it without the secrets.
func TestComposeUnderstandsTheFile(t *testing.T) {
	t.Parallel()
	load := func(env ...string) (*types.Project, error) {
		options, err := cli.NewProjectOptions([]string{filepath.Join("..", "deploy", "compose.yaml")}, cli.WithEnv(env), cli.WithProfiles([]string{"metrics"}))
		if err != nil {
			return nil, err
		}
		return options.LoadProject(t.Context())
	}
	secrets := []string{"HOLDFAST_URL=https://auth.example.org", "POSTGRES_PASSWORD=hidden", "HOLDFAST_MASTER_KEY=hidden"}
	project, err := load(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(project.Services); n != 6 {
		t.Errorf("Compose sees %d services, want three servers, the proxy, the database and Prometheus", n)
	}
	for i, one := range secrets {
		if _, err := load(slices.Delete(slices.Clone(secrets), i, i+1)...); err == nil || !strings.Contains(err.Error(), strings.Split(one, "=")[0]) {
			t.Errorf("without %s Compose says: %v", one, err)
		}
	}
}

// The parts of deploy fit together: the proxy and Prometheus know the servers, these
// know the proxy and the database, and none of them may do more than it has to.
func TestThePartsOfDeployFitTogether(t *testing.T) {
	t.Parallel()
	var all composed
	parsed(t, "compose.yaml", &all)
	proxy, servers := all.Services["proxy"], []string{}
	for name, one := range all.Services {
		if one.Image != "holdfast" && !regexp.MustCompile(`^[a-z/]+:v?[0-9]+(\.[0-9]+)*(-[a-z]+)?$`).MatchString(one.Image) {
			t.Errorf("%s: the image %q has no version", name, one.Image)
		}
		for _, volume := range one.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if _, err := os.Stat(filepath.Join("..", "deploy", from)); strings.HasPrefix(from, "./") && from != "./holdfast.pem" && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if one.Image != "holdfast" {
			continue
		}
		at := address(t, one.Networks)
		servers = append(servers, at)
		if !one.ReadOnly || !slices.Equal(one.CapDrop, []string{"ALL"}) || !slices.Contains(one.Security, "no-new-privileges:true") {
			t.Errorf("%s may do more than it has to: %+v", name, one)
		}
		drain, err := time.ParseDuration(one.Environment["HOLDFAST_DRAIN"])
		if err != nil || one.Grace < drain+10*time.Second {
			t.Errorf("%s is killed after %v, want its drain of %v and ten seconds more at least (%v)", name, one.Grace, drain, err)
		}
		if one.Environment["HOLDFAST_TRUSTED_PROXY"] != address(t, proxy.Networks) {
			t.Errorf("%s trusts %s, and the proxy is %s", name, one.Environment["HOLDFAST_TRUSTED_PROXY"], address(t, proxy.Networks))
		}
		if db := address(t, all.Services["db"].Networks); !strings.Contains(one.Environment["HOLDFAST_DB"], "@"+db+"/") {
			t.Errorf("%s has another database than the one at %s", name, db)
		}
		if _, err := os.Stat(filepath.Join("..", "deploy", one.Build.Context, one.Build.Dockerfile)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	slices.Sort(servers)
	var asked, scraped []string
	for _, n := range []string{"1", "2", "3"} {
		asked = append(asked, strings.TrimSuffix(proxy.Environment["HOLDFAST_SERVER_"+n], ":8000"))
	}
	var prometheus struct {
		Jobs []struct {
			Static []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	parsed(t, "prometheus.yml", &prometheus)
	for _, job := range prometheus.Jobs {
		for _, group := range job.Static {
			for _, target := range group.Targets {
				scraped = append(scraped, strings.TrimSuffix(target, ":9100"))
			}
		}
	}
	if len(servers) != 3 || !slices.Equal(asked, servers) || !slices.Equal(scraped, servers) {
		t.Errorf("the servers are at %v, the proxy asks %v, and Prometheus %v", servers, asked, scraped)
	}
}
