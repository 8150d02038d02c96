import CBOR
import Foundation

/// What travels over the control socket of a node: CBOR arrays `[verb, body]`, the body JSON in a byte string.
///
/// JSON, because it is what `gosc … --output json` prints; the socket never leaves the host and both ends are of one build.
enum NodeControl {
    /// What a node can be asked.
    enum Request {
        case status
        case leave
        case send(SendRequest)

        init?(decoding frame: [UInt8]) {
            guard let (verb, body) = NodeControl.decode(frame) else { return nil }
            switch verb {
            case "status":
                self = .status
            case "leave":
                self = .leave
            case "send":
                guard let request = try? JSONDecoder().decode(SendRequest.self, from: Data(body)) else { return nil }
                self = .send(request)
            default:
                return nil
            }
        }

        func encoded() -> [UInt8] {
            switch self {
            case .status: NodeControl.frame("status", [])
            case .leave: NodeControl.frame("leave", [])
            case .send(let request): NodeControl.frame("send", NodeControl.json(request))
            }
        }
    }

    static func encode(_ status: NodeStatus) -> [UInt8] {
        frame("status", json(status))
    }

    static func encode(_ update: LeaveUpdate) -> [UInt8] {
        frame("left", json(update))
    }

    static func encode(_ update: SendUpdate) -> [UInt8] {
        frame(update.isLast ? "end" : "update", json(update))
    }

    /// Whether no further frame follows this one.
    static func isLast(_ frame: [UInt8]) -> Bool {
        decode(frame)?.verb != "update"
    }

    /// What a node has told of itself.
    static func report(in frame: [UInt8]) -> NodeReport? {
        switch decode(frame)?.verb {
        case "status": value(in: frame).map(NodeReport.managed)
        case "unmanaged": value(in: frame).map(NodeReport.unmanaged)
        default: nil
        }
    }

    static func value<Value: Decodable>(in frame: [UInt8], as type: Value.Type = Value.self) -> Value? {
        decode(frame).flatMap { try? JSONDecoder().decode(type, from: Data($0.body)) }
    }

    static func json(_ value: some Encodable) -> [UInt8] {
        // Plain structures of numbers, strings and arrays encode always.
        (try? JSONEncoder().encode(value)).map(Array.init) ?? []
    }

    static func frame(_ verb: String, _ body: [UInt8]) -> [UInt8] {
        CBORValue.array([.text(verb), .bytes(body)]).encoded()
    }

    private static func decode(_ frame: [UInt8]) -> (verb: String, body: [UInt8])? {
        guard let parts = (try? CBORValue(decoding: frame.span))?.arrayItems, parts.count == 2,
            let verb = parts[0].textString, let body = parts[1].byteString
        else { return nil }
        return (verb, body)
    }
}
