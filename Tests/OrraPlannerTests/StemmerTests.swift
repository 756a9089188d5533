import Testing

@testable import OrraPlanner

@Suite("Stemmer")
struct StemmerTests {
    @Test("It gives the stems that Snowball gives")
    func vocabulary() throws {
        let pairs = try Fixture.lines("porter2.txt").map { $0.split(separator: " ") }
        #expect(pairs.count > 1_400)
        let wrong = pairs.compactMap { pair -> String? in
            guard pair.count == 2 else { return "\(pair)" }
            let stem = Stemmer.stem(String(pair[0]))
            return stem == pair[1] ? nil : "\(pair[0]): \(stem), not \(pair[1])"
        }
        #expect(wrong == [])
    }

    @Test("It leaves words with other letters alone", arguments: ["", "über", "naïvely", "a1s", "日本"])
    func foreign(word: String) { #expect(Stemmer.stem(word) == word) }
}
