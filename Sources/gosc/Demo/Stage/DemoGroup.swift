import Bytes

/// The group of the demo, `groups/demo-lights.yaml`; in the program, so that the demo needs no file. A test compares both.
enum DemoGroup {
    static let name = "demo-lights"
    /// The resource that every lamp serves.
    static let resource = "light"

    /// The description for a number of lamps.
    ///
    /// - Parameter address: The multicast address; `nil`: the manager chooses one.
    static func description(lamps: Int, address: IPv6Address?) -> String {
        var lines = file.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("address:"), let address { lines[index] = "address: \"\(address)\"" }
            if line.hasPrefix("max_group_size:") { lines[index] = "max_group_size: \(max(50, lamps + 2))" }
        }
        lines.removeAll { $0.hasPrefix("  lamp-") || $0.isEmpty }
        lines += (1...lamps).map { "  lamp-\($0): responder" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `groups/demo-lights.yaml` to the letter.
    static let file = """
        # The lamps of `gosc demo` and of the quick start: one switch turns on eight lamps.
        #
        #   gosc manager init --group groups/demo-lights.yaml

        name: demo-lights
        description: Eight lamps and the switch that turns them on

        # Where the group's messages go: an IPv6 multicast address, or auto, then the manager chooses one.
        address: auto
        port: 5683

        # Algorithms by the name of a policy. standard: AES-CCM-16-64-128, EdDSA with Ed25519, HKDF SHA-256.
        policy: standard

        # What the slowest link carries, in bytes a second, and how many members are planned:
        # answers are spread over time so that they do not collide.
        link_rate: 125000
        max_group_size: 50

        application_groups: [demo-lights]
        resources: [light]

        # Each node, and what it does: a requester sends, a responder acts and answers.
        members:
          switch: requester
          lamp-1: responder
          lamp-2: responder
          lamp-3: responder
          lamp-4: responder
          lamp-5: responder
          lamp-6: responder
          lamp-7: responder
          lamp-8: responder

        """
}
