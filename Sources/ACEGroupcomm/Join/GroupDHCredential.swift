import CBOR
public import COSE

/// The manager's Diffie-Hellman credential in groups that use the pairwise mode alone: an element of `kdc_dh_creds`
/// (draft-ietf-ace-key-groupcomm-oscore §5.3).
public struct GroupDHCredential: Hashable, Sendable {
    /// The groups that have it, at least one.
    public var groupNames: [String]
    public var credentialFormat: CredentialFormat
    /// The credential as it is.
    public var credential: [UInt8]

    public init(groupNames: [String], credentialFormat: CredentialFormat, credential: [UInt8]) {
        self.groupNames = groupNames
        self.credentialFormat = credentialFormat
        self.credential = credential
    }

    init?(_ value: CBORValue) {
        guard let parts = value.arrayItems, parts.count == 3, let names = parts[0].groupNames,
            let format = parts[1].algorithmNumber, let credential = parts[2].byteString
        else { return nil }
        self.init(
            groupNames: names, credentialFormat: CredentialFormat(rawValue: format), credential: credential)
    }

    // GM-0054
    var value: CBORValue {
        .array([CBORValue(groupNames: groupNames), CBORValue(credentialFormat.rawValue), .bytes(credential)])
    }
}
