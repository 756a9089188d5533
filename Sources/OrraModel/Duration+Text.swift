extension Duration {
    /// As Go prints it, and as requests write it: `1m30s`, `500ms`, `2h0m0s`.
    public var brief: String {
        if nanoseconds == 0 { return "0s" }
        if nanoseconds < 1_000_000_000 {
            let milliseconds = Double(nanoseconds) / 1e6
            return milliseconds == milliseconds.rounded() ? "\(Int(milliseconds))ms" : "\(milliseconds)ms"
        }
        let hours = nanoseconds / 3_600_000_000_000
        let minutes = nanoseconds / 60_000_000_000 % 60
        let seconds = Double(nanoseconds % 60_000_000_000) / 1e9
        let secondsText = seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s"
        if hours > 0 { return "\(hours)h\(minutes)m\(secondsText)" }
        return minutes > 0 ? "\(minutes)m\(secondsText)" : secondsText
    }
}
