import Bytes
import CoAP
import CoAPEngine
import DatagramTransport
import Glibc
import GoscKit

/// A server for people who test their CoAP and OSCORE clients.
@main
struct PlugtestServer {
    static func main() async {
        let arguments: Arguments
        do throws(Arguments.Failure) {
            arguments = try Arguments(CommandLine.arguments.dropFirst())
        } catch {
            fail(64, "\(error.text)\n\(Arguments.usage)")
        }
        guard !arguments.wantsHelp else { return print(Arguments.usage) }
        do {
            while true { try await serve(arguments) }
        } catch {
            fail(69, "\(error)")
        }
    }

    /// Serves until `/obs-reset` wants a server that has forgotten everything, as after a restart.
    private static func serve(_ arguments: Arguments) async throws {
        let endpoint = try CoAPEndpoint(try configuration(arguments))
        let (resets, reset) = AsyncStream.makeStream(of: Void.self)
        let interval = Duration.milliseconds(arguments.interval)
        let observable = ObservableResources()
        await serveBasicResources(on: endpoint)
        await serveConditionalResources(on: endpoint)
        await serveLargeResources(on: endpoint)
        await serveLinkResources(on: endpoint)
        await serveOSCOREResources(on: endpoint, isAware: !arguments.contexts.contains(.none), every: interval)
        await observable.serve(on: endpoint) { reset.yield() }
        print("gosc-plugtest serves at \(endpoint.localAddress)")
        fflush(nil)
        let ticking = Task { await observable.run(on: endpoint, every: interval) }
        for await _ in resets { break }
        ticking.cancel()
        // The answer to the reset leaves first.
        try await Task.sleep(for: .milliseconds(100))
        await endpoint.shutDown()
    }

    private static func configuration(_ arguments: Arguments) throws -> EndpointConfiguration {
        var configuration = EndpointConfiguration(port: arguments.port)
        configuration.address.address = arguments.address
        for name in arguments.interfaces {
            let interface = try InterfaceTable.index(named: name)
            for scope in [MulticastScope.linkLocal, .siteLocal] {
                configuration.groups.append(
                    GroupMembership(AllCoAPNodes.address(scope), port: arguments.port, interface: interface))
            }
        }
        configuration.server.leisure = Leisure(window: .milliseconds(arguments.leisure))
        configuration.server.unprovenAddresses = arguments.challenges ? .challenge : .trust
        if !arguments.contexts.contains(.none) { configuration.associations = arguments.associations }
        return configuration
    }

    private static func fail(_ status: Int32, _ text: String) -> Never {
        let line = Array("gosc-plugtest: \(text)\n".utf8)
        write(STDERR_FILENO, line, line.count)
        exit(status)
    }
}
