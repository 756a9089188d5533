import Foundation

/// Where figures come from.
struct Machine: Sendable, Hashable, Codable {
    var cores: Int
    var processor: String
    var memoryGiB: Int
    var system: String
    /// Of the data folder.
    var fileSystem: String
    /// Of the minute before: what else ran.
    var load: Double

    static func here(data: String) -> Machine {
        let processor = lines(of: "/proc/cpuinfo").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
        let kernel = lines(of: "/proc/sys/kernel/osrelease").first
        return Machine(
            cores: ProcessInfo.processInfo.activeProcessorCount, processor: processor ?? "unknown processor",
            memoryGiB: Int((Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824).rounded()),
            system: kernel.map { "Linux \($0)" } ?? ProcessInfo.processInfo.operatingSystemVersionString,
            fileSystem: fileSystem(of: data),
            load: lines(of: "/proc/loadavg").first?.split(separator: " ").first.flatMap { Double($0) } ?? 0)
    }

    private static func fileSystem(of path: String) -> String {
        var found = (mount: "", kind: "unknown")
        let path = URL(filePath: path).resolvingSymlinksInPath().path()
        for line in lines(of: "/proc/mounts") {
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count > 2, parts[1].count >= found.mount.count,
                parts[1] == "/" || path == parts[1] || path.hasPrefix(parts[1] + "/")
            else { continue }
            found = (parts[1], parts[2])
        }
        return found.kind
    }

    private static func lines(of file: String) -> [String] {
        guard let data = try? Data(contentsOf: URL(filePath: file)) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// `tmpfs` syncs nothing: figures of durability from there are none.
    var hasDisk: Bool { !["tmpfs", "ramfs"].contains(fileSystem) }

    var summary: String {
        "\(cores) cores (\(processor)), \(memoryGiB) GiB, \(system), \(fileSystem)\(hasDisk ? "" : ", which is no disk")"
            + ", load \(load) at the start"
    }
}
