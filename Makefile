# The two commands for a fresh machine are `make demo` and `make test`. Both install what is missing first.

# Where rustup puts cargo, for shells that have not been opened anew since.
export PATH := $(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.PHONY: help deps demo test faults run bench eval fuzz attacks lint

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install what is missing: a C compiler, make, redis-server
	@./scripts/install-deps.sh

demo: deps ## Send signed webhooks through the real service and show what happened
	cargo run --locked -- demo

test: ## Run all tests
	@./scripts/install-deps.sh tests
	cargo test --locked

faults: deps ## Break everything around the service for ten minutes or more, and print what came of it
	BAJA_FAULTS_OPT_OUTS=$${BAJA_FAULTS_OPT_OUTS:-100000} BAJA_FAULTS_KILLS=$${BAJA_FAULTS_KILLS:-200} \
	cargo test --locked --test faults -- no_fault_costs_an_opt_out --nocapture

run: deps ## Serve with your own settings (BAJA_…, CONFIG=file), on a private Redis unless BAJA_REDIS_URL is set
	@if [ -z "$${BAJA_REDIS_URL:-}$${BAJA_REDIS_URL_FILE:-}" ]; then export BAJA_REDIS_URL=private; fi; \
	exec cargo run --release --locked -- serve $(if $(CONFIG),--config "$(CONFIG)")

bench: deps ## Measure, and print tables
	cargo build --release --locked
	cp target/release/baja target/baja-shipped
	BAJA_BENCH_BINARY="$(CURDIR)/target/baja-shipped" cargo bench --locked

eval: deps ## Score the understanding of texts on the test phrases
	cargo run --locked -- eval

attacks: ## Send hostile requests to the real binary, and replay what fuzzing kept
	@./scripts/install-deps.sh tests
	cargo test --locked --test it attacks

# Seconds for each target.
SECONDS ?= 600

fuzz: ## Fuzz what strangers send, SECONDS for each target; needs nightly and cargo-fuzz
	@command -v cargo-fuzz >/dev/null || { echo "fuzz: cargo-fuzz is missing: cargo install --locked cargo-fuzz"; exit 1; }
	@for target in signature payload normalise classify phone; do \
		mkdir -p fuzz/found/$$target; \
		cargo +nightly fuzz run $$target fuzz/found/$$target fuzz/corpus/$$target -- \
			-max_total_time=$(SECONDS) -timeout=120 -max_len=4096 || exit 1; \
	done

lint: ## Check format, lints and documentation
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
