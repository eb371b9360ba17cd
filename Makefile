# make demo and make test need Go and make alone.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build demo test servers-test clients-test evidence ci tools lint race kill torture fuzz bench servers-bench clean

build:
	go build -o bin/cardferry ./cmd/cardferry

demo: build
	@sh .ci/demo bin/cardferry demo

test:
	go test -timeout 30m ./...

ci: FUZZTIME = 5s
ci: tools test servers-test lint race kill fuzz demo

tools:
	@sh .ci/tools

# The contracts, and migrations, on contact servers that others wrote: see .ci/servers.
# Each package has servers of its own, with nothing on them.
servers-test:
	@for pkg in exporter/carddav importer/carddav cmd/cardferry; do \
		.ci/servers go test -count=1 -timeout 30m -run 'RealServers|ServerScripts' ./$$pkg || exit 1; \
	done

# Microsoft's own JavaScript client and MSAL on the embedded service, where there is npm.
clients-test: build
	@.ci/microsoft/run bin/cardferry

# What docs/microsoft.md says, shown: operations, faults, request counts, sign-in, limits.
evidence: build
	go test -count=1 -v -run '^(TestOperations|Test(Export|Import)UnderFaults|TestIncrementalRequests|TestPhotoRequests|TestSignIn)$$' ./cmd/cardferry
	go build -o bin/bench ./internal/bench
	bin/bench -program bin/cardferry -only throttle

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

race:
	go test -race -timeout 40m ./...

# Imports that are killed after every request and at random, and run again; undo.
kill:
	CARDFERRY_TORTURE=ci go test -count=1 -run 'TestKilled|TestMany' ./cmd/cardferry

# The same, longer and with more faults.
torture:
	CARDFERRY_TORTURE=long go test -count=1 -timeout 60m -run 'TestKilled|TestMany' ./cmd/cardferry

# Each fuzz target for FUZZTIME.
FUZZTIME ?= 1m
fuzz:
	@sh .ci/fuzz $(FUZZTIME)

# Speed and memory as ratios against the project's floors.
bench: build
	go build -o bin/bench ./internal/bench
	bin/bench -program bin/cardferry

# The same cards up and down by cardferry, vdirsyncer and a bare loop, side by side.
servers-bench: build
	SERVERS="radicale cyrus" .ci/servers go run ./internal/bench/sidebyside -program bin/cardferry

clean:
	rm -rf bin demo
