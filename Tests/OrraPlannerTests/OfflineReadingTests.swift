import OrraModel
import Testing

@testable import OrraPlanner

@Suite("Reading an action")
struct OfflineReadingTests {
    private func chunks(_ action: String) -> [ActionReading.Chunk] {
        ActionReading(LiftedText(action), index: CatalogueIndex(Sample.shop)).chunks
    }

    private func parts(_ action: String) -> [String] {
        let reading = ActionReading(LiftedText(action), index: CatalogueIndex(Sample.shop))
        return reading.chunks.map { reading.text.original($0.range) }
    }

    @Test("It cuts at commas and at the words that join demands")
    func cuts() {
        #expect(
            parts("Reserve the items, charge the customer and then notify them. Finally, print a label.")
                == ["Reserve the items", "charge the customer", "notify them", "print a label"])
        #expect(parts("Ask Dr. Smith about the order") == ["Ask Dr. Smith about the order"])
    }

    @Test("Demands start with a verb, also behind polite words, and with an unknown one")
    func verbs() {
        #expect(chunks("Could you please book a flight")[0].verb != nil)
        #expect(chunks("I would like to book a flight")[0].asks)
        #expect(chunks("Water the plants")[0].verb != nil)
        #expect(chunks("the blue order")[0].verb == nil)
    }

    @Test("Statements ask for nothing")
    func statements() {
        #expect(chunks("I have a photo of my dog")[0].isContext)
        #expect(chunks("The customer is angry")[0].isContext)
        #expect(chunks("After the meeting, send a mail")[0].isSubordinate)
        #expect(!chunks("I have to send a mail")[0].isContext)
    }

    @Test("What has to be done first says so")
    func first() {
        let chunks = chunks("Charge the customer, but first reserve the items")
        #expect(chunks.map(\.isFirst) == [false, true])
    }

    @Test("Media are read from prepositions and the verb's object")
    func media() {
        let chunk = chunks("Convert the text into a video")[0]
        #expect(chunk.input == .text)
        #expect(chunk.output == .video)
    }

    @Test("Garbage has an end")
    func bounds() {
        let text = String(repeating: "a, b and ", count: 2_000)
        #expect(chunks(text).count <= ActionReading.maximumChunks)
    }
}
