#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The claim of one process on a data directory: an exclusive `flock` on `orra.lock` in it.
///
/// The kernel drops it with the process, also after `kill -9`. The file stays, so that no two processes can lock two
/// files of the same name; the process id in it serves only the message that the next one shows.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    static func acquire(directory: String) throws(StoreError) -> DirectoryLock {
        let path = directory + "/orra.lock"
        // Children must not inherit the descriptor: they would keep the lock when this process ends.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(.unavailable, "\(path) can't be opened: \(systemError())") }
        let lock = DirectoryLock(descriptor: descriptor)
        var result: Int32
        repeat { result = flock(descriptor, LOCK_EX | LOCK_NB) } while result != 0 && errno == EINTR
        guard result == 0 else {
            guard errno == EWOULDBLOCK else {
                throw StoreError(.unavailable, "\(path) can't be locked: \(systemError())")
            }
            throw StoreError(
                .inUse,
                "the data directory \(directory) is in use by another hub (\(lock.owner())); stop that one, or start this "
                    + "one with another --data-dir")
        }
        try lock.writeOwner(path)
        return lock
    }

    private func owner() -> String {
        var buffer = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let text = String(decoding: buffer.prefix(max(count, 0)).prefix { $0 != 0x0A }, as: UTF8.self)
        return Int32(text).map { "process \($0)" } ?? "its process is not known"
    }

    private func writeOwner(_ path: String) throws(StoreError) {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            throw StoreError(.unavailable, "\(path) can't be written: \(systemError())")
        }
    }
}

/// The data directory and the files in it, for their owner only: they hold webhook secrets.
enum DataDirectory {
    /// Creates the directory and its parents with mode 0700. One that exists keeps its mode.
    static func create(_ directory: String) throws(StoreError) {
        if mkdir(directory, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = directory.lastIndex(of: "/"), slash > directory.startIndex {
            try create(String(directory[..<slash]))
            if mkdir(directory, 0o700) == 0 || errno == EEXIST { return }
        }
        throw StoreError(.unavailable, "the data directory \(directory) can't be made: \(systemError())")
    }

    /// Makes the file with mode 0600, or gives an existing one that mode. SQLite makes its other files like it.
    static func createPrivateFile(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(.unavailable, "\(path) can't be opened: \(systemError())") }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else {
            throw StoreError(.unavailable, "\(path) can't be made private: \(systemError())")
        }
    }

    /// Makes the directory's entries durable: a new file survives a crash of the machine only then.
    static func synchronize(_ directory: String) throws(StoreError) {
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(.unavailable, "\(directory) can't be opened: \(systemError())")
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(.unavailable, "\(directory) can't be synchronized: \(systemError())")
        }
    }
}

private func systemError() -> String { String(cString: strerror(errno)) }
