import Foundation
import Synchronization

#if canImport(Glibc)
    public import Glibc
#elseif canImport(Musl)
    public import Musl
#else
    public import Darwin
#endif

/// A process that a test has started, with its output in two files. Reaped by its own pid, and dead at the latest when
/// this value goes.
public final class ChildProcess: Sendable {
    /// How a process ended.
    public enum Ending: Sendable, Hashable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    public let name: String
    public let pid: pid_t
    private let outputPath: String
    private let errorsPath: String
    private let known = Mutex<Ending?>(nil)

    /// Starts `executable`. Signals have their default meaning for it, whatever this process has set.
    ///
    /// - Parameters:
    ///   - log: path of its output without the ending: `<log>.out` and `<log>.err`.
    init(
        name: String, executable: String, arguments: [String], environment: [String: String], directory: String,
        log: String
    ) throws {
        self.name = name
        outputPath = log + ".out"
        errorsPath = log + ".err"
        // The shell changes the directory, sets up the output, and becomes the program: the pid stays. A write beyond a
        // limit of file sizes shall fail, as on a full disk, and not end the program.
        let script = #"trap '' XFSZ; cd "$1" && out=$2 && err=$3 && shift 3 && exec "$@" </dev/null >"$out" 2>"$err""#
        let words = ["sh", "-c", script, "sh", directory, outputPath, errorsPath, executable] + arguments
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        pid = try Self.spawn(words, variables)
    }

    deinit { kill() }

    private static func spawn(_ words: [String], _ variables: [String]) throws -> pid_t {
        #if canImport(Darwin)
            var attributes: posix_spawnattr_t?
        #else
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A child that held this process's sockets would keep them open for their peers.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")) ?? [] {
            if let descriptor = Int32(name), descriptor > 2 {
                posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        }
        var arguments = words.map { strdup($0) } + [nil]
        var environment = variables.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var pid: pid_t = 0
        let fault = posix_spawn(&pid, "/bin/sh", &actions, &attributes, &arguments, &environment)
        guard fault == 0 else {
            throw ProcessFault("\(words[7]) could not be started: \(String(cString: strerror(fault)))")
        }
        return pid
    }

    // MARK: - Its end

    /// `nil` while it runs.
    public var ending: Ending? {
        known.withLock { known in
            if known == nil { known = Self.reap(pid, WNOHANG) }
            return known
        }
    }

    /// Waits for its end; a process that goes on beyond the limit is an error.
    public func end(within limit: Duration = .seconds(30)) async throws -> Ending {
        try await eventually("the end of \(name), process \(pid)", within: limit) { ending }
    }

    /// Sends a signal; no effect on a process that has ended.
    public func signal(_ number: Int32) {
        known.withLock { known in
            guard known == nil else { return }
            known = Self.reap(pid, WNOHANG)
            // Not reaped yet, so the number can't belong to another process.
            if known == nil { sendSignal(pid, number) }
        }
    }

    /// `kill -9`, and waits until the process is gone.
    public func kill() {
        known.withLock { known in
            guard known == nil else { return }
            sendSignal(pid, SIGKILL)
            known = Self.reap(pid, 0)
        }
    }

    private static func reap(_ pid: pid_t, _ options: Int32) -> Ending? {
        var status: Int32 = 0
        var result: pid_t
        repeat { result = waitpid(pid, &status, options) } while result < 0 && errno == EINTR
        if result == 0 { return nil }
        precondition(result == pid, "process \(pid) was reaped by somebody else")
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }

    // MARK: - Its output

    public var output: String { text(of: outputPath) }
    public var errors: String { text(of: errorsPath) }

    private func text(of path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// What a person needs who looks for the cause of a failure.
    var report: String {
        func tail(_ text: String) -> String {
            text.split(separator: "\n", omittingEmptySubsequences: false).suffix(60).map { "    \($0)" }
                .joined(separator: "\n")
        }
        let end = ending.map { "\($0)" } ?? "runs"
        return "  \(name), process \(pid), \(end)\n\(tail(output))\n\(tail(errors))\n"
    }
}

/// Outside of the type, whose own `kill` is another one.
private func sendSignal(_ pid: pid_t, _ number: Int32) { _ = kill(pid, number) }
