import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives
import Foundation
import ServiceShell
import TestSupport
import Testing

@testable import gosc

struct GroupFileTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "groups")

    @Test func everyFileOfTheRepositoryLoads() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            #expect(file.pathExtension == "yaml", "\(file.lastPathComponent)")
            let group = try GroupFile(contentsOf: file.path)
            #expect(group.name == file.deletingPathExtension().lastPathComponent)
            // What the manager would read is what the file says.
            let request = try CreateGroupRequest(decoding: group.request.encoded().span)
            #expect(request.configuration.groupName == group.name)
            #expect(request.configuration.active == group.active)
            #expect(request.resources == group.resources)
        }
    }

    @Test func demoHasEightLampsAndOneSwitch() throws {
        let group = try GroupFile(contentsOf: Self.folder.appending(path: "demo-lights.yaml").path)
        #expect(group.members.filter { $0.roles == .responder }.map(\.name) == (1...8).map { "lamp-\($0)" })
        #expect(group.members.filter { $0.roles == .requester }.map(\.name) == ["switch"])
        #expect(group.resources == ["light"])
        #expect(group.address == nil)
    }

    @Test func nameAloneIsEnough() throws {
        let group = try GroupFile(parsing: "name: floor-2", path: "f.yaml")
        #expect(group.name == "floor-2")
        #expect(group.algorithms == .standard)
        #expect(group.port == 5683 && group.linkRate == 125_000 && group.maximumGroupSize == 50)
        #expect(group.active && group.members.isEmpty && group.resources.isEmpty)
        #expect(!group.request.configuration.reusesGroupIDs)
    }

    @Test func everyKeyIsRead() throws {
        let text = """
            name: floor-2
            description: Second floor
            active: false
            address: "ff15::2:1"
            port: 61616
            algorithms: {encryption: AES-CCM-16-128-128, signature: EdDSA, hkdf: HKDF-SHA-512}
            credential_format: x5chain
            link_rate: 1000
            gid_reuse: true
            max_group_size: 3
            application_groups: [lights, blinds]
            resources: [/light, room/blind]
            members:
              a: requester
              b: [requester, responder]
              c: responder
            """
        let group = try GroupFile(parsing: text, path: "f.yaml")
        #expect(group.description == "Second floor" && !group.active)
        #expect(group.address?.description == "ff15::2:1" && group.port == 61616)
        #expect(group.algorithms.encryption == .aesCCM_16_128_128 && group.algorithms.hkdf == .hkdfSHA512)
        #expect(group.credentialFormat == .x509 && group.request.configuration.reusesGroupIDs)
        #expect(group.linkRate == 1000 && group.maximumGroupSize == 3)
        #expect(group.applicationGroups == ["lights", "blinds"] && group.resources == ["light", "room/blind"])
        #expect(group.members.map(\.roles) == [.requester, [.requester, .responder], .responder])
    }

    @Test(
        .requirement("GM-0411"),
        arguments: [("[group]", true, false), ("[group, pairwise]", true, true), ("[pairwise]", false, true)])
    func modesDecideWhatTheGroupHas(modes: String, hasGroupMode: Bool, hasPairwiseMode: Bool) throws {
        let configuration = try GroupFile(parsing: "name: a\nmodes: \(modes)", path: "f.yaml").request.configuration
        #expect(configuration.groupMode == (hasGroupMode ? GroupConfiguration.defaultGroupMode : nil))
        #expect(configuration.pairwiseMode == (hasPairwiseMode ? GroupConfiguration.defaultPairwiseMode : nil))
        #expect(configuration.keyKind == (hasGroupMode ? .ed25519 : .x25519))
    }

    @Test func algorithmsOfBothModesGoTogether() throws {
        for (signature, kind) in [("EdDSA", KeyKind.ed25519), ("ES256", .p256), ("ES384", .p384), ("ES512", .p521)] {
            let text = """
                name: a
                modes: [pairwise, group]
                algorithms: {signature: \(signature), aead: AES-CCM-64-64-256, hkdf: HKDF-SHA-512}
                """
            let configuration = try GroupFile(parsing: text, path: "f.yaml").request.configuration
            #expect(configuration.keyKind == kind)
            #expect(configuration.pairwiseMode?.aead == .aesCCM_64_64_256)
            #expect(configuration.pairwiseMode?.keyAgreement == .ecdhSSHKDF512)
        }
        for (name, kind) in GroupPolicy.curves {
            let text = "name: a\nmodes: [pairwise]\nalgorithms: {curve: \(name)}"
            let configuration = try GroupFile(parsing: text, path: "f.yaml").request.configuration
            #expect(configuration.keyKind == kind && configuration.groupMode == nil)
        }
        let long = try GroupFile(parsing: "name: a\nmodes: [pairwise]\npolicy: long-tags", path: "f.yaml").request
        #expect(long.configuration.pairwiseMode?.aead == .aesCCM_16_128_128)
    }

    @Test func everyCredentialFormatReachesTheConfiguration() throws {
        let formats: [(String, CredentialFormat)] = [
            ("", .ccs), ("kccs", .ccs), ("kcwt", .cwt), ("x5chain", .x509), ("x5bag", .x509Bag), ("c5c", .c509),
            ("c5b", .c509Bag),
        ]
        for (name, format) in formats {
            let line = name.isEmpty ? "" : "\ncredential_format: \(name)"
            let payload = try GroupFile(parsing: "name: a" + line, path: "f.yaml").request.encoded()
            let request = try CreateGroupRequest(decoding: payload.span)
            #expect(request.configuration.credentialFormat == format, "\(name)")
        }
    }

    @Test func everyPolicyIsUnderstoodByItsName() throws {
        for (name, policy) in GroupPolicy.named {
            let group = try GroupFile(parsing: "name: a\npolicy: \(name)", path: "f.yaml")
            #expect(group.algorithms == policy)
            #expect(group.algorithms.encryption.aeadKind != nil)
        }
    }

    @Test(arguments: [
        ("", "f.yaml:1: the file is empty"),
        ("port: 5683", "f.yaml:1: the key 'name' is missing"),
        ("- a", "f.yaml:1: a group must be a mapping of name, "),
        ("name: a\nnmae: b", "f.yaml:2: unknown key 'nmae' in a group; allowed are name, description, "),
        ("name: a\nname: b", "f.yaml:1: these keys occur twice: 'name'"),
        (
            "name: Floor 2",
            "f.yaml:1: name must be 1 to 63 lower-case letters, digits and hyphens (nosec is none), not 'Floor 2'"
        ),
        ("name: [a]", "f.yaml:1: name must be 1 to 63 lower-case letters, digits and hyphens (nosec is none)"),
        (
            "name: nosec",
            "f.yaml:1: name must be 1 to 63 lower-case letters, digits and hyphens (nosec is none), not 'nosec'"
        ),
        ("name: a\nactive: maybe", "f.yaml:2: active must be true or false, not 'maybe'"),
        (
            "name: a\naddress: fd00::1",
            "f.yaml:2: address must be auto or an IPv6 multicast address (ff…), not 'fd00::1'"
        ),
        ("name: a\nport: 0", "f.yaml:2: port must be a number from 1 to 65535 other than 5684, not '0'"),
        ("name: a\nport: 5684", "f.yaml:2: port must be a number from 1 to 65535 other than 5684, not '5684'"),
        ("name: a\n\npolicy: best", "f.yaml:3: policy must be one of standard, long-tags, not 'best'"),
        (
            "name: a\ncredential_format: x5t",
            "f.yaml:2: credential_format must be one of kccs, kcwt, x5chain, x5bag, c5c, c5b, not 'x5t'"
        ),
        ("name: a\n\ncredential_format: [kccs]", "f.yaml:3: credential_format must be one of kccs, kcwt, x5chain, "),
        ("name: a\nalgorithms: {encryption: AES}", "f.yaml:2: encryption must be one of AES-CCM-16-64-128, "),
        (
            "name: a\nalgorithms: {signature: RSA}",
            "f.yaml:2: signature must be one of EdDSA, ES256, ES384, ES512, not 'RSA'"
        ),
        ("name: a\nalgorithms: {tag: x}", "f.yaml:2: unknown key 'tag' in algorithms; allowed are encryption, "),
        ("name: a\nmodes: pairwise", "f.yaml:2: modes must be a list of one of group, pairwise, not 'pairwise'"),
        ("name: a\nmodes: []", "f.yaml:2: modes must be [group], [group, pairwise] or [pairwise]"),
        ("name: a\nmodes: [group, group]", "f.yaml:2: modes must be [group], [group, pairwise] or [pairwise]"),
        ("name: a\nmodes:\n  - group\n  - single", "f.yaml:4: modes must be one of group, pairwise, not 'single'"),
        (
            "name: a\nmodes: [pairwise]\nalgorithms:\n  signature: ES256",
            "f.yaml:4: signature is of no use: 'modes' leaves out group mode"
        ),
        (
            "name: a\nmodes: [pairwise]\nalgorithms: {encryption: AES-CCM-16-64-128}",
            "f.yaml:3: encryption is of no use: 'modes' leaves out group mode"
        ),
        (
            "name: a\nalgorithms: {aead: AES-CCM-16-64-128}",
            "f.yaml:2: aead is of no use: 'modes' leaves out pairwise mode"
        ),
        (
            "name: a\nmodes: [group, pairwise]\nalgorithms: {curve: P-256}",
            "f.yaml:3: curve is of no use: where members sign, 'signature' decides on their keys"
        ),
        (
            "name: a\nmodes: [pairwise]\nalgorithms: {curve: Ed25519}",
            "f.yaml:3: curve must be one of X25519, P-256, P-384, P-521, not 'Ed25519'"
        ),
        (
            "name: a\nmodes: [pairwise]\ncredential_format: kcwt",
            "f.yaml:3: credential_format: members sign the others for themselves, and X25519 keys sign nothing"
        ),
        ("name: a\nmodes: [pairwise]\nalgorithms: {aead: AES}", "f.yaml:3: aead must be one of AES-CCM-16-64-128, "),
        (
            "name: a\nmodes: [pairwise]\nalgorithms: {hkdf: HKDF-SHA-384}",
            "f.yaml:2: modes: pairwise mode has no key agreement for "
        ),
        ("name: a\npolicy: standard\nalgorithms: {}", "f.yaml:3: give either 'policy' or 'algorithms'"),
        (
            "name: a\nlink_rate: 0",
            "f.yaml:2: link_rate must be a whole number of at least 1, in bytes a second, not '0'"
        ),
        ("name: a\nmax_group_size: -1", "f.yaml:2: max_group_size must be a whole number of at least 1, not '-1'"),
        ("name: a\nresources: light", "f.yaml:2: resources must be a list of the path of a resource, "),
        ("name: a\nresources:\n  - light\n  - ..", "f.yaml:4: resources must be the path of a resource, "),
        ("name: a\nmembers: [b]", "f.yaml:2: members must be a mapping of names to roles, "),
        (
            "name: a\nmembers:\n  b: king",
            "f.yaml:3: the roles of b must be requester, responder, [requester, responder] or monitor"
        ),
        ("name: a\nmembers:\n  b: [monitor, responder]", "f.yaml:3: the roles of b must be "),
        (
            "name: a\nmodes: [pairwise]\nmembers: {b: responder, c: monitor}",
            "f.yaml:3: c cannot be a monitor: in pairwise mode alone "
        ),
        ("name: a\nmembers:\n  B_: responder", "f.yaml:3: a member's name must be "),
        ("name: a\nmax_group_size: 1\nmembers: {b: responder, c: responder}", "f.yaml:3: 2 members are more than "),
        ("name: a\n  port: [", "f.yaml:2: not valid YAML: "),
    ])
    func errorNamesFileLineKeyAndWhatIsAllowed(text: String, message: String) {
        let failure = #expect(throws: CommandFailure.self) { try GroupFile(parsing: text, path: "f.yaml") }
        #expect(failure?.message.hasPrefix(message) == true, "\(failure?.message ?? "")")
        #expect(failure?.exitCode == .badInput)
    }

    @Test func everyPrefixOfAFileIsAGroupOrAnError() throws {
        let text = try String(contentsOf: Self.folder.appending(path: "demo-lights.yaml"), encoding: .utf8)
        var groups = 0
        for end in text.indices {
            do throws(CommandFailure) {
                _ = try GroupFile(parsing: String(text[..<end]), path: "f.yaml")
                groups += 1
            } catch {
                #expect(error.exitCode == .badInput)
            }
        }
        #expect(groups > 0)
    }

    @Test func fileThatIsNotThereIsNamed() {
        let failure = #expect(throws: CommandFailure.self) { try GroupFile(contentsOf: "/nowhere/f.yaml") }
        #expect(failure?.line == "cannot read group file /nowhere/f.yaml: No such file or directory; check its name")
    }
}
