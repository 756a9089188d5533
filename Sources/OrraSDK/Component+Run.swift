import Foundation
import Logging
import OrraModel
import OrraProtocol
public import ServiceLifecycle
import UnixSignals

extension Component {
    /// Registers, connects, works, and reconnects after every loss, until SIGTERM, SIGINT or ``shutdown()``, or until
    /// the surrounding Swift task is cancelled. For a `main`; where a `ServiceGroup` handles the signals, give it
    /// ``lifecycle``.
    ///
    /// On the signal the component tells the hub that it takes no more (`drain`), and finishes what it has within
    /// ``ComponentOptions/drainTimeout``; then handlers are cancelled. What is answered is flushed, and the connection
    /// closed. Swift can't stop a handler that ignores its cancellation: a second signal ends the process at once. A
    /// cancelled `run` cancels its handlers without a wait. Either way the hub delivers tasks without an answer again.
    ///
    /// - Throws: ``ComponentError`` when the hub refuses the component for good (a wrong key or schema), or the data
    ///   directory can't be used. A hub that is away is waited for, without end.
    public func run() async throws {
        let signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await run(until: nil) }
            group.addTask {
                var count = 0
                for await _ in signals {
                    count += 1
                    if count > 1 { exit(1) }
                    shutdown()
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Ends every ``run()`` of this component as SIGTERM does, and returns at once. A component that was shut down does
    /// not run again.
    public func shutdown() { stopSwitch.turn() }

    /// The component for a `ServiceGroup` of swift-service-lifecycle, which then handles signals and order: a graceful
    /// shutdown does what a signal does to ``run()``.
    public var lifecycle: ComponentLifecycle { ComponentLifecycle { stop in try await run(until: stop) } }

    /// Until ``shutdown()``, or until `stop` returns.
    func run(until stop: (@Sendable () async -> Void)?) async throws {
        let directory = try DataDirectory(options.dataDirectory, name: name)
        let journal = try ResultJournal(in: directory) {
            Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        }
        let bench = Workbench(concurrency: concurrency, reverting: reverting, journal: journal, logger: logger)
        let link = link(bench, directory)
        let workforce = Workforce(bench: bench, handler: handler, reverting: reverting, logger: logger)
        do {
            try await run(link, workforce, until: stop)
        } catch {
            await journal.close()
            throw error
        }
        await journal.close()
    }

    private func run(
        _ link: HubLink, _ workforce: Workforce, until stop: (@Sendable () async -> Void)?
    ) async throws {
        try await withThrowingTaskGroup(of: RunPart.self) { group in
            group.addTask {
                try await link.run()
                return .link
            }
            group.addTask {
                await workforce.work()
                return .work
            }
            group.addTask {
                await untilStopped(stop)
                return .stop(linkEndsSoon: Task.isCancelled ? false : await drain(workforce.bench))
            }
            while let ended = try await group.next() {
                switch ended {
                case .work, .stop(linkEndsSoon: true): continue
                case .link, .stop(linkEndsSoon: false): group.cancelAll()
                }
            }
        }
    }

    private func untilStopped(_ stop: (@Sendable () async -> Void)?) async {
        guard let stop else { return await stopSwitch.wait() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await stop() }
            group.addTask { await stopSwitch.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    private func link(_ bench: Workbench, _ directory: DataDirectory) -> HubLink {
        let registration = RegistrationRequest(
            name: name, description: description,
            schema: ServiceSchema(input: input.schema, output: output.schema), revertible: reverting != nil,
            requires: options.requires.isEmpty ? nil : options.requires,
            examples: options.examples.isEmpty ? nil : options.examples,
            approval: options.requiresApproval ? true : nil,
            retry: options.maximumAttempts.map { RetryPolicy(maximumAttempts: $0) })
        return HubLink(
            bench: bench, hub: hub,
            registrar: Registrar(
                url: hub.registration(Role.name), key: hub.key, backoff: options.backoff, logger: logger),
            registration: registration, directory: directory, backoff: options.backoff, logger: logger)
    }

    /// Lets running handlers end, then what they answered arrive. Returns whether a connection is left, which is closing.
    private func drain(_ bench: Workbench) async -> Bool {
        await bench.drain()
        await atMost(options.drainTimeout) { await bench.waitUntilIdle() }
        await bench.abandon()
        await bench.waitUntilIdle()
        await atMost(.seconds(2)) { await bench.waitUntilFlushed() }
        return await bench.finish()
    }

    /// Waits for `operation`, which heeds cancellation, but no longer than `limit`.
    private func atMost(_ limit: Duration, _ operation: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await operation() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// A part of a running component that has ended.
private enum RunPart { case link, work, stop(linkEndsSoon: Bool) }

/// A component as a service of swift-service-lifecycle. (Not the component itself: its `run()` handles signals, which in
/// a `ServiceGroup` is the group's business.)
public struct ComponentLifecycle: ServiceLifecycle.Service {
    let body: @Sendable (_ stop: @escaping @Sendable () async -> Void) async throws -> Void

    /// Runs until the group shuts down gracefully or is cancelled.
    public func run() async throws {
        try await body { try? await gracefulShutdown() }
    }
}
