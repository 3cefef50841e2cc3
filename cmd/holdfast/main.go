// Command holdfast is the server made of the library, and the shell's way to
// its users and roles.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"os/user"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/tty"
)

// cli is the command line; every flag has an environment variable.
type cli struct {
	Version kong.VersionFlag `help:"Print the version." env:"-"`

	Serve   serveCmd   `cmd:"" help:"Run the server."`
	User    userCmd    `cmd:"" help:"Add, list and change users; also while the server runs."`
	Session sessionCmd `cmd:"" help:"List and end where a user is signed in; also while the server runs."`
	Role    roleCmd    `cmd:"" help:"List and change roles; also while the server runs."`
	Client  clientCmd  `cmd:"" help:"Add, list and change the applications that may ask for tokens; also while the server runs."`
	Access  accessCmd  `cmd:"" help:"Print, compare and prove who may call what."`
	Why     whyCmd     `cmd:"" help:"Explain a refused request, step by step; also while the server runs."`
	Audit   auditCmd   `cmd:"" help:"List, export and verify what has happened; also while the server runs."`
	Issuer  issuerCmd  `cmd:"" help:"Show and change the issuer of the tokens."`
	Key     keyCmd     `cmd:"" help:"List, rotate and retire signing keys; also while the server runs."`
	APIKey  apiKeyCmd  `cmd:"" name:"apikey" help:"Make, list, rotate and revoke API keys; also while the server runs."`
	DB      dbCmd      `cmd:"" name:"db" help:"Back up, restore, check, migrate and copy a database."`
	Token   tokenCmd   `cmd:"" help:"Make a token, and say what is right and wrong with one."`
	Login   loginCmd   `cmd:"" help:"Sign in at a server with the browser, and print the access token."`
	JWS     jwsCmd     `cmd:"" name:"jws" help:"Sign and verify with a key of one's own."`
	Bench   benchCmd   `cmd:"" help:"Measure what this machine can do."`

	Password passwordCmd `cmd:"" help:"Hash, verify and look at passwords and their hashes."`
	Import   importCmd   `cmd:"" help:"Bring users from another system; also while the server runs."`

	Help       helpCmd       `cmd:"" help:"Explain a command, as --help does."`
	Completion completionCmd `cmd:"" help:"Print a script with which a shell completes commands and flags: source <(holdfast completion bash)."`
	Build      versionCmd    `cmd:"" name:"version" help:"Print the version, the commit that was built, and with what."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, tty.Painted(os.Stdout), os.Stderr})
	stop()
	os.Exit(code)
}

// Exit codes: 0 done, 1 it failed, 2 the command line is wrong, 130 a signal
// ended it before it was done, as shells have it.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// exited carries kong's exit code (of --help) out of the parser.
type exited int

// usageError is about a command line whose flags are right by themselves.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func isUsage(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok
}

func newParser(ctx context.Context, c *cli, std streams) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("holdfast"),
		kong.Description("Who may do what: users, roles, tokens and an API that enforces them."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.DefaultEnvars("HOLDFAST"),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
		kong.Vars{"version": tty.Version("holdfast")},
		kong.ValueFormatter(explained),
	)
}

// osUser is who has called the command, for the audit trail.
func osUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}

func run(ctx context.Context, args []string, std streams) (code int) {
	ctx = account.WithActor(ctx, account.AuditActor{Kind: "cli", Name: osUser()})
	parser, err := newParser(ctx, &cli{}, std)
	if err != nil {
		fmt.Fprintln(std.err, "holdfast:", err)
		return exitFailed
	}
	defer func() {
		if cause := recover(); cause != nil {
			status, ok := cause.(exited)
			if !ok {
				panic(cause)
			}
			code = int(status)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(std.err, "holdfast: %v\nRun 'holdfast --help' for what there is.\n", err)
		return exitUsage
	}
	switch err := parsed.Run(); {
	case err == nil:
		return 0
	case isUsage(err):
		fmt.Fprintf(std.err, "holdfast: %v\nRun 'holdfast %s --help' for what there is.\n", err, parsed.Selected().Name)
		return exitUsage
	case errors.Is(err, tty.ErrInterrupted), ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(std.err, "holdfast: interrupted")
		return exitInterrupted
	default:
		fmt.Fprintln(std.err, "holdfast:", err)
		return exitFailed
	}
}
