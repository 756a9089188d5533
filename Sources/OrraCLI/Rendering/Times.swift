import OrraModel

/// Durations and ages as the tables and trees show them.
enum Times {
    /// `12ms`, `0.4s`, `12.3s`, `1m05s`, `2h03m`.
    static func duration(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.milliseconds)
        if milliseconds < 100 { return "\(milliseconds)ms" }
        if milliseconds < 59_950 {
            let tenths = (milliseconds + 50) / 100
            return "\(tenths / 10).\(tenths % 10)s"
        }
        let seconds = (milliseconds + 500) / 1_000
        if seconds < 3_600 { return "\(seconds / 60)m\(two(seconds % 60))s" }
        return "\(seconds / 3_600)h\(two(seconds % 3_600 / 60))m"
    }

    /// In the one unit that matters: `3s`, `5m`, `2h`, `4d`.
    static func age(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        return switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3_600: "\(seconds / 60)m"
        case ..<86_400: "\(seconds / 3_600)h"
        default: "\(seconds / 86_400)d"
        }
    }

    /// A time that somebody has set: `7 days`, `36h0m0s`.
    static func period(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        guard seconds > 0, seconds % 86_400 == 0, duration == .seconds(seconds) else { return duration.brief }
        return seconds == 86_400 ? "1 day" : "\(seconds / 86_400) days"
    }

    /// `17:16:00.250`, in UTC.
    static func clock(_ timestamp: Timestamp) -> String { String(timestamp.description.dropFirst(11).dropLast()) }

    /// `2026-11-22 17:16:00 UTC`.
    static func moment(_ timestamp: Timestamp) -> String {
        timestamp.description.prefix(19).replacing("T", with: " ") + " UTC"
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
