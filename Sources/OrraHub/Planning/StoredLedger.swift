import Logging
import OrraCore
import OrraModel
import OrraStore

/// What each project's models took, by month; over restarts.
actor StoredLedger: ModelLedger {
    private let documents: ProjectDocuments
    private let logger: Logger
    private var spending: [ProjectID: [String: ModelSpending]] = [:]
    private struct Page: Hashable {
        var project: ProjectID
        var month: String
    }
    /// Not yet added to what was read.
    private var unread: [ProjectID: [String: ModelSpending]] = [:]
    /// Being written, and whether it has changed since: one write at a time, so that the last one is the newest.
    private var writing: [Page: Bool] = [:]

    init(_ documents: ProjectDocuments, logger: Logger) {
        self.documents = documents
        self.logger = logger
    }

    /// While the store can't be read nobody knows: then the budget counts as spent.
    func spent(by project: ProjectID, month: String) async -> Int {
        guard await load(project) else { return .max }
        return spending[project]?[month]?.microcost ?? 0
    }

    func spending(by project: ProjectID, month: String) async -> ModelSpending {
        _ = await load(project)
        return spending[project]?[month] ?? ModelSpending(month: month)
    }

    func add(_ usage: PlanningStage.Usage, by project: ProjectID, month: String) async {
        // Kept apart until what was spent before is known: a sum is never written over a larger one.
        unread[project, default: [:]][month, default: ModelSpending(month: month)].add(usage)
        guard await load(project) else { return }
        let page = Page(project: project, month: month)
        guard writing[page] == nil else {
            writing[page] = true
            return
        }
        repeat {
            writing[page] = false
            await write(page)
        } while writing[page] == true
        writing[page] = nil
    }

    private func write(_ page: Page) async {
        guard let sum = spending[page.project]?[page.month] else { return }
        do throws(RequestFailure) {
            try await documents.keep(sum, as: .modelSpending, named: page.month, of: page.project)
        } catch {
            logger.warning("a model's cost could not be kept", metadata: ["project": "\(page.project)"])
        }
    }

    /// Whether what the project spent before is known; adds what came since.
    private func load(_ project: ProjectID) async -> Bool {
        if spending[project] == nil { await read(project) }
        guard spending[project] != nil else { return false }
        for (month, more) in unread.removeValue(forKey: project) ?? [:] {
            spending[project]?[month, default: ModelSpending(month: month)].add(more)
        }
        return true
    }

    private func read(_ project: ProjectID) async {
        do throws(StoreError) {
            let stored = try await documents.all(
                .modelSpending, of: project, limit: 24, as: ModelSpending.self)
            guard spending[project] == nil else { return }
            spending[project] = Dictionary(stored.map { ($0.month, $0) }, uniquingKeysWith: { first, _ in first })
        } catch {
            logger.warning(
                "what models cost so far could not be read",
                metadata: ["project": "\(project)", "reason": "\(error.message)"])
        }
    }
}

extension ModelSpending {
    fileprivate mutating func add(_ usage: PlanningStage.Usage) {
        add(
            ModelSpending(
                month: month, promptTokens: usage.promptTokens, completionTokens: usage.completionTokens,
                microcost: usage.microcost ?? 0))
    }

    /// An endpoint's numbers are not to be trusted: what is too much for a sum stays at its end.
    fileprivate mutating func add(_ more: ModelSpending) {
        func sum(_ left: Int, _ right: Int) -> Int {
            let (sum, overflow) = left.addingReportingOverflow(max(right, 0))
            return overflow ? .max : sum
        }
        promptTokens = sum(promptTokens, more.promptTokens)
        completionTokens = sum(completionTokens, more.completionTokens)
        microcost = sum(microcost, more.microcost)
    }
}
