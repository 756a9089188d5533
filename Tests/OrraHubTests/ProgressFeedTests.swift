import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket
import Testing

@testable import OrraHub

/// Watchers that stand at the end of a journal are told together.
@Suite("Progress feeds", .timeLimit(.minutes(2)))
struct ProgressFeedTests {
    /// Another one each time: the same again is taken for a repetition.
    private static func step(_ store: GatedStore) -> JSONValue { ["step": .number(JSONNumber(store.committed))] }

    /// Has the service tell something until all watchers are told it by reads that they share: then all follow.
    private static func follow(
        _ stage: BadFrameTests.Stage, _ store: GatedStore, _ watchers: [TestSocket]
    ) async throws {
        // One for each feed, and one that a signal asks for while a feed reads.
        let few = 4
        for _ in 0..<40 {
            let before = (store.pages, watchers.map { $0.frames("task_interim_result").count })
            try await stage.service.progress(stage.request, step(store))
            for (watcher, count) in zip(watchers, before.1) {
                _ = try await watcher.frame("task_interim_result", count)
            }
            if store.pages - before.0 <= few { return }
        }
        throw TimedOut(description: "the watchers never shared a read")
    }

    /// Watchers of the project that follow.
    private static func followers(
        _ count: Int, _ stage: BadFrameTests.Stage, _ store: GatedStore
    ) async throws -> [TestSocket] {
        var watchers: [TestSocket] = []
        for _ in 0..<count { watchers.append(try await ProgressTests.watch(stage.project)) }
        try await follow(stage, store, watchers)
        return watchers
    }

    private static func positions(_ socket: TestSocket) -> [Int] { ProgressTests.numbers(socket.frames, "position") }

    @Test("watchers of a project and of its action share the reads, and all get the same frames")
    func sharing() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let stage = try await BadFrameTests.stage(hub)
            var ofProject: [TestSocket] = []
            var ofAction: [TestSocket] = []
            for _ in 0..<12 {
                ofProject.append(try await ProgressTests.watch(stage.project))
                ofAction.append(try await ProgressTests.watch(stage.project, stage.id))
            }
            try await Self.follow(stage, store, ofProject + ofAction)
            try await stage.service.answer(stage.request, ["text": "x"])
            for watcher in ofAction {
                #expect(try await watcher.end()?.code == .normal)
                #expect(watcher.frames == ofAction[0].frames)
            }
            #expect(ProgressTests.numbers(ofAction[0].frames) == Array(1...ofAction[0].frames.count))
            for watcher in ofProject {
                _ = try await watcher.frame("ended")
                #expect(Self.positions(watcher) == Array(1...watcher.frames.count))
                #expect(watcher.frames == ofProject[0].frames)
            }
            #expect(ofProject[0].frames.filter { $0["seq"] != nil } == ofAction[0].frames)
        }
    }

    @Test("watchers that come from anywhere, also from ahead, while much happens get all behind their number, once")
    func anyPosition() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let reference = try await ProgressTests.watch(project)
            let first = try await ProgressTests.watch(project, after: 40)
            let (rounds, each) = (12, 4)
            var watchers: [(after: Int, socket: TestSocket)] = [(40, first)]
            for round in 0..<rounds {
                async let ended = RetentionTests.end(project, each)
                let told = Self.positions(reference).last ?? 0
                for after in [0, told / 2, told, told + 7, told + 60] {
                    watchers.append((after, try await ProgressTests.watch(project, after: after)))
                }
                _ = try await ended
                _ = try await reference.frame("ended", (round + 1) * each - 1)
            }
            let all = reference.frames
            #expect(Self.positions(reference) == Array(1...all.count))
            for (after, socket) in watchers {
                try await until("the rest after \(after)") { socket.frames.count >= all.count - after }
                #expect(socket.frames == Array(all.dropFirst(after)), "after=\(after)")
            }
        }
    }

    @Test("one that joins after the feed has told what it has not seen looks once more")
    func lateJoin() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let stage = try await BadFrameTests.stage(hub)
            let follower = try await Self.followers(1, stage, store)[0]
            let seen = try #require(Self.positions(follower).last)
            store.holdNextPage()
            let late = try await ProgressTests.watch(stage.project, after: seen)
            try await until("it has found nothing") { store.holdsPage }
            let count = follower.frames("task_interim_result").count
            try await stage.service.progress(stage.request, Self.step(store))
            _ = try await follower.frame("task_interim_result", count)
            #expect(late.frames.isEmpty)
            store.releasePage()
            // Nothing more happens that would wake it.
            _ = try await late.frame("task_interim_result")
            #expect(late.frames == [follower.frames.last])
        }
    }

    @Test("one that does not read is told no more, holds up nobody, and gets the rest once it reads")
    func slow() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let stage = try await BadFrameTests.stage(hub)
            let reader = try await ProgressTests.watch(stage.project)
            let silent = try await ProgressTests.watch(stage.project, reads: false)
            try await Self.follow(stage, store, [reader])
            // More than the kernel keeps; all of it within the 25 s that it gives a peer that does not read.
            let pad = JSONValue.string(String(repeating: "x", count: 256 * 1_024))
            let count = reader.frames("task_interim_result").count
            for number in 0..<24 {
                try await stage.service.progress(stage.request, ["step": .number(JSONNumber(number)), "pad": pad])
            }
            try await stage.service.answer(stage.request, ["text": "x"])
            _ = try await reader.frame("ended")
            #expect(reader.frames("task_interim_result").count == count + 24)
            #expect(silent.frames.isEmpty)
            silent.startReading()
            _ = try await silent.frame("ended")
            #expect(silent.frames == reader.frames)
        }
    }

    @Test("followers in whose way something is deleted are told so, each once, and go on behind it")
    func deleted() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let stage = try await BadFrameTests.stage(hub)
            let watchers = try await Self.followers(4, stage, store)
            let seen = try #require(Self.positions(watchers[0]).last)
            // The feed is about to read what is deleted then.
            store.holdProgress(true)
            try await RetentionTests.end(stage.project)
            try await until("the feed reads") { store.waitingProgressReaders > 0 }
            #expect(try await stage.project.post("/prune", ["olderThan": 0]).json == ["deleted": 1])
            try await RetentionTests.end(stage.project)
            store.holdProgress(false)
            for watcher in watchers {
                _ = try await watcher.frame("ended")
                let frames = Array(watcher.frames.drop { $0["position"]?.integer.map { $0 <= seen } ?? false })
                #expect(frames.first?["type"] == "reset")
                let oldest = try #require(frames.first?["oldest"]?.integer)
                #expect(oldest > seen + 1)
                #expect(ProgressTests.numbers(frames, "position") == Array(oldest...(oldest + frames.count - 2)))
                #expect(watcher.frames("reset").count == 1)
            }
        }
    }

    @Test("followers are closed with 1011 when the journal can't be read, and resume by number")
    func unreadable() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let stage = try await BadFrameTests.stage(hub)
            let watchers = try await Self.followers(3, stage, store)
            store.failProgress(StoreError(.unavailable, "the disk is away"))
            try await stage.service.progress(stage.request, ["last": 1])
            for watcher in watchers { #expect(try await watcher.end()?.code == .internalError) }
            store.failProgress(nil)
            let last = try #require(Self.positions(watchers[0]).last)
            let resumed = try await ProgressTests.watch(stage.project, after: last)
            let step = try await resumed.frame("task_interim_result")
            #expect(step["data"] == ["last": 1])
            #expect(step["position"]?.integer == last + 1)
        }
    }

    @Test("followers that leave and come back leave the others alone, and the last one that leaves ends the feed")
    func leaving() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let stage = try await BadFrameTests.stage(hub)
            let watchers = try await Self.followers(3, stage, store)
            try await watchers[0].leave()
            try await Self.follow(stage, store, Array(watchers.dropFirst()))
            for watcher in watchers.dropFirst() { try await watcher.leave() }
            // Nobody watches: nothing is read. A feed that had just begun to may end its read.
            try await until("nobody reads") {
                let before = store.pages
                let committed = store.committed
                try await stage.service.progress(stage.request, Self.step(store))
                try await until("it is on disk") { store.committed > committed }
                return store.pages == before
            }
            let again = try await ProgressTests.watch(stage.project)
            try await Self.follow(stage, store, [again])
            #expect(Self.positions(again) == Array(1...again.frames.count))
        }
    }
}
