public import COSE
import GroupOSCORE
import OSCORE

/// Protects, unprotects and explains single messages that are described in JSON, one object a line.
///
/// Lines do not influence each other, unless they ask for it with `"remember":true`; then the replay windows of this
/// workbench count, and the caller may store them. Contexts are kept only because deriving them costs time. Belongs to one
/// thread at a time.
public final class Workbench {
    /// What can be done with a line, as its `op` says.
    public enum Operation: String, Hashable, Sendable, CaseIterable {
        case protect, unprotect, check, derive, decode, explain
    }

    struct GroupKey: Hashable {
        let input: GroupContextInput
        let me: SenderID?
    }

    /// The longest line, in bytes: the largest CoAP message in hex, and a group of two thousand members.
    public static let maximumLineLength = 1 << 20

    /// Whether explanations show keys, keying material and keystreams.
    let revealsSecrets: Bool
    var pairs = ContextCache<PairContextInput, SecurityContext>()
    var groups = ContextCache<GroupKey, GroupContext>()
    var checkedGroups = ContextCache<CheckContextInput, CheckedGroup>()
    var checkers = ContextCache<CheckerKey, SignatureChecker>()
    var memory = Memory()

    /// Reads the credentials of members.
    let credentials: CredentialReader

    /// Whether lines are remembered that do not say `"remember":false`.
    let remembersByDefault: Bool

    /// Starts with nothing remembered.
    ///
    /// - Parameters:
    ///   - revealsSecrets: Whether explanations show keys.
    ///   - remembersByDefault: Whether lines are remembered that do not say otherwise.
    ///   - credentials: Reads the credentials of members; X.509 only if it can.
    public init(
        revealsSecrets: Bool = false, remembersByDefault: Bool = false, credentials: CredentialReader = .standard
    ) {
        self.credentials = credentials
        self.revealsSecrets = revealsSecrets
        self.remembersByDefault = remembersByDefault
    }

    /// Does what a line asks for and answers with one object: `"ok":true` and results, or `"ok":false`, `"error"` and
    /// `"detail"`. Never traps, whatever the line is.
    public func answer(_ line: [UInt8]) -> JSONObject {
        answering { () throws(WorkbenchFailure) in try perform(line, nil) }
    }

    /// Does one operation, whatever `op` the line names.
    ///
    /// - Throws: What the line would have been answered with.
    public func perform(_ operation: Operation, _ line: [UInt8]) throws(WorkbenchFailure) -> JSONObject {
        try perform(line, operation)
    }

    /// The answer to a line that could not be read, because it is longer than ``maximumLineLength``.
    public static var tooLong: JSONObject {
        WorkbenchFailure(.json, "the line is longer than \(maximumLineLength) bytes").answer
    }

    private func answering(_ body: () throws(WorkbenchFailure) -> JSONObject) -> JSONObject {
        do {
            return try body()
        } catch {
            return error.answer
        }
    }

    private func perform(_ line: [UInt8], _ operation: Operation?) throws(WorkbenchFailure) -> JSONObject {
        guard line.count <= Self.maximumLineLength else {
            throw WorkbenchFailure(.json, "the line is longer than \(Self.maximumLineLength) bytes")
        }
        let value: JSONValue
        do throws(JSONParser.Fault) {
            value = try JSONParser.parse(line)
        } catch {
            throw WorkbenchFailure(.json, "the line is not JSON: \(error.reason), at byte \(error.position)")
        }
        guard let object = value.objectValue else { throw WorkbenchFailure(.json, "the line is not a JSON object") }
        let fields = Fields(object)
        let named: Operation? = operation == nil ? try fields.required("op", fields.choice("op")) : nil
        switch operation ?? named {
        case nil: throw fields.failure("op", "is missing")
        case .protect: return try protect(fields)
        case .unprotect: return try unprotect(fields)
        case .check: return try check(fields)
        case .derive: return try derive(fields)
        case .decode: return try decode(fields)
        case .explain: return try explain(fields)
        }
    }
}

@available(*, unavailable)
extension Workbench: Sendable {}
