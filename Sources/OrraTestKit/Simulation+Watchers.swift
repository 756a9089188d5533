import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// Somebody who follows the journal by number, from the last one that it saw.
struct Watcher {
    enum Subject: Hashable {
        case project
        case orchestration(OrchestrationID)
    }

    let subject: Subject
    /// Milliseconds that it takes for one entry.
    let pace: Int64
    /// Entries that it is sent in one go.
    let page: Int
    /// The last number that it saw.
    var last: Int64 = 0
    var isGone = false
    /// The stream has said that nothing more comes.
    var isOver = false
    /// A connection's number; those that are over count no more.
    var session = 0
    var isConnected = false
    /// The hub has something for it that it has not asked for.
    var isSignalled = false
    var isReading = false

    mutating func lose() {
        session += 1
        isConnected = false
        isReading = false
    }
}

/// Watchers, as `ProgressSocket` serves them: pages of the journal, a signal when there is more.
extension Simulation {
    /// Further behind than this a watcher is closed, and comes back by number.
    private static let lag = 60

    func watch(_ subject: Watcher.Subject, _ pace: Int64, _ page: Int) {
        watchers.append(Watcher(subject: subject, pace: pace, page: page))
        connectWatcher(watchers.count - 1)
    }

    func leave(_ watcher: Int) {
        guard watchers.indices.contains(watcher), watchers[watcher].isConnected else { return }
        watchers[watcher].lose()
        // Some come back.
        if random.chance(perMille: 700) {
            agenda.add(.watcherConnects(watcher), at: now + random.time(10...5_000))
        } else {
            watchers[watcher].isGone = true
        }
    }

    func connectWatcher(_ watcher: Int) {
        let one = watchers[watcher]
        guard hub != nil, !one.isConnected, !one.isGone, !one.isOver else { return }
        watchers[watcher].session += 1
        watchers[watcher].isConnected = true
        watchers[watcher].isSignalled = false
        readSoon(watcher)
    }

    private func readSoon(_ watcher: Int) {
        watchers[watcher].isReading = true
        agenda.add(.watcherReads(watcher, session: watchers[watcher].session), at: now + random.time(0...30))
    }

    func signal(_ progressed: Progressed) {
        for index in watchers.indices where watchers[index].isConnected {
            switch watchers[index].subject {
            case .project: break
            case .orchestration(let id): guard id == progressed.orchestration else { continue }
            }
            if watchers[index].isReading { watchers[index].isSignalled = true } else { readSoon(index) }
        }
    }

    func read(_ watcher: Int, _ session: Int) async throws {
        let one = watchers[watcher]
        guard one.session == session, one.isConnected, hub != nil else { return }
        var numbers: [Int64] = []
        var isLast = false
        switch one.subject {
        case .project:
            numbers = try await store.progress(of: Self.project.id, afterPosition: one.last, limit: one.page)
                .map(\.position)
            if numbers.count == one.page {
                let behind = try await store.progress(
                    of: Self.project.id, afterPosition: one.last + Int64(Self.lag), limit: 1)
                if !behind.isEmpty, random.chance(perMille: 100) {
                    note("w\(watcher) lags and is closed")
                    watchers[watcher].lose()
                    return agenda.add(.watcherConnects(watcher), at: now + random.time(1...500))
                }
            }
        case .orchestration(let id):
            let entries = try await store.journal(of: id, after: Int(one.last), limit: one.page)
            for entry in entries {
                numbers.append(Int64(entry.seq))
                isLast = entry.event.endsStream
                if isLast { break }
            }
            if entries.isEmpty, try await store.orchestration(id)?.endedAt != nil { isLast = true }
        }
        guard !numbers.isEmpty || isLast else {
            watchers[watcher].isReading = false
            if watchers[watcher].isSignalled {
                watchers[watcher].isSignalled = false
                readSoon(watcher)
            }
            return
        }
        let took = one.pace * Int64(numbers.count) + random.time(1...40)
        agenda.add(
            .watcherTakes(watcher, session: session, WatcherPage(numbers: numbers, isLast: isLast)), at: now + took)
    }

    func take(_ watcher: Int, _ session: Int, _ page: WatcherPage) {
        let isWhole = watchers[watcher].session == session
        // Of a connection that broke meanwhile it has seen a part.
        let seen = isWhole ? page.numbers.count : random.pick(0...page.numbers.count)
        guard isWhole || watchers[watcher].session == session + 1 && !watchers[watcher].isConnected else { return }
        for number in page.numbers.prefix(seen) {
            oracle.watched(number, after: watchers[watcher].last, by: watcher)
            watchers[watcher].last = number
        }
        guard isWhole else { return }
        if page.isLast {
            note("w\(watcher) has seen the end")
            watchers[watcher].isOver = true
            return watchers[watcher].lose()
        }
        readSoon(watcher)
    }
}

extension Event {
    /// Whether nothing that a watcher of the orchestration is told follows.
    var endsStream: Bool {
        switch self {
        case .ended: true
        default: false
        }
    }
}
