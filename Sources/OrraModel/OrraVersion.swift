/// Version of the hub, of the CLI and of the Swift SDK. They are released together.
public enum OrraVersion {
    public static let current = "0.1.0"
}
