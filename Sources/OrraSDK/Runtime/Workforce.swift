import Foundation
import Logging
import OrraModel
import OrraProtocol

/// Runs the handlers of the jobs that the workbench hands out, and owns their Swift tasks.
struct Workforce: Sendable {
    let bench: Workbench
    let handler: TaskHandler
    let reverting: Reverting?
    let logger: Logger

    /// Until there are no more jobs; when cancelled, handlers are cancelled and awaited.
    func work() async {
        await withDiscardingTaskGroup { group in
            for await job in bench.jobs {
                group.addTask { await perform(job) }
            }
        }
    }

    private func perform(_ job: Workbench.Job) async {
        let request = job.assignment.request
        var logger = logger
        logger[metadataKey: "task"] = "\(request.task)"
        logger[metadataKey: "execution"] = "\(request.execution)"
        let outcome: Workbench.Outcome
        do {
            outcome = try await run(job, logger)
        } catch is TaskAborted {
            outcome = .error("aborted")  // told already
        } catch {
            logger.debug("handler failed")
            outcome = .error(Self.text(of: error))
        }
        await bench.finished(job, outcome, wasInterrupted: Task.isCancelled)
    }

    /// Runs the handler beside a watch that cancels it.
    private func run(_ job: Workbench.Job, _ logger: Logger) async throws -> Workbench.Outcome {
        try await withThrowingTaskGroup(of: Workbench.Outcome?.self) { group in
            group.addTask { try await work(on: job.assignment, logger) }
            group.addTask {
                for await _ in job.cancellation {}
                return nil
            }
            while let result = try await group.next() {
                group.cancelAll()
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func work(on assignment: Assignment, _ logger: Logger) async throws -> Workbench.Outcome {
        let request = assignment.request
        guard let reason = assignment.revert else {
            let context = TaskContext(
                id: request.task.description, executionID: request.execution.rawValue,
                idempotencyKey: request.idempotencyKey.rawValue, logger: logger
            ) { [bench] news in
                try await bench.told(news, by: request.idempotencyKey)
            }
            return .output(try await handler(request.input, context))
        }
        do {
            try await reverting?.handler(request.input, RevertContext(request, reason, logger: logger))
            return .reverted(.completed)
        } catch let partly as PartlyReverted {
            return .reverted(try partly.outcome())
        }
    }

    /// An error as the hub is told it, cut to its bound.
    static func text(of error: any Error) -> String {
        let text =
            switch error {
            case is CancellationError: "cancelled"
            case let error as any LocalizedError: error.errorDescription ?? String(describing: error)
            default: String(describing: error)
            }
        return String((text.isEmpty ? "\(type(of: error))" : text).prefix(Limits.errorCharacters))
    }
}
