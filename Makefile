# Two commands for a newcomer: `make demo` and `make test`. Both install what they lack, by apt, and say so.

SWIFT := swift
CHECKED := --explicit-target-dependency-import-check error

# Tests run side by side within a group. In groups, so that what computes does not starve what waits for a socket.
PURE := ^(OrraModel|OrraProtocol|OrraEngine|OrraPlanner|OrraStore|OrraCore|Repository)Tests
SOCKETS := ^(OrraWebSocket|OrraHub|OrraSDK|OrraCLI)Tests
PROCESSES := ^(Crash|Compatibility)Tests

.PHONY: demo test lint build release format clean

demo: ## Build, start a hub and four components, run a real action, show its outcome.
	@.make/dependencies
	@echo "Building (the first time takes some minutes)"
	@$(SWIFT) build $(CHECKED) --product orra
	@for part in PaymentService InventoryTool DeliveryAgent CustomerNotification; do \
		$(SWIFT) build $(CHECKED) --product $$part || exit 1; done
	@docs/examples/demo "$$($(SWIFT) build --show-bin-path)"

test: lint ## Every test, and a release build.
	@.make/dependencies tests
	$(SWIFT) build $(CHECKED) --build-tests
	@.make/python
	$(SWIFT) test --skip-build --filter '$(PURE)'
	$(SWIFT) test --skip-build --filter '$(SOCKETS)'
	$(SWIFT) test --skip-build --filter '$(PROCESSES)'
	$(SWIFT) build $(CHECKED) -c release --product orra
	@.make/release-check "$$($(SWIFT) build -c release --show-bin-path)"

lint: ## The format of the code, as .swift-format has it.
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests docs/examples

format: ## Bring the code into that format.
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests docs/examples

build:
	@.make/dependencies
	$(SWIFT) build $(CHECKED)

release: ## The optimised program: .build/release/orra.
	@.make/dependencies
	$(SWIFT) build $(CHECKED) -c release --product orra

clean:
	rm -rf .build
