public import COSE
public import OSCORE

/// A context object of `gosc message` as one member has it, checked as a whole: what a node without a manager lives on.
public enum FixedContext: Sendable {
    /// A group, and the member that has this.
    case group(FixedGroup)
    /// Plain OSCORE with one peer.
    case pair(FixedPair)

    /// Reads and checks a context object.
    ///
    /// - Parameters:
    ///   - json: One JSON object, of at most ``Workbench/maximumLineLength`` bytes.
    ///   - me: Which member of the group, or which of the two ends, this is for.
    ///   - credentials: Reads the credentials of members.
    /// - Throws: What is wrong with which field; never the value of one.
    public init(_ json: [UInt8], as me: SenderID, credentials: CredentialReader) throws(WorkbenchFailure) {
        switch try ContextInput(Self.fields(of: json)) {
        case .group(let input): self = .group(try FixedGroup(input, as: me, credentials))
        case .pair(let input): self = .pair(try FixedPair(input, as: me))
        }
    }

    /// The identifier of the member that has this.
    public var senderID: SenderID {
        switch self {
        case .group(let group): group.senderID
        case .pair(let pair): pair.senderID
        }
    }

    /// The context object again, without the private keys of others and without what was not understood. It holds keys.
    public var stored: [UInt8] {
        switch self {
        case .group(let group): Array(JSONValue.object(group.input.object(keysOf: group.senderID)).line.utf8)
        case .pair(let pair): Array(JSONValue.object(pair.input.object).line.utf8)
        }
    }

    private static func fields(of json: [UInt8]) throws(WorkbenchFailure) -> Fields {
        guard json.count <= Workbench.maximumLineLength else {
            throw WorkbenchFailure(.json, "longer than \(Workbench.maximumLineLength) bytes")
        }
        let value: JSONValue
        do throws(JSONParser.Fault) {
            value = try JSONParser.parse(json)
        } catch {
            throw WorkbenchFailure(.json, "not JSON: \(error.reason), at byte \(error.position)")
        }
        guard let object = value.objectValue else { throw WorkbenchFailure(.json, "not a JSON object") }
        return Fields(object)
    }
}

extension SenderID {
    /// As it stands in an error; the empty one shows, too.
    var quoted: String { count == 0 ? "''" : description }
}

/// Prints no key.
extension FixedContext: CustomStringConvertible, CustomReflectable {
    /// Who has it.
    public var description: String { "fixed context of \(senderID)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
