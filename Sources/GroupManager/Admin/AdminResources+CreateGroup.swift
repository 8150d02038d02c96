import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CryptoPrimitives

extension AdminResources {
    /// POST `/gosc/groups`.
    func createGroup(_ payload: [UInt8], random: inout some RandomNumberGenerator) -> AdminDecision {
        let request: CreateGroupRequest
        do {
            request = try CreateGroupRequest(decoding: payload.span)
        } catch {
            return AdminDecision(.problem(.badRequest, detail: "the group cannot be created: \(error)"))
        }
        let configuration = request.configuration
        let name = configuration.groupName
        // GM-0432
        guard isSupported(configuration) else {
            return AdminDecision(
                .problem(
                    .serviceUnavailable, .unsupportedConfiguration,
                    detail: "this manager cannot operate group \(name) with these algorithms"))
        }
        // GM-0407
        guard configuration.expiration.map({ $0 > now }) ?? true else {
            return AdminDecision(.problem(.badRequest, detail: "the keys of group \(name) would have expired already"))
        }
        guard state.groups[name] == nil else {
            return AdminDecision(.problem(.conflict, detail: "there is a group named \(name) already"))
        }
        guard let identity = state.identity, let prefix = state.unusedPrefix(random: &random) else {
            return AdminDecision(.problem(.internalServerError, detail: "no Gid is left for group \(name)"))
        }
        let credential: GroupCredentialRecord?
        do throws(CredentialError) {
            credential = try ownCredential(in: configuration, random: &random)
        } catch {
            return AdminDecision(
                .problem(.internalServerError, detail: "this manager cannot make its credential for group \(name)"))
        }
        // GM-0438
        let record = GroupRecord(
            name: name, configuration: configuration.encodedRepresentation(),
            groupID: GroupIDLayout(prefix: prefix, epoch: 0).bytes,
            version: 0, masterSecret: SecretField(random.secretBytes(configuration.masterSecretCount)),
            masterSalt: random.bytes(8),
            expiration: configuration.expiration ?? now + settings.keyLifetime,
            address: request.address ?? unusedAddress(of: identity, random: &random), port: request.port,
            linkRate: request.linkRate, maximumGroupSize: request.maximumGroupSize, resources: request.resources,
            createdAt: now,
            rekeyingPolicy: request.rekeying)
        let answer = request.encodedAnswer(
            configuration: configuration, address: record.address, joiningURI: settings.joiningURI(of: name))
        return AdminDecision(
            AdminResponse(code: .created, payload: answer),
            writes: [
                .insertGroup(record),
                .assignGroupIDPrefix(GroupIDPrefixRecord(prefix: prefix, groupName: name, since: 0)),
            ] + (credential.map { [.insertGroupCredential($0)] } ?? []),
            events: [.groupCreated(name: name, address: record.address)])
    }

    /// Whether this manager has the algorithms, and a credential of its own in the format.
    private func isSupported(_ configuration: GroupConfiguration) -> Bool {
        let format = configuration.credentialFormat
        guard configuration.hkdf.hash != nil, settings.credentialReader.canRead(format),
            let kind = configuration.keyKind, settings.credentialMakers.canMake(format, for: kind)
        else { return false }
        if let mode = configuration.groupMode {
            guard mode.encryption.nonceLength != nil, mode.encryption.keyLength != nil else { return false }
        }
        if let mode = configuration.pairwiseMode {
            guard mode.aead.nonceLength != nil, mode.keyAgreement.hkdf?.hash != nil else { return false }
        }
        return true
    }

    /// The manager's credential for a group whose members have other keys, or other credentials, than its identity; `nil`
    /// where that of the identity does.
    private func ownCredential(
        in configuration: GroupConfiguration, random: inout some RandomNumberGenerator
    ) throws(CredentialError) -> GroupCredentialRecord? {
        guard let identity = state.identity, let kind = configuration.keyKind,
            kind != .ed25519 || configuration.credentialFormat != .ccs
        else { return nil }
        do {
            let secret = SecretField(try kind.drawSecret(using: &random))
            let credential = try settings.credentialMakers.credential(
                of: PrivateKey(kind, secret: secret.bytes), subject: identity.name,
                format: configuration.credentialFormat)
            return GroupCredentialRecord(
                groupName: configuration.groupName, curve: kind.coseCurve, privateKey: secret, credential: credential)
        } catch let error as CredentialError {
            throw error
        } catch {
            throw .invalidKey
        }
    }

    /// A unicast-prefix-based multicast address of site scope (RFC 3306 §4, RFC 4291 §2.7) with the manager's own unique
    /// local prefix: `ff35:30:fdXX:XXXX:XXXX:0:GGGG:GGGG`.
    private func unusedAddress(
        of identity: ManagerIdentityRecord, random: inout some RandomNumberGenerator
    ) -> IPv6Address {
        let globalID = identity.globalID.prefix(5).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let prefix = 0xfd << 40 | globalID
        // RFC 3307 §4.3: dynamically assigned group identifiers have the highest bit set.
        func candidate(_ random: inout some RandomNumberGenerator) -> IPv6Address {
            let group = 0x8000_0000 | random.next() & 0x7fff_ffff
            return IPv6Address(
                high: 0xff35_0030 << 32 | prefix >> 16, low: (prefix & 0xffff) << 48 | group)
        }
        let used = Set(state.groups.values.map(\.record.address))
        var address = candidate(&random)
        while used.contains(address) { address = candidate(&random) }
        return address
    }
}
