#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that is read and replaced as a whole, and only by its owner.
struct SmallFile {
    struct Fault: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
        static var system: Fault { Fault(String(cString: strerror(errno))) }
    }

    static let maximumBytes = 4 * 1024 * 1024

    let path: String

    var directory: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `nil` if there is no such file.
    func read() throws(Fault) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system
        }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = buffer.withUnsafeMutableBytes { systemRead(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system }
            if count == 0 { return content }
            content += buffer[..<count]
            guard content.count <= Self.maximumBytes else {
                throw Fault("it is longer than \(Self.maximumBytes) bytes")
            }
        }
    }

    /// Replaces the file: readers see the old content or the new one, also after a crash. Mode 0600.
    func write(_ content: [UInt8]) throws(Fault) {
        let draft = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system }
        do {
            defer { close(descriptor) }
            var rest = content[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { systemWrite(descriptor, $0) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Fault.system }
                rest = rest.dropFirst(count)
            }
            guard fsync(descriptor) == 0, systemRename(draft, path) == 0 else { throw Fault.system }
        } catch {
            unlink(draft)
            throw error as? Fault ?? .system
        }
        let parent = open(directory, O_RDONLY | O_CLOEXEC)
        if parent >= 0 {
            fsync(parent)
            close(parent)
        }
    }

    /// Makes the file's directory and those above it, as far as they are missing, mode 0700.
    func makeDirectory() throws(Fault) {
        var made = directory.hasPrefix("/") ? "/" : ""
        for part in directory.split(separator: "/") {
            made += part
            if mkdir(made, 0o700) != 0, errno != EEXIST { throw .system }
            made += "/"
        }
    }

    /// Runs `change` while no other process does, by a lock on a file of its own beside this one.
    func locked<Result>(_ change: () throws -> Result) throws -> Result {
        let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Fault.system }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw Fault.system }
        }
        return try change()
    }

    /// Gives the file another name, in place of one that may be there.
    func rename(to other: String) throws(Fault) {
        guard systemRename(path, other) == 0 else { throw .system }
    }
}

// The system's functions, out of the shadow of the methods with the same names.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

private func systemRename(_ old: String, _ new: String) -> Int32 { rename(old, new) }
