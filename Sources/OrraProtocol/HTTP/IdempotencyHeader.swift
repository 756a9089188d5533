import OrraModel

/// The headers that make a submission safe to repeat.
public enum IdempotencyHeader {
    /// Of `POST /orchestrations`: the caller's own name for this submission.
    public static let key = "Idempotency-Key"
    /// `true` in an answer that tells an orchestration of an earlier submission.
    public static let replayed = "Idempotency-Replayed"

    /// A key has 1 to 255 visible ASCII characters.
    public static func isValid(_ key: String) -> Bool {
        (1...Limits.submissionKeyCharacters).contains(key.utf8.count)
            && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
