import GRDB
import GRDBSQLite

/// A value that a statement of the store takes. Bound as it is: GRDB's arguments are made three times over, and cost as
/// much as SQLite does.
protocol Bindable {
    /// Returns SQLite's result code.
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32
}

extension Int64: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { sqlite3_bind_int64(statement, index, self) }
}

extension Int: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { Int64(self).bind(to: statement, at: index) }
}

extension Bool: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int64(statement, index, self ? 1 : 0)
    }
}

extension String: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        var text = self
        return text.withUTF8 { bindText($0, to: statement, at: index) }
    }
}

/// SQLite copies it.
private func bindText(_ text: UnsafeBufferPointer<UInt8>, to statement: OpaquePointer, at index: Int32) -> Int32 {
    bindText(text, to: statement, at: index, transient)
}

private func bindText(
    _ text: UnsafeBufferPointer<UInt8>, to statement: OpaquePointer, at index: Int32,
    _ lifetime: sqlite3_destructor_type?
) -> Int32 {
    // An empty text may have no address, which would be NULL.
    guard let base = text.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, lifetime) }
    return base.withMemoryRebound(to: CChar.self, capacity: text.count) {
        sqlite3_bind_text64(statement, index, $0, sqlite3_uint64(text.count), lifetime, UInt8(SQLITE_UTF8))
    }
}

/// `SQLITE_TRANSIENT`, a macro that Swift does not see.
private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

extension Database {
    /// Runs one of the store's statements that gives no rows. It is compiled once per connection.
    func run(_ sql: String, _ values: [(any Bindable)?]) throws {
        try bind(sql, values) { sqlite3_step($0) }
    }

    /// The same with a text that may be large, in UTF-8, in the place of the value at `place`: SQLite reads it where it
    /// stands.
    func run(_ sql: String, _ values: [(any Bindable)?], text: [UInt8], at place: Int) throws {
        try bind(sql, values) { statement in
            text.withUnsafeBufferPointer { text in
                let code = bindText(text, to: statement, at: Int32(place + 1), nil)
                // It is let go of behind this, and not read any more then.
                return code == SQLITE_OK ? sqlite3_step(statement) : code
            }
        }
    }

    /// The same with bytes.
    func run(_ sql: String, _ values: [(any Bindable)?], blob: UnsafeRawBufferPointer, at place: Int) throws {
        try bind(sql, values) { statement in
            let code = sqlite3_bind_blob64(
                statement, Int32(place + 1), blob.baseAddress, sqlite3_uint64(blob.count), nil)
            return code == SQLITE_OK ? sqlite3_step(statement) : code
        }
    }

    /// `step` returns SQLite's result code, which must be `SQLITE_DONE`.
    private func bind(_ sql: String, _ values: [(any Bindable)?], _ step: (OpaquePointer) -> Int32) throws {
        let statement = try cachedStatement(sql: sql).sqliteStatement
        // Also frees what is bound.
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() {
            let index = Int32(index + 1)
            let code = value?.bind(to: statement, at: index) ?? sqlite3_bind_null(statement, index)
            guard code == SQLITE_OK else { throw error(code, sql) }
        }
        let code = step(statement)
        guard code == SQLITE_DONE else { throw error(code, sql) }
    }

    /// As SQLite tells it: names of tables and columns, no values.
    private func error(_ code: Int32, _ sql: String) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqliteConnection.map(sqlite3_extended_errcode) ?? code),
            message: sqliteConnection.flatMap(sqlite3_errmsg).map { String(cString: $0) }, sql: sql)
    }
}
