#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open file, and the calls that make what is written survive a crash. Blocks; call it where that is allowed.
final class DurableFile: Sendable {
    private let descriptor: CInt

    enum Mode { case append, create, lock }

    init(_ path: String, _ mode: Mode) throws(FileError) {
        let flags =
            switch mode {
            case .append: O_WRONLY | O_APPEND | O_CREAT
            case .create: O_WRONLY | O_TRUNC | O_CREAT
            case .lock: O_RDWR | O_CREAT
            }
        descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError("open \(path)") }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) throws(FileError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                #if canImport(Darwin)
                    Darwin.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                #elseif canImport(Musl)
                    Musl.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                #else
                    Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError("write") }
            offset += count
        }
    }

    /// Returns once the disk has it.
    func synchronize() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError("fsync") }
    }

    /// Whether this process now holds the file's lock, which ends with the descriptor.
    func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Puts `bytes` in the place of whatever the path names, so that a crash leaves the old or the new content.
    static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
        // Of this process alone: replicas that start together replace the same file.
        let draft = "\(path).\(getpid()).new"
        do {
            let file = try DurableFile(draft, .create)
            try file.write(bytes)
            try file.synchronize()
        }
        guard rename(draft, path) == 0 else { throw FileError("rename \(draft)") }
        try synchronizeDirectory(of: path)
    }

    /// Makes a name that was added or changed in a directory durable.
    private static func synchronizeDirectory(of path: String) throws(FileError) {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open \(directory)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("fsync \(directory)") }
    }
}

/// A call of the operating system that failed.
struct FileError: Error, CustomStringConvertible {
    let operation: String
    let code: CInt

    init(_ operation: String) {
        self.operation = operation
        code = errno
    }

    var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
