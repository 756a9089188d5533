public import OrraEngine

/// One step of a project's progress: entries of its orchestrations and events of its services share one count.
public enum ProjectEntry: Sendable, Hashable {
    case orchestration(JournalEntry)
    case service(ServiceEntry)

    public var position: Int64 {
        switch self {
        case .orchestration(let entry): entry.position
        case .service(let entry): entry.position
        }
    }

    /// The first `limit` of both, by position. Both are complete up to their last one if they hold `limit`, else wholly.
    static func merge(_ entries: [JournalEntry], _ services: [ServiceEntry], limit: Int) -> [ProjectEntry] {
        var merged: [ProjectEntry] = []
        merged.reserveCapacity(min(limit, entries.count + services.count))
        var (entry, service) = (entries.startIndex, services.startIndex)
        while merged.count < limit {
            let isService =
                entry == entries.endIndex
                || service < services.endIndex && services[service].position < entries[entry].position
            if isService {
                guard service < services.endIndex else { break }
                merged.append(.service(services[service]))
                service += 1
            } else {
                merged.append(.orchestration(entries[entry]))
                entry += 1
            }
        }
        return merged
    }
}
