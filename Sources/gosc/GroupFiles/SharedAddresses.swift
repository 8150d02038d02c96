/// Groups that share an address.
enum SharedAddresses {
    // COAP-0105: the network delivers by address alone, so the members of one group hear the other, too.
    /// One sentence for each pair of groups with one address and different ports.
    static func warnings(_ files: [GroupFile]) -> [String] {
        files.indices.flatMap { index in
            files[..<index].compactMap { other in
                let file = files[index]
                guard let address = file.address, address == other.address, file.port != other.port else { return nil }
                return
                    "groups \(other.name) and \(file.name) share the address \(address) on different ports: members of "
                    + "one get the datagrams of the other, too"
            }
        }
    }
}
