import OrraModel
import Testing

@Suite("What is held in memory for projects")
struct RecentProjectsTests {
    private let a = ProjectID("p_a")
    private let b = ProjectID("p_b")
    private let c = ProjectID("p_c")

    @Test("beyond the maximum the one that was asked for longest ago goes")
    func oldest() {
        var recent = RecentProjects<Int>(maximum: 2)
        recent[a] = 1
        recent[b] = 2
        recent.touch(a)
        recent[c] = 3
        #expect([recent[a], recent[b], recent[c]] == [1, nil, 3])
        recent.change(a) { $0 += 1 }
        recent.change(b) { $0 += 1 }
        recent.touch(b)
        #expect(recent.count == 2 && recent[a] == 2)
        recent[a] = nil
        recent[b] = 4
        #expect(recent.count == 2 && recent[c] == 3)
    }

    @Test("what is in use stays, until the last one is done with it")
    func inUse() {
        var recent = RecentProjects<Int>(maximum: 1)
        recent.begin(a)
        recent.begin(a)
        recent[a] = 1
        recent.begin(b)
        recent[b] = 2
        #expect(recent.count == 2)
        recent.end(a)
        #expect(recent[a] == 1)
        recent.end(a)
        #expect(recent[a] == nil && recent[b] == 2)
        recent.end(b)
        recent.end(b)
        #expect(recent.count == 1)
        recent[c] = 3
        #expect(recent[b] == nil)
    }
}
