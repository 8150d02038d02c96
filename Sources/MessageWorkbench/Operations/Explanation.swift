import Bytes
import CBOR
import COSE
import OSCORE

/// The steps from a message to its other form, each with its bytes.
struct Explanation {
    private(set) var steps: [JSONValue] = []
    private let revealsSecrets: Bool

    init(revealsSecrets: Bool) {
        self.revealsSecrets = revealsSecrets
    }

    /// Adds a step that everybody may see. An empty one did not take place and is left out.
    mutating func add(_ name: String, _ bytes: [UInt8], isCBOR: Bool = false, note: String? = nil) {
        guard !bytes.isEmpty else { return }
        var step: JSONObject = ["step": .text(name), "bytes": .text(Hex.encode(bytes))]
        if isCBOR, let value = try? CBORValue(decoding: bytes.span) {
            step.append("diagnostic", .text(value.diagnostic))
        }
        if let note { step.append("note", .text(note)) }
        steps.append(.object(step))
    }

    /// Adds a step whose bytes open messages, or let them be forged.
    mutating func add(secret name: String, _ bytes: [UInt8], note: String? = nil) {
        guard !revealsSecrets else { return add(name, bytes, note: note) }
        guard !bytes.isEmpty else { return }
        var step: JSONObject = [
            "step": .text(name), "bytes": .null, "redacted": .bool(true), "length": .integer(Int64(bytes.count)),
        ]
        if let note { step.append("note", .text(note)) }
        steps.append(.object(step))
    }

    /// Adds a derivation: what goes in, and what comes out.
    mutating func add(_ key: DerivedKey, isSecret: Bool = true) {
        add("info of \(key.name)", key.info, isCBOR: true)
        if isSecret { add(secret: key.name, key.value) } else { add(key.name, key.value) }
    }

    /// Adds the option value and its fields.
    mutating func add(_ option: DecodedOSCOREOption) {
        var step: JSONObject = ["step": "OSCORE option", "bytes": .text(Hex.encode(option.value))]
        for field in option.described.members { step.append(field.name, field.value) }
        steps.append(.object(step))
    }

    /// Adds what protecting and verifying have in common, in the order of the specification.
    mutating func add(_ trace: MessageTrace, _ parts: MessageParts, itemCount: CountersignStructure.ItemCount) {
        add("Class I options", Self.classIOptions(in: trace.externalAAD), note: "in external_aad, need not travel")
        add("external_aad", trace.externalAAD, isCBOR: true)
        if !trace.externalAAD.isEmpty {
            var structure: [UInt8] = []
            EncStructure.write(externalAAD: trace.externalAAD.span, into: &structure)
            add("Enc_structure", structure, isCBOR: true, note: "the associated data of the encryption")
        }
        add("nonce", trace.nonce)
        add("plaintext", trace.plaintext, note: "Code, encrypted options, 0xff, payload")
        add("ciphertext", parts.ciphertext)
        guard let signature = parts.signature else { return }
        var structure: [UInt8] = []
        CountersignStructure.write(
            externalAAD: trace.externalAAD.span, ciphertext: parts.ciphertext.span,
            itemCount: itemCount, into: &structure)
        add("Countersign_structure", structure, isCBOR: true, note: "what is signed")
        // The difference between it and its encrypted form is the keystream.
        add(secret: "countersignature", trace.signature)
        add("info of keystream", trace.keystreamInfo, isCBOR: true)
        add("salt of keystream", trace.keystreamSalt)
        add(secret: "keystream", trace.keystream)
        add("encrypted countersignature", signature)
    }

    // None but the Request-Hash of the request, in a response to a deterministic one.
    /// The `options` element of an `aad_array`.
    private static func classIOptions(in externalAAD: [UInt8]) -> [UInt8] {
        guard let items = (try? CBORValue(decoding: externalAAD.span))?.arrayItems, items.count > 4 else { return [] }
        return items[4].byteString ?? []
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self = .text(value)
    }
}
