import Logging
import OrraCore
import OrraModel
import OrraStore

/// What each project's models took, by month; over restarts.
actor StoredLedger: ModelLedger {
    private struct Page: Hashable {
        var project: ProjectID
        var month: String
    }

    private let documents: ProjectDocuments
    private let logger: Logger
    private var spending: [Page: ModelSpending] = [:]
    /// Not yet added to what was read.
    private var unread: [Page: ModelSpending] = [:]
    /// Being written, and whether it has changed since: one write at a time, so that the last one is the newest.
    private var writing: [Page: Bool] = [:]

    init(_ documents: ProjectDocuments, logger: Logger) {
        self.documents = documents
        self.logger = logger
    }

    /// While the store can't be read nobody knows: then the budget counts as spent.
    func spent(by project: ProjectID, month: String) async -> Int {
        await load(Page(project: project, month: month))?.microcost ?? .max
    }

    func spending(by project: ProjectID, month: String) async -> ModelSpending {
        await load(Page(project: project, month: month)) ?? ModelSpending(month: month)
    }

    func add(_ usage: PlanningStage.Usage, by project: ProjectID, month: String) async {
        let page = Page(project: project, month: month)
        // Kept apart until what was spent before is known: a sum is never written over a larger one.
        unread[page, default: ModelSpending(month: month)].add(usage)
        guard await load(page) != nil else { return }
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
        guard let sum = spending[page] else { return }
        do throws(RequestFailure) {
            try await documents.keep(sum, as: .modelSpending, named: page.month, of: page.project)
        } catch {
            logger.warning("a model's cost could not be kept", metadata: ["project": "\(page.project)"])
        }
    }

    /// What was spent before, and what came since; `nil` while the store can't be read.
    private func load(_ page: Page) async -> ModelSpending? {
        if spending[page] == nil { await read(page) }
        guard spending[page] != nil else { return nil }
        if let more = unread.removeValue(forKey: page) { spending[page]?.add(more) }
        return spending[page]
    }

    private func read(_ page: Page) async {
        do throws(StoreError) {
            let stored = try await documents.one(
                .modelSpending, named: page.month, of: page.project, as: ModelSpending.self)
            if spending[page] == nil { spending[page] = stored ?? ModelSpending(month: page.month) }
        } catch {
            logger.warning(
                "what models cost so far could not be read",
                metadata: ["project": "\(page.project)", "reason": "\(error.message)"])
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
