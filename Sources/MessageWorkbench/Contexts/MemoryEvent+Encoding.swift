import Bytes
import CBOR
import OSCORE

/// What a state file holds: one CBOR array an event, one after the other, so that storing an event is appending it.
extension MemoryEvent {
    var encoded: [UInt8] {
        let value: CBORValue
        switch self {
        case .received(let sender, let window):
            let stored = window.snapshot
            value = .array([
                "received", .bytes(sender.context.digest), .bytes(sender.id.bytes), CBORValue(stored.size),
                stored.highest.map { .unsigned($0) } ?? .null, .array(stored.words.map { .unsigned($0) }),
            ])
        case .sent(let endpoint, let partialIV):
            value = .array([
                "sent", .bytes(endpoint.context.digest), .bytes(endpoint.id.bytes), .unsigned(partialIV.value),
            ])
        case .gave(let nonce):
            value = .array([
                "gave", .bytes(nonce.responder.context.digest), .bytes(nonce.responder.id.bytes),
                .bytes(nonce.kid.bytes), .unsigned(nonce.partialIV.value),
            ])
        case .answered(let exchange, let responder, let partialIV):
            value = .array([
                "answered", .bytes(exchange.context.digest), .bytes(exchange.request.kid.bytes),
                .unsigned(exchange.request.partialIV.value), exchange.kidContext.map { .bytes($0) } ?? .null,
                .bytes(responder.bytes), partialIV.map { .unsigned($0.value) } ?? .null,
            ])
        }
        return value.encoded()
    }

    /// Reads the first event of a state file.
    ///
    /// - Returns: The event and its length; `nil` if the bytes end within it, as after a crash.
    static func decode(_ bytes: Span<UInt8>) throws(WorkbenchFailure) -> (event: Self, count: Int)? {
        var reader = CBORReader(bytes)
        let value: CBORValue
        do throws(CBORError) {
            value = try reader.readValue(maximumDepth: 2)
        } catch .truncated {
            // Whoever names a wrong file must not lose it: only the beginning of an event counts as one cut off.
            guard isBeginning(bytes) else { throw damaged }
            return nil
        } catch {
            throw damaged
        }
        guard let event = Self(value) else { throw damaged }
        return (event, bytes.count - reader.remaining)
    }

    /// Whether the bytes begin as an event does: the head of the array, and its first item.
    private static func isBeginning(_ bytes: Span<UInt8>) -> Bool {
        let starts: [[UInt8]] = [
            [0x86, 0x68] + "received".utf8, [0x84, 0x64] + "sent".utf8, [0x85, 0x64] + "gave".utf8,
            [0x87, 0x68] + "answered".utf8,
        ]
        return starts.contains { start in
            (0..<min(bytes.count, start.count)).allSatisfy { bytes[$0] == start[$0] }
        }
    }

    private static let damaged = WorkbenchFailure(.limit, "the state is not one of gosc message, or damaged")

    private init?(_ value: CBORValue) {
        guard let items = value.arrayItems, items.count >= 4, let digest = items[1].byteString,
            let id = items[2].byteString.flatMap({ SenderID($0) })
        else { return nil }
        let context = ContextIdentity(digest: digest)
        let endpoint = Memory.Endpoint(context: context, id: id)
        switch (items[0].textString, items.count) {
        case ("received", 6):
            guard let size = items[3].integer, let words = items[5].arrayItems,
                let window = try? ReplayWindow(
                    restoring: ReplayWindow.Snapshot(
                        size: Int(size), highest: items[4].unsignedInteger,
                        words: words.compactMap(\.unsignedInteger), isValid: true))
            else { return nil }
            self = .received(endpoint, window)
        case ("sent", 4):
            guard let partialIV = items[3].partialIV else { return nil }
            self = .sent(endpoint, partialIV)
        case ("gave", 5):
            guard let kid = items[3].byteString.flatMap({ SenderID($0) }), let partialIV = items[4].partialIV else {
                return nil
            }
            self = .gave(Memory.RequestNonce(responder: endpoint, kid: kid, partialIV: partialIV))
        case ("answered", 7):
            guard let partialIV = items[3].partialIV, let responder = items[5].byteString.flatMap({ SenderID($0) }),
                items[6].isNull || items[6].partialIV != nil
            else { return nil }
            let exchange = Memory.Exchange(
                context: context, request: RequestBinding(kid: id, partialIV: partialIV),
                kidContext: items[4].byteString)
            self = .answered(exchange, responder, items[6].partialIV)
        default: return nil
        }
    }
}

extension CBORValue {
    fileprivate var partialIV: PartialIV? { unsignedInteger.flatMap { PartialIV($0) } }
}
