import ArgumentParser
import OrraCLI
import OrraModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@main
struct Orra: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orra",
        abstract: "Orra, a hub for services, tools and agents that work together on an action.",
        version: OrraVersion.current,
        subcommands: [Serve.self] + OrraProgram.commands)

    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        end(await OrraProgram.run(Orra.self, arguments, in: .live(version: OrraVersion.current)))
    }
}

/// Outside of the type, whose own `exit` is another one.
private func end(_ code: Int32) -> Never { exit(code) }
