/// An action with its values lifted out: two actions that differ only in values have the same ``text``.
///
/// Example: `Book "The Patio" for 2024-03-01` has the text `Book ⟦0⟧ for ⟦1⟧`, and the literals `The Patio` (quote)
/// and `2024-03-01` (date).
public struct LiftedText: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case address, mail, quote, question, image, audio, video, document, date, phone, time, number
        /// Letters and digits that are no word: `ORD456`.
        case code
        /// `#support`, `@team`.
        case tag
    }

    public struct Literal: Sendable, Hashable {
        public var kind: Kind
        public var value: String

        public init(kind: Kind, value: String) {
            self.kind = kind
            self.value = value
        }
    }

    /// With a numbered mark, `⟦0⟧`, in place of each value.
    public let text: String
    /// By number.
    public let literals: [Literal]

    public init(_ text: String) {
        var scanner = LiteralScanner(text)
        scanner.run()
        self.text = String(decoding: scanner.output, as: UTF8.self)
        literals = scanner.literals
    }
}
