import Foundation
import OrraModel
import OrraStore
import Testing

@testable import Bench

@Suite("What make bench writes")
struct ReportTests {
    @Test(
        "numbers have three digits that count",
        arguments: [
            (0.0, "0.000"), (0.1234, "0.123"), (1.005, "1.00"), (9.87, "9.87"), (45.67, "45.7"), (123.4, "123"),
            (1_234.5, "1,235"), (1_234_567, "1,234,567"), (-3.21, "-3.21"), (.infinity, "-"),
        ])
    func plain(value: Double, text: String) {
        #expect(Text.plain(value) == text)
    }

    @Test("times are told in the unit that fits")
    func times() {
        #expect(Text.time(85) == "85.0 µs")
        #expect(Text.time(1_250) == "1.25 ms")
        #expect(Text.time(2_100_000) == "2,100 ms")
        #expect(Text.time(12_000_000) == "12.0 s")
        #expect(Text.time(nil) == "-")
    }

    @Test("a figure is the median of its rounds")
    func median() {
        var samples = Samples()
        for value in [9.0, 1, 4] { samples.add(.hop, value) }
        #expect(samples[.hop] == 4)
        samples.add(.hop, 6)
        samples.add(.hop, nil)
        samples.add(.hop, .nan)
        #expect(samples[.hop] == 5)
        #expect(samples.count(.hop) == 4)
        #expect(samples[.commit] == nil)
    }

    private static let machine = Machine(
        cores: 2, processor: "p", memoryGiB: 4, system: "s", fileSystem: "ext4", load: 0.1)

    private static var run: ShortRun {
        var run = ShortRun(machine: machine, command: "make bench", date: "2026-11-28", rounds: 1, seconds: 5)
        run.figures.add(.hop, 900)
        run.figures.add(.hopRatio, 2.5)
        run.figures.add(.oneTask, 2_000)
        run.peers = [
            PeerFigures(
                name: "peer", isDurable: false, length: 1, inFlight: 1, p50: [8_000, 8_000, 1_000], perSecond: [1],
                about: ["sync": "none"])
        ]
        return run
    }

    @Test("what is not reached is told, and a peer's ratio says how much faster the hub is")
    func short() {
        let text = ShortReport(run: Self.run).markdown
        #expect(text.contains("| 900 µs | no | 2.50 × |"), "\(text)")
        #expect(text.contains("| 2.00 ms | yes |"))
        #expect(text.contains("| peer | no | 8.00 ms (4.00 ×) |"))
        #expect(text.contains("median of 1 round of"))
        #expect(text.contains("ext4"))
    }

    @Test("what went wrong stands in the page")
    func faults() {
        var run = Self.run
        run.faults = ["lost 3"]
        run.leftOut = ["nats: not here"]
        #expect(ShortReport(run: run).markdown.contains("**Wrong:** lost 3."))
        #expect(ShortReport(run: run).text.contains("Left out: nats: not here"))
    }

    @Test("a section is replaced, and the rest of the page stays")
    func sections() throws {
        let page = "a\n<!-- bench -->\nold\n<!-- /bench -->\nb\n<!-- bench-long -->\nlong\n<!-- /bench-long -->\n"
        let next = try Records.replacing("bench", in: page, with: "new")
        #expect(next.hasPrefix("a\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\nb\n"))
        #expect(next.hasSuffix("<!-- bench-long -->\nlong\n<!-- /bench-long -->\n"))
        #expect(try Records.replacing("bench", in: next, with: "new") == next)
        #expect(throws: (any Error).self) { try Records.replacing("other", in: page, with: "") }
    }

    @Test("the page has both sections, and records are kept for the next run")
    func page() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = FileManager.default.temporaryDirectory.appending(path: "orra-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var settings = BenchSettings()
        settings.json = folder.appending(path: "bench.json").path()
        settings.page = folder.appending(path: "page.md").path()
        try FileManager.default.copyItem(
            at: root.appending(path: "docs/performance.md"), to: folder.appending(path: "page.md"))
        var records = Records.read(settings.json)
        records.short = Self.run
        records.long["list"] = LongResult(
            title: "Lists", machine: Self.machine, command: "c", date: "d", scale: 0.5, duration: 3,
            rows: [.init(what: "w", goEngine: "", reach: "≤ 1", here: "2", isReached: false)],
            tables: [.init(title: "t", header: ["x"], rows: [["y"]])], faults: [])
        try records.save(settings)
        let page = try String(contentsOf: folder.appending(path: "page.md"), encoding: .utf8)
        #expect(page.contains("| 900 µs | no | 2.50 × |"))
        #expect(page.contains("| w |  | ≤ 1 | 2 | no |"))
        #expect(page.contains("only tried out"))
        let again = Records.read(settings.json)
        #expect(again.short == records.short)
        #expect(again.long == records.long)
    }

    @Test("what is asked for is read, and what can't be is refused")
    func settings() throws {
        let settings = try BenchSettings(arguments: [
            "--long", "--only", "idle,list", "--scale", "0.1", "--seconds", "2", "--python", "/no/such/python",
        ])
        #expect(settings.mode == .long)
        #expect(settings.scenarios == [.idle, .list])
        #expect(settings.seconds == 2)
        // Peers are left out, and told to be so.
        #expect(settings.python == nil)
        for arguments in [["--only", "none"], ["--rounds", "0"], ["--seconds"], ["--what"], ["--scale", "x"]] {
            #expect(throws: (any Error).self) { try BenchSettings(arguments: arguments) }
        }
    }

    @Test("a holder's state is read back", arguments: ["open 1 lost 2 pings 3", "open 18000 lost 0 pings 36000"])
    func holder(line: String) {
        #expect(Holder.State(line: line[...])?.line == line)
        #expect(Holder.State(line: "open 1 lost") == nil)
    }

    @Test("a commit that is timed is one of a hop")
    func commits() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "orra-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try await CommitLimit.single(seconds: 0, folder: folder.appending(path: "one").path()) > 0)
        let group = try await CommitLimit.group(seconds: 0, folder: folder.appending(path: "many").path())
        #expect(group.hopsPerSecond > 0)
        #expect(group.writesPerSecond > group.hopsPerSecond)
    }

    @Test("what is filled in has ended, but for what waits")
    func history() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "orra-bench-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await History.fill(folder, ended: 600, waiting: 7)
        let store = try await SQLiteStore.open(directory: folder)
        let project = try #require(try await store.recover().projects.first).id
        let rows = try await store.orchestrations(of: project, limit: 1_000)
        await store.close()
        #expect(rows.count == 607)
        #expect(rows.count { $0.endedAt == nil } == 7)
        #expect(rows.count { $0.status == .completed } == 600)
    }

    @Test("the echo goes to and fro")
    func echo() async throws {
        let result = try await EchoLimit.measure(connections: 2, seconds: 1, warmUp: 0.05)
        #expect(result.perSecond > 0)
        #expect(result.p50 > 0)
    }
}
