import NIOCore

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

/// A process on this machine, by what Linux tells of it in `/proc`.
package struct LocalProcess: Sendable {
    package struct Sample: Sendable, Hashable {
        /// Of memory that is resident, in bytes.
        package var resident: Int
        /// Used since the process began, in seconds.
        package var processor: Double
    }

    let path: String

    static let own = LocalProcess(path: "/proc/self")

    private init(path: String) { self.path = path }

    package init(id: Int32) { path = "/proc/\(id)" }

    /// The process that listens there; `nil` when that is another machine, or another user's process, or no Linux.
    init?(listeningOn place: Place) {
        guard ["127.0.0.1", "localhost", "::1"].contains(place.host), let socket = Self.socket(of: place.port) else {
            return nil
        }
        for process in Self.names(in: "/proc") where process.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            for descriptor in Self.names(in: "/proc/\(process)/fd")
            where Self.target(of: "/proc/\(process)/fd/\(descriptor)") == "socket:[\(socket)]" {
                self.init(path: "/proc/\(process)")
                return
            }
        }
        return nil
    }

    /// The inode of the socket that listens on a port.
    private static func socket(of port: Int) -> String? {
        let wanted =
            ":" + String(repeating: "0", count: max(0, 4 - String(port, radix: 16).count))
            + String(port, radix: 16, uppercase: true)
        for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
            for line in (text(of: file) ?? "").split(separator: "\n").dropFirst() {
                let columns = line.split(separator: " ")
                // 0A: it listens.
                if columns.count > 9, columns[1].hasSuffix(wanted), columns[3] == "0A" { return String(columns[9]) }
            }
        }
        return nil
    }

    /// The most memory that it ever had, in bytes.
    package var peak: Int? {
        let line = Self.text(of: "\(path)/status")?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
    }

    package func sample() -> Sample? {
        guard let memory = Self.text(of: "\(path)/statm")?.split(separator: " "), memory.count > 1,
            let pages = Int(memory[1]), let stat = Self.text(of: "\(path)/stat"),
            // The name before may hold blanks.
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return nil }
        return Sample(
            resident: pages * sysconf(Int32(_SC_PAGESIZE)),
            processor: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    private static func text(of file: String) -> String? {
        // Files of /proc tell no size.
        guard let data = try? Data(contentsOf: URL(filePath: file)) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    private static func target(of link: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: link)
    }
}

/// What hub and benchmark used while it was measured.
struct Usage: Sendable {
    private var hubBefore: LocalProcess.Sample?
    private var hubAfter: LocalProcess.Sample?
    private var ownBefore: LocalProcess.Sample?
    private var ownAfter: LocalProcess.Sample?

    mutating func begin(hub: LocalProcess.Sample?, own: LocalProcess.Sample?) { (hubBefore, ownBefore) = (hub, own) }
    mutating func end(hub: LocalProcess.Sample?, own: LocalProcess.Sample?) { (hubAfter, ownAfter) = (hub, own) }

    /// In cores: 1 for one that is busy all the time.
    func ownCores(over seconds: Double) -> Double { Self.cores(ownBefore, ownAfter, seconds) ?? 0 }

    func hub(over seconds: Double, actions: Int) -> BenchResult.Hub? {
        guard let hubBefore, let hubAfter, let cores = Self.cores(hubBefore, hubAfter, seconds) else { return nil }
        return BenchResult.Hub(
            residentBefore: hubBefore.resident, residentAfter: hubAfter.resident, cores: cores,
            microsecondsPerAction: actions > 0 ? cores * seconds * 1e6 / Double(actions) : nil)
    }

    private static func cores(
        _ before: LocalProcess.Sample?, _ after: LocalProcess.Sample?, _ seconds: Double
    ) -> Double? {
        guard let before, let after, seconds > 0 else { return nil }
        return (after.processor - before.processor) / seconds
    }
}
