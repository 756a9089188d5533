import Foundation
import OrraStore
import ProcessSupport

/// `Bench hops <count>`: the production core and store, hop after hop, and nothing else: what `.make/budgets` counts the
/// instructions and allocations of. Hops are those of chains of ten, one commit each.
struct Hops {
    private let count: Int
    private static let length = 10

    init(arguments: ArraySlice<String>) throws {
        guard arguments.count == 1, let count = arguments.first.flatMap(Int.init), count.isMultiple(of: Self.length),
            count > 0
        else { throw ProcessFault("hops: one argument, a multiple of \(Self.length)") }
        self.count = count
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "orra-hops-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let store = try await SQLiteStore.open(directory: folder)
        var run = try await CoreRun(store)
        var results = 0
        for _ in 0..<(count / Self.length) {
            run.submit(1, length: Self.length)
            while let step = try await run.step() { results += step.results }
        }
        await store.close()
        guard results == count else { throw ProcessFault("\(results) results of \(count) tasks") }
        Console.say("\(results) hops")
    }
}
