import GRDB

extension StoreError {
    /// What SQLite said, in the store's terms. Its messages name tables and columns, never values.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(error, path: path)
        case is CancellationError: self.init(.unavailable, "the read was cancelled")
        default: self.init(.unavailable, "\(path) could not be read or written")
        }
    }

    private init(_ error: DatabaseError, path: String) {
        let said = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_RANGE:
            self.init(.constraint, "the write contradicts what is stored: \(said)")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .damaged, "\(path) is damaged or no database (\(said)); restore a backup, or choose another --data-dir")
        case .SQLITE_FULL: self.init(.unavailable, "the disk that holds \(path) is full")
        default: self.init(.unavailable, "\(path) can't be read or written now: \(said)")
        }
    }
}
