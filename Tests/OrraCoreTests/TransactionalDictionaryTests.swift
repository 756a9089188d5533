import Testing

@testable import OrraCore

@Suite("A dictionary whose changes can be taken back")
struct TransactionalDictionaryTests {
    @Test("rollback restores what was changed, added and removed since the last commit; commit keeps it")
    func rollback() {
        var dictionary = TransactionalDictionary<String, Int>()
        dictionary["kept"] = 1
        dictionary["changed"] = 1
        dictionary["removed"] = 1
        dictionary.commit()
        dictionary["changed"] = 2
        dictionary["changed"] = 3
        dictionary["removed"] = nil
        dictionary["added"] = 4
        dictionary["fleeting"] = 5
        dictionary["fleeting"] = nil
        #expect(dictionary.values == ["kept": 1, "changed": 3, "added": 4])
        dictionary.rollback()
        #expect(dictionary.values == ["kept": 1, "changed": 1, "removed": 1])
        // Nothing is left to take back.
        dictionary.rollback()
        #expect(dictionary.values == ["kept": 1, "changed": 1, "removed": 1])
        dictionary["changed"] = 6
        dictionary.commit()
        dictionary.rollback()
        #expect(dictionary["changed"] == 6)
    }

    @Test("a default is read, and written only by a change")
    func defaults() {
        var dictionary = TransactionalDictionary<String, Int>()
        #expect(dictionary["a", default: 7] == 7)
        #expect(dictionary.values.isEmpty)
        dictionary["a", default: 7] += 1
        #expect(dictionary["a"] == 8)
        dictionary.rollback()
        #expect(dictionary["a"] == nil)
    }

    @Test("removing all can be taken back")
    func removeAll() {
        var dictionary = TransactionalDictionary<String, Int>()
        dictionary["a"] = 1
        dictionary.commit()
        dictionary["b"] = 2
        dictionary.removeAll()
        #expect(dictionary.values.isEmpty)
        dictionary.rollback()
        #expect(dictionary.values == ["a": 1])
    }
}
