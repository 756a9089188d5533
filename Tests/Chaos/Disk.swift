import Foundation
import ProcessSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The disk that holds the hub's data, and how it gets full.
enum Disk: Sendable {
    /// A small file system of its own, whose size shrinks to what is used: every write that needs room fails with
    /// "no space left". Needs the right to mount, see ``MountNamespace``.
    case mounted(String)
    /// No file of the hub's process may grow, nor be written at all: every write fails with "file too large". Needs no
    /// right, but Linux.
    case limited(String)
    /// Neither is possible here: the disk never gets full.
    case endless(String)

    private static let size = "1g"

    /// The best that is possible, with an empty directory for the data.
    static func make(at path: String, limitingFiles: Bool) throws -> Disk {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        if MountNamespace.isOwn, !limitingFiles,
            (try? run("mount", "-t", "tmpfs", "-o", "size=\(size),mode=0700", "orra-chaos", path)) != nil
        {
            return .mounted(path)
        }
        #if os(Linux)
            if (try? run("prlimit", "--pid", "\(getpid())", "--fsize")) != nil { return .limited(path) }
        #endif
        return .endless(path)
    }

    var path: String {
        switch self {
        case .mounted(let path), .limited(let path), .endless(let path): path
        }
    }

    var name: String {
        switch self {
        case .mounted: "a tmpfs without room, ENOSPC"
        case .limited: "a limit of the hub's file sizes, EFBIG"
        case .endless: "not possible here"
        }
    }

    var canBeFull: Bool { if case .endless = self { false } else { true } }

    /// From now on the hub can't write.
    func fill(_ hub: Int32) throws {
        switch self {
        case .mounted(let path):
            var figures = statvfs()
            guard statvfs(path, &figures) == 0 else { throw ProcessFault("\(path) can't be asked for its size") }
            let used = UInt64(figures.f_blocks - figures.f_bfree) * UInt64(figures.f_frsize)
            try Self.run("mount", "-o", "remount,size=\(max(used, 4_096))", path)
        case .limited: try Self.run("prlimit", "--pid", "\(hub)", "--fsize=0:")
        case .endless: break
        }
    }

    func heal(_ hub: Int32?) throws {
        switch self {
        case .mounted(let path): try Self.run("mount", "-o", "remount,size=\(Self.size)", path)
        case .limited: if let hub { try Self.run("prlimit", "--pid", "\(hub)", "--fsize=unlimited:") }
        case .endless: break
        }
    }

    private static func run(_ words: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ProcessFault("\(words.joined(separator: " ")) failed") }
    }
}

/// A mount namespace of this program's own: what it mounts nobody else sees, and goes with it.
enum MountNamespace {
    private static let mark = "CHAOS_MOUNT_NAMESPACE"

    static var isOwn: Bool { ProcessInfo.processInfo.environment[mark] != nil }

    /// Becomes this program again in a namespace of its own, if the system allows; returns otherwise. Without root it
    /// takes a user namespace, in which only this user is somebody.
    static func enter() {
        #if os(Linux)
            guard !isOwn else { return }
            let kinds = geteuid() == 0 ? [["--mount"]] : [["--user", "--map-root-user", "--mount"]]
            for kind in kinds where isPossible(kind) {
                setenv(mark, "1", 1)
                let words = ["unshare"] + kind + ["/proc/self/exe"]
                let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
                var arguments = (words.dropLast() + [program] + CommandLine.arguments.dropFirst()).map { strdup($0) }
                arguments.append(nil)
                execvp("unshare", arguments)
                unsetenv(mark)
            }
        #endif
    }

    private static func isPossible(_ kind: [String]) -> Bool {
        let script = "d=$(mktemp -d) && mount -t tmpfs none $d && umount $d && rmdir $d"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["unshare"] + kind + ["sh", "-c", script]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
