import Foundation
import OrraTestKit
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `make simulate SEEDS=100000 FROM=0`: seed after seed, on all processors. Stops at the first that breaks a promise,
/// and prints it with the shortest run that still does.
@main
struct Simulate {
    /// Seeds at work, one per worker: a failed precondition ends the process, and only this knows where it was.
    private static let workers = (0..<max(ProcessInfo.processInfo.activeProcessorCount, 1)).map { _ in Worker() }

    private final class Worker: Sendable {
        let seed = Atomic<UInt64>(.max)
    }

    static func main() async throws {
        var (seeds, from) = (UInt64(1_000), UInt64(0))
        var arguments = CommandLine.arguments.dropFirst()
        while let name = arguments.popFirst() {
            guard let value = arguments.popFirst().flatMap({ UInt64($0) }), ["--seeds", "--from"].contains(name) else {
                say("usage: Simulate [--seeds 1000] [--from 0]")
                exit(64)
            }
            if name == "--seeds" { seeds = value } else { from = value }
        }
        for signal in [SIGILL, SIGTRAP] { tellSeeds(on: signal) }
        let clock = ContinuousClock()
        let start = clock.now
        let tally = Tally(from..<(from + seeds), start: start)
        await withTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { await work(worker, tally) } }
        }
        let seconds = max((clock.now - start) / .seconds(1), 0.001)
        let (done, counts, failure) = await (tally.done, tally.counts, tally.failure)
        say("\(done) seeds in \(Int(seconds)) s, \(Int(Double(done) / seconds)) seeds/s")
        say(counts.text)
        guard let failure else { return }
        say("seed \(failure) fails; looking for its shortest run")
        say(try await Shrinker.shrink(Scenario(seed: failure), budget: 1_000).text)
        exit(1)
    }

    private static func work(_ worker: Worker, _ tally: Tally) async {
        while let seed = await tally.next() {
            worker.seed.store(seed, ordering: .relaxed)
            do {
                let report = try await Simulation.run(Scenario(seed: seed))
                await tally.add(report)
            } catch {
                say("seed \(seed): \(error)")
                await tally.fail(seed)
            }
            worker.seed.store(.max, ordering: .relaxed)
        }
    }

    private static func tellSeeds(on number: Int32) {
        signal(number) { number in
            for worker in Simulate.workers where worker.seed.load(ordering: .relaxed) != .max {
                Simulate.say("a precondition failed with seed \(worker.seed.load(ordering: .relaxed)) at work")
            }
            signal(number, SIG_DFL)
            raise(number)
        }
    }

    fileprivate static func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
}

/// Hands out seeds and adds up what comes of them.
private actor Tally {
    private var left: Range<UInt64>
    private let start: ContinuousClock.Instant
    private var told: ContinuousClock.Instant
    private(set) var done = 0
    private(set) var counts = SimulationReport.Counts()
    private(set) var failure: UInt64?

    init(_ seeds: Range<UInt64>, start: ContinuousClock.Instant) {
        left = seeds
        self.start = start
        told = start
    }

    func next() -> UInt64? { failure == nil ? left.popFirst() : nil }

    func fail(_ seed: UInt64) { failure = min(failure ?? seed, seed) }

    func add(_ report: SimulationReport) {
        done += 1
        counts += report.counts
        if !report.isSound { fail(report.seed) }
        let now = ContinuousClock.now
        guard now - told > .seconds(30) else { return }
        told = now
        Simulate.say("\(done) seeds, \(left.count) to go")
    }
}
