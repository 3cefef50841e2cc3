# The list of what one can do here. `make` prints it.
GO    ?= go
TOOLS  = $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 30s
MODULES = . mcp otel bench e2e # tools is only what tools need
# SQLite's own code, C made into Go, has its own locks. Not to watch it makes the tests
# of what stands on it three times as fast; our code beside it is watched. It has no
# generics: a package's copy of sync.Map that is not watched would be linked for all.
# So it is with bcrypt's cipher, which computes and shares nothing.
QUIET = -gcflags='modernc.org/...=-d=checkptr=0' -gcflags='modernc.org/sqlite/lib=-race=0 -d=checkptr=0' -gcflags='golang.org/x/crypto/blowfish=-race=0'
# A program that is watched waits a second at its end, for what may still run: there are
# a hundred of them, and what a test has started it ends. A moment is left.
export GORACE ?= atexit_sleep_ms=50
# What one goroutine computes for long, and the detector makes ten times as slow: it is
# run without, in full, and these are the packages that have some of it.
DEAR     = Attack$$|^TestAMillionEntries$$|^TestStore$$/^no_more_assertions|^TestChanges$$/^the_log_is_kept
DEAR_PKG = ./identity ./console ./cmd/holdfast ./password/breached ./store/memory ./store/postgres ./store/sqlite ./examples/fastapi-tutorial ./examples/library ./examples/own-users ./examples/resource ./examples/shop
MUTATE ?= policy.go run.go error.go scheme.go \
  internal/plan/policy.go internal/plan/planner.go internal/plan/builder.go internal/plan/step.go internal/plan/plan.go internal/plan/checks.go \
  jwt/verify.go jwt/set.go jwt/cache.go \
  account/session.go account/login.go account/throttle.go account/knowndevice.go internal/attempts/gate.go account/caller.go account/change.go account/reset.go account/setup.go \
  store/sqlite/attempts.go store/sqlite/sessions.go store/sqlite/tx.go

help: ## print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

check: tidy vet test browser clients differential lint ## what CI runs

test: ## all tests, with the race detector (needs a C compiler; minutes)
	$(GO) test -race $(QUIET) -ldflags=-w -shuffle=on -timeout=15m -skip '$(DEAR)' ./... # without DWARF: linking is much of it
	$(GO) test -ldflags=-w -shuffle=on -timeout=5m -run '$(DEAR)' $(DEAR_PKG)
	$(GO) test -ldflags=-w -timeout=1m ./password ./internal/threads # the hashes that cost too much under the race detector, and the heap's floor, which is not there
	for module in mcp otel; do $(GO) -C $$module test -race $(QUIET) -ldflags=-w -shuffle=on -skip '$(DEAR)' ./... || exit 1; done # modules of their own, for those who want them
	$(GO) -C mcp test -ldflags=-w -run '$(DEAR)' ./...
	$(GO) -C bench test ./... # what is measured keeps the contract
	@command -v postgres initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || [ -n "$$HOLDFAST_POSTGRES" ] || \
	  echo "There is no PostgreSQL, so store/postgres and the servers on it were skipped. script/bootstrap installs it; make postgres then tests them."

short: ## all tests but the slow ones and the examples', without the race detector (under 20 seconds on two cores)
	$(GO) test -short -ldflags=-w -timeout=1m $$($(GO) list ./... | grep -v /examples/) # without DWARF: linking is most of it
	$(GO) -C mcp test -short ./... # its matrix names the routes of package identity

tidy: ## whether go.mod and go.sum are as go mod tidy writes them
	@set -e; for module in $(MODULES); do echo "$$module: tidy"; $(GO) -C $$module mod tidy -diff; done

# go.mod names the oldest Go; the one that is installed is meant to be the newest.
vet: ## go vet for every system, not just for the one that the linter is run on
	@set -e; for system in linux windows darwin; do for module in $(MODULES); do \
	  echo "$$module: vet for $$system"; GOOS=$$system $(GO) -C $$module vet ./...; \
	done; done

browser: ## the server in a real browser, with pictures in e2e/shots (needs Chromium: script/bootstrap)
	@mkdir -p e2e/shots
	HOLDFAST_SHOTS=$${HOLDFAST_SHOTS:-$(CURDIR)/e2e/shots} $(GO) -C e2e test -race -count=1 -skip '^TestClient' ./...

clients: ## generated clients, Schemathesis, ten OAuth clients of others, and services that accept the server's tokens over 20 key rotations (5 minutes; script/bootstrap)
	$(GO) -C e2e test -count=1 -timeout=20m -v -run '^TestClient' ./...
	HOLDFAST_DURABILITY=1 $(GO) test -count=1 -v -run 'TestClientsDurability' ./cmd/holdfast

differential: ## what FastAPI answers to 960 requests, and oidc-provider to 1,000 bad ones, beside Holdfast (script/bootstrap; bench/differential, bench/badrequests)
	$(GO) -C bench run ./differential
	$(GO) -C bench run ./badrequests

fuzz: ## every fuzz target for FUZZTIME
	@$(GO) list ./... | while read -r pkg; do \
	  $(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' | while read -r target; do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done || exit 1; \
	done

lint: ## golangci-lint with the short list of .golangci.yml
	$(TOOLS) golangci-lint run ./...
	for module in mcp otel bench e2e; do (cd $$module && $(GO) tool -modfile=../tools/go.mod golangci-lint run ./...) || exit 1; done

fmt: ## format as the linter wants it
	$(TOOLS) golangci-lint fmt ./...

mutate: ## what no test notices in MUTATE, the files that decide who may what (half an hour; docs/mutants.md)
	$(GO) run ./internal/mutate -tests .,./holdfasttest $(MUTATE)

timing: ## whether a stopwatch tells who has an account (minutes, alone on the machine)
	HOLDFAST_TIMING=2000 $(GO) test -count=1 -timeout=20m -v -tags holdfast_insecure_switches -run 'TestTiming' ./cmd/holdfast
	@echo 'The same without the dummy verification, which must fail:'
	! HOLDFAST_TIMING=100 $(GO) test -count=1 -tags holdfast_insecure_no_dummy,holdfast_insecure_switches -run 'TestTimingOfNames' ./cmd/holdfast

vuln: ## known vulnerabilities in what is called
	$(TOOLS) govulncheck ./...

golden: ## write the golden files again
	UPDATE_GOLDEN=1 $(GO) test ./...
	UPDATE_GOLDEN=1 $(GO) -C mcp test -short ./...

postgres: ## the store and several servers on a PostgreSQL of their own, which is stopped, frozen and replaced (minutes; script/bootstrap); nothing is skipped
	HOLDFAST_NEED_POSTGRES=1 $(GO) test -count=1 -timeout=20m ./store/postgres
	HOLDFAST_NEED_POSTGRES=1 $(GO) test -count=1 -timeout=20m -v -run 'Postgre|ARevocation|AServerIsKilled|AStandby|APooler|WhatOneServer|NothingAcknowledged|BehindAProxy|TheNextVersion|TestRotation$$|ABackup' ./cmd/holdfast

durability: ## half an hour of what must never happen: 1,000 kills and 200 power cuts (as root), 20 key rotations under load, 100 rounds of 1,000 refreshes, 100 thefts, in two processes
	HOLDFAST_DURABILITY=1 $(GO) test -count=1 -timeout=90m -v -run Durability ./cmd/holdfast
	HOLDFAST_DURABILITY=1 $(GO) test -count=1 -v -run "/of_concurrent_redemptions|/nothing_of_it_lives|/in_turn|Linearizable" ./store/...
	HOLDFAST_DURABILITY=1 HOLDFAST_NEED_POSTGRES=1 $(GO) test -count=1 -timeout=60m -v -run "ARevocation|TestPostgres" ./cmd/holdfast # 1,000 sign-outs, 100 stops of PostgreSQL, a freeze of 30 seconds

bench: ## what it costs, beside its peers (ten minutes; bench/README.md); BASE=main compares with that commit
ifdef BASE
	script/compare $(BASE)
else
	$(GO) test -run '^$$' -bench . ./work ./internal/argon2
	$(GO) -C bench test -run '^$$' -bench . -benchmem ./route ./jwt
	$(GO) -C bench test -run TestRatios -v ./jwt
	$(GO) -C bench run ./peers -write results
endif

freeze: ## whether a flood of sign-ins freezes everybody else (4 minutes)
	$(GO) -C bench run ./freeze -saturate

hostile: ## what good callers notice of 10,000 hostile connections (5 minutes; wants ulimit -n 12000)
	$(GO) -C bench run ./hostile

lockout: ## whether others can keep people from signing in (five minutes, alone on the machine)
	$(GO) -C bench run ./lockout

run: ## the server, on 127.0.0.1:8000
	$(GO) run ./cmd/holdfast serve

.PHONY: help check test short tidy vet browser clients differential lint fmt mutate vuln fuzz durability postgres timing bench freeze hostile lockout golden run
