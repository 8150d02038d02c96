import ACEGroupcomm
import ArgumentParser
import Bytes
import COSE
import CryptoPrimitives
import ServiceShell

struct GroupShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one group.")

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var name: NameArgument

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        let summary = try await client.summary(of: name.name)
        let (configuration, _) = try await client.configuration(of: name.name)
        try administration.printer.show(GroupReport(summary, configuration))
    }
}

/// All that an operator may know about a group; no secret.
private struct GroupReport: Described {
    let group: String
    let description: String?
    let active: Bool
    let address: String
    let port: UInt16
    let groupID: String
    let keyGeneration: UInt64
    let keysExpire: String?
    let modes: [String]
    let encryption: String?
    let signature: String?
    let pairwiseEncryption: String?
    let keyAgreement: String?
    let keys: String?
    let hkdf: String
    let members: UInt64
    let maximumGroupSize: UInt64
    let linkRate: UInt64
    let credentialFormat: String
    let applicationGroups: [String]
    let resources: [String]
    let rekeyOverlap: UInt64
    let rekeyOnJoin: Bool
    let rekeyInterval: UInt64?
    let gidReuse: Bool

    init(_ summary: GroupSummary, _ configuration: GroupConfiguration) {
        group = summary.name
        description = configuration.groupDescription
        active = summary.active
        address = summary.address.description
        port = summary.port
        groupID = Hex.encode(summary.groupID)
        keyGeneration = summary.version
        keysExpire = configuration.expiration.map(Moment.text)
        encryption = configuration.groupMode?.encryption.name
        signature = configuration.groupMode?.signature.name
        pairwiseEncryption = configuration.pairwiseMode?.aead.name
        keyAgreement = configuration.pairwiseMode?.keyAgreement.name
        keys = configuration.keyKind?.name
        modes =
            (configuration.groupMode == nil ? [] : ["group"]) + (configuration.pairwiseMode == nil ? [] : ["pairwise"])
        hkdf = configuration.hkdf.name
        members = summary.memberCount
        maximumGroupSize = summary.maximumGroupSize
        linkRate = summary.linkRate
        credentialFormat = configuration.credentialFormat.name
        applicationGroups = summary.applicationGroups
        resources = summary.resources
        rekeyOverlap = summary.rekeying.overlap
        rekeyOnJoin = summary.rekeying.onJoin
        rekeyInterval = summary.rekeying.interval
        gidReuse = configuration.reusesGroupIDs
    }

    var lines: [(name: String, value: String)] {
        [
            ("group", group), ("description", description ?? "–"), ("active", active ? "yes" : "no"),
            ("address", "[\(address)]:\(port)"), ("group ID", groupID), ("key generation", String(keyGeneration)),
            ("keys expire", keysExpire ?? "–"),
            ("rekey overlap", "\(rekeyOverlap) s"), ("rekey on join", rekeyOnJoin ? "yes" : "no"),
            ("rekey interval", rekeyInterval.map { "\($0) s" } ?? "–"),
            ("group IDs come again", gidReuse ? "yes" : "no"),
            ("modes", modes.joined(separator: ", ")),
            ("encryption", encryption ?? "–"), ("signature", signature ?? "–"),
            ("pairwise encryption", pairwiseEncryption ?? "–"), ("key agreement", keyAgreement ?? "–"),
            ("members' keys", keys ?? "–"), ("key derivation", hkdf),
            ("members", "\(members) of \(maximumGroupSize) planned"),
            ("link rate", "\(linkRate) bytes a second"),
            ("credentials", credentialFormat),
            ("application groups", applicationGroups.isEmpty ? "–" : applicationGroups.joined(separator: ", ")),
            ("resources", resources.isEmpty ? "–" : resources.map { "/" + $0 }.joined(separator: ", ")),
        ]
    }
}
