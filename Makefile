# make demo and make test need Go and make alone.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build demo test ci tools lint race fuzz bench clean

build:
	go build -o bin/cardferry ./cmd/cardferry

demo: build
	@sh .ci/demo bin/cardferry demo

test:
	go test ./...

ci: tools test lint race fuzz demo

tools:
	@sh .ci/tools

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

race:
	go test -race ./...

# Each fuzz target for FUZZTIME.
FUZZTIME ?= 10s
fuzz:
	@sh .ci/fuzz $(FUZZTIME)

# Speed and memory as ratios against the project's floors.
bench: build
	go build -o bin/bench ./internal/bench
	bin/bench -program bin/cardferry

clean:
	rm -rf bin demo
