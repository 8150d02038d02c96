public import Bytes
import DatagramTransport

/// Which interface a node uses for its group.
public enum InterfaceChoice: Sendable {
    /// The named interface, or else the first one that can multicast over IPv6, loopback last.
    public static func interface(named name: String?) throws(ServiceError) -> (index: InterfaceIndex, name: String) {
        do {
            if let name { return (try InterfaceTable.index(named: name), name) }
            let capable = try InterfaceTable.multicastCapable().filter { !$0.addresses.isEmpty }
            guard let chosen = capable.first(where: { !$0.isLoopback }) ?? capable.first else {
                throw ServiceError(
                    .configuration, "no network interface of this host can multicast over IPv6",
                    hint: "name one with --interface; on loopback alone run: ip link set lo multicast on && "
                        + "ip -6 route add local ff00::/8 dev lo table local")
            }
            return (chosen.index, chosen.name)
        } catch let error as TransportError {
            throw ServiceError(
                .configuration, error.description, hint: "list the interfaces of this host with: ip link")
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError(.internalFault, "\(error)")
        }
    }
}
