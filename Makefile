# Two commands for a newcomer: `make demo` and `make test`. Both install what they lack, by apt, and say so.

SWIFT := swift
CHECKED := --explicit-target-dependency-import-check error

# Tests run side by side within a group. In groups, so that what computes does not starve what waits for a socket.
PURE := ^(OrraModel|OrraProtocol|OrraEngine|OrraPlanner|OrraStore|OrraCore|Simulation|Repository)Tests
SOCKETS := ^(OrraWebSocket|OrraSDK|OrraBench|OrraCLI)Tests
HUBS := ^(OrraHub)Tests
PROCESSES := ^(Crash|Chaos|Compatibility)Tests
# A hub and its clients are busy: few at once, where the toolchain can tell how many.
FEW = $(shell $(SWIFT) test --help-hidden 2>/dev/null | grep -o -m 1 -e '--experimental-maximum-parallelization-width' \
	| sed 's/$$/ 4/')

# The optimised programs have Swift's libraries in them: they run where there is no toolchain, and take less memory. lld
# comes with the toolchain, as does what is linked in. Nobody looks up symbols in a program: they would be kept for that.
BUILD_release := -c release $(if $(filter Linux,$(shell uname)),--static-swift-stdlib -Xswiftc -use-ld=lld \
	-Xlinker --no-export-dynamic)
BUILD_debug :=

CONFIGURATION := debug
# What both benchmarks write: figures as JSON, and the sections of the page. `PAGE=` leaves the page as it is.
PAGE := docs/performance.md
RECORDS = --data .build/bench --json .build/bench.json $(if $(PAGE),--page $(PAGE)) --date "$$(date +%F)"

.PHONY: demo test chaos simulate planbench bench bench-long bench-programs lint build release format clean

demo: ## Build, start a hub and four components, run a real action, show its outcome.
	@.make/dependencies
	@echo "Building (the first time takes some minutes)"
	@$(SWIFT) build $(CHECKED) --product orra
	@for part in PaymentService InventoryTool DeliveryAgent CustomerNotification; do \
		$(SWIFT) build $(CHECKED) --product $$part || exit 1; done
	@docs/examples/demo "$$($(SWIFT) build --show-bin-path)"

test: lint ## Every test, a release build, and what a hop of it may take.
	@.make/dependencies tests
	$(SWIFT) build $(CHECKED) --build-tests
	@.make/python
	$(SWIFT) test --skip-build --filter '$(PURE)'
	$(SWIFT) test --skip-build --filter '$(SOCKETS)'
	$(SWIFT) test --skip-build --filter '$(HUBS)' $(FEW)
	$(SWIFT) test --skip-build --filter '$(PROCESSES)'
	$(SWIFT) build $(CHECKED) $(BUILD_release) --product orra
	@.make/release-check "$$($(SWIFT) build -c release --show-bin-path)"
	$(SWIFT) build $(CHECKED) $(BUILD_release) --product Bench
	@.make/budgets "$$($(SWIFT) build -c release --show-bin-path)" 550000 215

# CONFIGURATION=release: what users run.
chaos: ## Real processes and a killer: make chaos SEED=7 MINUTES=5 SERVICES=20. See docs/reliability.md.
	@.make/dependencies tests
	$(SWIFT) build $(CHECKED) $(BUILD_$(CONFIGURATION)) --product orra
	$(SWIFT) build $(CHECKED) $(BUILD_$(CONFIGURATION)) --product TestService
	$(SWIFT) build $(CHECKED) $(BUILD_$(CONFIGURATION)) --product Chaos
	@.make/python
	@"$$($(SWIFT) build -c $(CONFIGURATION) --show-bin-path)/Chaos" \
		$(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SERVICES),--services $(SERVICES))

simulate: ## Seed after seed, until one breaks a promise: make simulate SEEDS=100000 FROM=0. See docs/simulation.md.
	@.make/dependencies
	$(SWIFT) build $(CHECKED) $(BUILD_release) --product Simulate
	@"$$($(SWIFT) build -c release --show-bin-path)/Simulate" \
		$(if $(SEEDS),--seeds $(SEEDS)) $(if $(FROM),--from $(FROM))

# LEAVE_ONE_OUT=1 fits weights without each catalogue in turn, LEAVE_ONE_OUT=source without those of each source.
planbench: ## How good the offline planner is on labelled cases: make planbench CASES=<folder>. See docs/planning.md.
	@.make/dependencies
	$(SWIFT) build $(CHECKED) $(BUILD_release) --product PlanBench
	@"$$($(SWIFT) build -c release --show-bin-path)/PlanBench" "$(CASES)" \
		$(if $(LEAVE_ONE_OUT),$(if $(filter source,$(LEAVE_ONE_OUT)),--leave-source-out,--leave-one-out))

bench: bench-programs ## The machine, the hub and its peers: make bench ROUNDS=3 SECONDS=5. See docs/performance.md.
	@.make/peers
	@"$$($(SWIFT) build -c release --show-bin-path)/Bench" $(RECORDS) --python .build/peers/bin/python \
		--command "make bench$(if $(ROUNDS), ROUNDS=$(ROUNDS))$(if $(SECONDS), SECONDS=$(SECONDS))" \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS))

bench-long: bench-programs ## Long scenarios, all or some: make bench-long ONLY=idle,list. SCALE=0.01 tries them out.
	@"$$($(SWIFT) build -c release --show-bin-path)/Bench" --long $(RECORDS) \
		--command "make bench-long$(if $(ONLY), ONLY=$(ONLY))$(if $(SCALE), SCALE=$(SCALE))$(if \
		$(IDLE_MINUTES), IDLE_MINUTES=$(IDLE_MINUTES))" \
		$(if $(ONLY),--only $(ONLY)) $(if $(SCALE),--scale $(SCALE)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(IDLE_MINUTES),--idle-minutes $(IDLE_MINUTES))

bench-programs:
	@.make/dependencies
	$(SWIFT) build $(CHECKED) $(BUILD_release) --product orra
	$(SWIFT) build $(CHECKED) $(BUILD_release) --product Bench

lint: ## The format of the code, as .swift-format has it.
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests docs/examples

format: ## Bring the code into that format.
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests docs/examples

build:
	@.make/dependencies
	$(SWIFT) build $(CHECKED)

release: ## The optimised program: .build/release/orra.
	@.make/dependencies
	$(SWIFT) build $(CHECKED) $(BUILD_release) --product orra

clean:
	rm -rf .build
