import CBOR
public import COSE

/// The algorithm, its parameters, the key's parameters and the credential format of groups: an element of `sign_info` or
/// `ecdh_info` (RFC 9594 §3.3.1, draft-ietf-ace-key-groupcomm-oscore §5.3).
public struct GroupParameters: Hashable, Sendable {
    /// The groups that have them, at least one.
    public var groupNames: [String]
    /// The COSE number of the signature or key agreement algorithm.
    public var algorithm: Int
    public var parameters: AlgorithmCapabilities
    public var credentialFormat: CredentialFormat

    public init(
        groupNames: [String], algorithm: Int, parameters: AlgorithmCapabilities, credentialFormat: CredentialFormat
    ) {
        self.groupNames = groupNames
        self.algorithm = algorithm
        self.parameters = parameters
        self.credentialFormat = credentialFormat
    }

    /// The parameters of one group.
    public init(
        groupName: String, algorithm: Int, parameters: AlgorithmCapabilities, credentialFormat: CredentialFormat
    ) {
        self.init(
            groupNames: [groupName], algorithm: algorithm, parameters: parameters, credentialFormat: credentialFormat)
    }

    init?(_ value: CBORValue) {
        guard let parts = value.arrayItems, parts.count == 5, let names = parts[0].groupNames,
            let algorithm = parts[1].algorithmNumber, let algorithmCapabilities = parts[2].integers,
            let keyCapabilities = parts[3].integers, let format = parts[4].algorithmNumber
        else { return nil }
        self.init(
            groupNames: names, algorithm: algorithm,
            parameters: AlgorithmCapabilities(algorithm: algorithmCapabilities, key: keyCapabilities),
            credentialFormat: CredentialFormat(rawValue: format))
    }

    // GM-0048, GM-0052
    var value: CBORValue {
        .array([
            CBORValue(groupNames: groupNames), CBORValue(algorithm),
            .array(parameters.algorithm.map { CBORValue($0) }), .array(parameters.key.map { CBORValue($0) }),
            CBORValue(credentialFormat.rawValue),
        ])
    }
}

extension CBORValue {
    /// One name as a text, several as an array.
    init(groupNames: [String]) {
        self = groupNames.count == 1 ? .text(groupNames[0]) : .array(groupNames.map { .text($0) })
    }

    /// The names of one group or of several; `nil` if there is none.
    var groupNames: [String]? {
        if let name = textString { return [name] }
        return texts.flatMap { $0.isEmpty ? nil : $0 }
    }
}
