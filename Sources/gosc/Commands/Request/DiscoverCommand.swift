import ArgumentParser
import Bytes
import CoAP
import CoAPEngine
import GoscKit
import ServiceShell

struct DiscoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover", abstract: "List the resources of a server, or of all servers that hear.",
        discussion: """
            Such as: gosc discover 'coap://[::1]'
                     gosc discover --interface eth0 --filter rt=g.light

            Without URI, all CoAP nodes of the link are asked.
            """)

    @Argument(help: "The server or group (default: 'coap://[ff02::fd]').")
    var uri: String = "coap://[ff02::fd]"

    @Option(
        help: ArgumentHelp(
            "What links must have: name=value, a * at the end stands for anything. May be repeated.",
            valueName: "filter"))
    var filter: [String] = []

    @Option(help: ArgumentHelp("How long answers are collected, \(TimeSpan.form).", valueName: "time"))
    var timeout: TimeSpan = .seconds(10)

    @Option(name: .shortAndLong, help: ArgumentHelp("The interface.", valueName: "name"))
    var interface: String?

    @Option(help: ArgumentHelp("How far the question goes: 0 this host, 1 this link, up to 255.", valueName: "n"))
    var hops: UInt8 = 1

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard filter.allSatisfy({ $0.contains("=") }) else { throw ValidationError("A filter is name=value.") }
        guard timeout.milliseconds > 0 else { throw ValidationError("--timeout must be more than 0.") }
    }

    func run() async throws {
        let printer = Printer(output)
        var found: [DiscoveredLinks] = []
        var isGroup = true
        do {
            var configuration = EndpointConfiguration()
            configuration.multicastHopLimit = hops
            let index = try interface.map { name throws(CoAPError) in try Destination.interface(named: name) }
            configuration.multicastInterface = index ?? .unspecified
            let target = try await Destination(uri, interface: index ?? .unspecified)
            try checkPath(target.uri)
            isGroup = target.isGroup
            let endpoint = try CoAPEndpoint(configuration)
            found = try await endpoint.discover(target, filter: filter, for: timeout.duration)
            await endpoint.shutDown()
        } catch let error as CoAPError {
            throw CommandFailure(error, uri: uri)
        }
        let links = found.flatMap { server in server.links.map { DiscoveredLink(server.source.description, $0) } }
        // A program gets an empty list as well as an error.
        if !links.isEmpty || printer.format != .table { try printer.list(links) }
        guard !found.isEmpty || !isGroup else { throw CommandFailure(silentGroup: uri) }
        guard !links.isEmpty else {
            throw CommandFailure(
                .refused, "\(uri) lists no resource\(filter.isEmpty ? "" : " that fits")", hint: "check --filter")
        }
    }

    /// The question has a path of its own.
    private func checkPath(_ uri: CoAPURI) throws(CommandFailure) {
        guard uri.path.isEmpty || uri.path == [""] || uri.path == [".well-known", "core"], uri.query.isEmpty else {
            throw CommandFailure(
                .badInput, "\(self.uri) has a path or a query, and servers are asked for /.well-known/core",
                hint: "leave them out; --filter chooses links, and gosc get reads a resource")
        }
    }
}

/// A link as the table shows it.
struct DiscoveredLink: ListRow {
    let source: String
    let target: String
    let attributes: [String: String]

    init(_ source: String, _ link: Link) {
        self.source = source
        target = link.target
        attributes = Dictionary(
            link.attributes.map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { first, _ in first })
    }

    static var columns: [TextTable.Column] {
        [TextTable.Column("SERVER"), TextTable.Column("RESOURCE"), TextTable.Column("TYPE"), TextTable.Column("MORE")]
    }

    var cells: [String] {
        let rest = attributes.filter { $0.key != "rt" }.sorted { $0.key < $1.key }
        return [
            source, target, attributes["rt"] ?? "",
            rest.map { $0.value.isEmpty ? $0.key : "\($0.key)=\($0.value)" }.joined(separator: " "),
        ]
    }
}
