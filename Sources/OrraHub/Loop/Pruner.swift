import Logging
import OrraCore
import OrraModel
import OrraStore

/// Deletes ended orchestrations when their time is over: first they are hidden, then their rows go, a bounded number in
/// each transaction, so that other writers wait for no more than one such step.
struct Pruner: Sendable {
    let loop: HubLoop
    let store: any Store
    /// Of projects that say nothing; 0 keeps all.
    let retention: Duration
    /// From the end of one look to the next.
    let interval: Duration
    let logger: Logger

    /// Looks after every project, again and again, until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            await attempt { try await finishHidden() }
            // Each for itself: what is damaged in one project keeps no other from being pruned.
            for project in loop.directory.projects.keys.sorted() {
                let retention = loop.directory.retention(of: project) ?? retention
                await attempt {
                    if retention > .zero {
                        _ = try await prune(project, endedBefore: loop.now - retention)
                    } else {
                        try await pruneEvents(of: project, before: Timestamp(milliseconds: 0))
                    }
                }
            }
            guard (try? await Task.sleep(for: interval)) != nil else { return }
        }
    }

    private func attempt(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            // Full disk, or stopping: the next look goes on where this one ended.
            logger.notice("pruning stopped early", metadata: ["error": "\(error)"])
        }
    }

    /// Returns how many orchestrations are gone.
    func prune(_ project: ProjectID, endedBefore before: Timestamp) async throws -> Int {
        // Submissions first: while a key is remembered its orchestration stays.
        try await pruneEvents(of: project, before: before)
        var deleted = 0
        while !Task.isCancelled {
            let ids = try await store.prunable(of: project, endedBefore: before, limit: Limits.pruneOrchestrations)
            guard !ids.isEmpty else { break }
            _ = try await loop.request(.hide(ids))
            var hidden = 0
            for id in ids where try await store.orchestration(id) == nil { hidden += 1 }
            deleted += hidden
            try await finishHidden()
            // One that lives again is left alone, and found by the next look.
            guard hidden > 0 else { break }
        }
        return deleted
    }

    /// Deletes the rows of hidden ones, also of those that an earlier run of the hub hid.
    private func finishHidden() async throws {
        while let id = try await store.hidden(limit: 1).first {
            try Task.checkCancellation()
            _ = try await loop.request(.prune(id, rows: Limits.pruneRows))
        }
    }

    private func pruneEvents(of project: ProjectID, before: Timestamp) async throws {
        let submissions = loop.now - Limits.submissionKeyLife
        while !Task.isCancelled {
            let oldest = try await store.serviceEvents(of: project, afterPosition: 0, limit: Limits.pruneRows)
            let isLast = oldest.count < Limits.pruneRows || oldest.last.map { $0.at >= before } ?? true
            _ = try await loop.request(
                .pruneEvents(project, before: before, submissionsBefore: submissions, rows: Limits.pruneRows))
            if isLast { return }
        }
    }
}
