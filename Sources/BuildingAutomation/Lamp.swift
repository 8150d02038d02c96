import CoAP
public import CoAPEngine
public import CoAPSecurity
public import GroupOSCORE
import Synchronization

/// A lamp that can be switched on and off: `GET` and `PUT` of the text `on` or `off`.
///
/// Only requests that Group OSCORE has verified reach it; a resource tree for anything else does not take it.
public final class Lamp: Sendable {
    private let state = Mutex(State(isOn: false, changes: 0))

    private struct State {
        var isOn: Bool
        var changes: UInt64
    }

    /// Creates a lamp that is off.
    public init() {}

    /// Whether the lamp is on.
    public var isOn: Bool { state.withLock(\.isOn) }

    /// How many requests have set the lamp, to the same state or another.
    public var changes: UInt64 { state.withLock(\.changes) }

    /// Makes the lamp reachable.
    ///
    /// - Parameters:
    ///   - path: The segments of its path, not percent-encoded.
    ///   - tree: The resources of a member node.
    public func register(
        at path: [String] = ["light"], in tree: inout ResourceTree<GroupOSCORE.VerifiedRequest>
    ) {
        tree.register(
            path: path,
            methods: [
                .get: { _ in self.representation(.content) },
                .put: { request in self.set(request) },
            ])
    }

    private func set(_ request: ResourceRequest<GroupOSCORE.VerifiedRequest>) -> ResourceResponse {
        guard request.options.contentFormat ?? .textPlain == .textPlain else {
            return ResourceResponse(.unsupportedContentFormat)
        }
        let isOn: Bool
        switch request.payload {
        case Array("on".utf8): isOn = true
        case Array("off".utf8): isOn = false
        default: return ResourceResponse(.badRequest)
        }
        state.withLock { state in
            state.isOn = isOn
            state.changes += 1
        }
        return representation(.changed)
    }

    private func representation(_ code: Code) -> ResourceResponse {
        ResourceResponse(code, .textPlain, Array((isOn ? "on" : "off").utf8))
    }
}
