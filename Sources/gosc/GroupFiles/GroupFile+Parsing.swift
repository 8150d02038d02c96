import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CryptoPrimitives
import Foundation
import ServiceShell
import Yams

extension GroupFile {
    /// Reads a file.
    ///
    /// - Throws: ``CommandFailure`` with file, line, key and what is allowed there.
    init(contentsOf path: String) throws(CommandFailure) {
        try self.init(parsing: try TextFile.read(path, what: "group file"), path: path)
    }

    /// Reads the text of a file.
    ///
    /// - Parameter path: For errors.
    init(parsing text: String, path: String) throws(CommandFailure) {
        let root = try YAMLMap.root(of: text, path: path)
        let map = try YAMLMap(
            root, what: "a group",
            allowed: [
                "name", "description", "active", "address", "port", "modes", "policy", "algorithms", "link_rate",
                "max_group_size", "application_groups", "resources", "members", "credential_format", "rekey_overlap",
                "rekey_on_join", "rekey_interval", "gid_reuse",
            ], path: path)
        _ = try map.required("name")
        let word = "1 to 63 lower-case letters, digits and hyphens"
        name = try map.value("name", word + " (nosec is none)") { Names.isValidForGroup($0) ? $0 : nil } ?? ""
        description = try map.value("description", "a text") { $0 }
        active = try map.value("active", "true or false", Bool.init) ?? true
        address =
            try map.value("address", "auto or an IPv6 multicast address (ff…)", GroupAddress.init)?.address
        let ports = "a number from 1 to 65535 other than 5684"
        port = try map.value("port", ports) { UInt16($0).flatMap { CoAPURI.isGroupPort($0) ? $0 : nil } } ?? 5683
        let count = "a whole number of at least 1"
        let atLeastOne = { (text: String) in UInt64(text).flatMap { $0 > 0 ? $0 : nil } }
        linkRate = try map.value("link_rate", count + ", in bytes a second", atLeastOne) ?? 125_000
        maximumGroupSize = try map.value("max_group_size", count, atLeastOne) ?? 50
        applicationGroups = try map.list("application_groups", "names, each a text", { $0.isEmpty ? nil : $0 }) ?? []
        resources =
            try map.list("resources", "the path of a resource, such as light") {
                ResourceArgument(argument: $0)?.path.joined(separator: "/")
            } ?? []
        credentialFormat =
            try map.value("credential_format", "one of \(CredentialFormat.known.map(\.name).joined(separator: ", "))") {
                text in CredentialFormat.known.first { $0.name == text }
            } ?? .ccs
        algorithms = try GroupPolicy(map, path: path)
        if algorithms.keyKind?.signatureKind == nil, credentialFormat != .ccs {
            throw YAMLMap.failure(
                path, map.node("credential_format") ?? root,
                "credential_format: members sign the others for themselves, and \(algorithms.curve.name) keys sign nothing; "
                    + "theirs is kccs")
        }
        rekeying = try Self.rekeying(map, path: path)
        reusesGroupIDs = try map.value("gid_reuse", "true or false", Bool.init) ?? false
        members = try Self.members(map, path: path)
        // GM-0147
        if algorithms.groupMode == nil, let monitor = members.first(where: { $0.roles == .monitor }) {
            throw YAMLMap.failure(
                path, map.node("members") ?? root,
                "\(monitor.name) cannot be a monitor: in pairwise mode alone there is nothing to monitor")
        }
        guard UInt64(members.count) <= maximumGroupSize else {
            throw YAMLMap.failure(
                path, map.node("members") ?? root,
                "\(members.count) members are more than max_group_size, \(maximumGroupSize)")
        }
    }

    private static func rekeying(_ map: YAMLMap, path: String) throws(CommandFailure) -> GroupRekeyingRules {
        var rules = GroupRekeyingRules()
        let overlap = "a time of at most an hour, such as 10s"
        rules.overlap =
            try map.value("rekey_overlap", overlap) { text in
                TimeSpan(argument: text).map(\.seconds).flatMap { GroupRekeyingRules.overlaps.contains($0) ? $0 : nil }
            } ?? rules.overlap
        rules.onJoin = try map.value("rekey_on_join", "true or false", Bool.init) ?? rules.onJoin
        rules.interval =
            try map.value("rekey_interval", "a time of a minute or more, such as 30d") { text in
                TimeSpan(argument: text).map(\.seconds).flatMap { $0 >= GroupRekeyingRules.shortestInterval ? $0 : nil }
            }
        if let interval = rules.interval, interval <= rules.overlap, let node = map.node("rekey_interval") {
            throw YAMLMap.failure(
                path, node, "rekey_interval must be longer than rekey_overlap, \(TimeSpan.seconds(rules.overlap))")
        }
        return rules
    }

    /// `name: role` or `name: [role, role]`.
    private static func members(_ map: YAMLMap, path: String) throws(CommandFailure) -> [Member] {
        guard let node = map.node("members") else { return [] }
        guard let mapping = node.mapping else {
            throw YAMLMap.failure(
                path, node, "members must be a mapping of names to roles, such as 'lamp-1: responder'")
        }
        var members: [Member] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string, Names.isValid(name) else {
                throw YAMLMap.failure(
                    path, key, "a member's name must be 1 to 63 lower-case letters, digits and hyphens")
            }
            let words = value.scalar.map { [$0.string] } ?? value.sequence?.map { $0.scalar?.string ?? "" } ?? []
            guard let roles = Roles(names: words.joined(separator: ",")), roles.mayJoin else {
                throw YAMLMap.failure(
                    path, value, "the roles of \(name) must be requester, responder, [requester, responder] or monitor")
            }
            members.append(Member(name: name, roles: roles))
        }
        return members
    }
}

/// `auto`, or the literal of a multicast address.
private struct GroupAddress {
    let address: IPv6Address?

    init?(_ text: String) {
        address = text == "auto" ? nil : IPv6Address(text)
        guard text == "auto" || address?.isMulticast == true else { return nil }
    }
}
