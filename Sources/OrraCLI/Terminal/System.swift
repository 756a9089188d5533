import OrraModel
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes to a file descriptor, whole texts at a time. A reader that went away, as `head` does, is no error.
public final class FileOutput: TextOutput {
    private let descriptor: Int32
    private let isOpen = Mutex(true)

    public init(descriptor: Int32) { self.descriptor = descriptor }

    public func write(_ text: String) {
        isOpen.withLock { isOpen in
            guard isOpen else { return }
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { systemWrite(descriptor, $0) }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&wait, 1, -1)
                } else if errno != EINTR {
                    isOpen = false
                    return
                }
            }
        }
    }
}

/// The system's function, out of the shadow of the method with the same name.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

enum StandardInput {
    static var isTerminal: Bool { isatty(0) == 1 }
    /// One line; `nil` at the end of the input.
    static func line() -> String? { readLine(strippingNewline: true) }
}

enum WallClock {
    static var now: Timestamp {
        Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1_000))
    }
}

enum ProcessEnvironment {
    /// The variables that the commands look at.
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        for name in ["HOME", "NO_COLOR", "TERM", "COLUMNS", "LINES"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }
}

extension Terminal {
    /// The terminal behind a file descriptor; `nil` for a file or a pipe.
    public init?(descriptor: Int32, environment: [String: String]) {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        self.init(
            width: isKnown ? Int(size.ws_col) : environment["COLUMNS"].flatMap(Int.init) ?? 80,
            height: isKnown ? Int(size.ws_row) : environment["LINES"].flatMap(Int.init) ?? 24,
            environment: environment)
    }
}
