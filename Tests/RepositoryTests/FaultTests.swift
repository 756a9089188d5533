import Testing

@Suite("Known faults of other engines")
struct FaultTests {
    /// Each of them was measured once, and comes back in no version of ours: a test's title names it, as in
    /// `@Test("F6: …")`. F15 belongs to planning, F16 to security.
    static let numbers = Array(1...14) + [17]

    @Test("each has a test that names it", arguments: numbers)
    func named(number: Int) throws {
        let title = "@Test(\"F\(number): "
        let titleBelow = "\n        \"F\(number): "
        let files = try Repository.files(in: "Tests", endings: ["swift"])
        let naming = try files.filter { file in
            let text = try Repository.text(file)
            return text.contains(title) || text.contains(titleBelow)
        }
        #expect(!naming.isEmpty, "no test names F\(number)")
    }
}
