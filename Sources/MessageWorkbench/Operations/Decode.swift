import Bytes
import COSE
import CoAP
import OSCORE

extension Workbench {
    /// `{"op":"decode",…}`: what stands in a message, without any key; with `"cred"` in a credential.
    ///
    /// The countersignature is split off where its length is known: from `"sign"`, or from the algorithms of a context.
    func decode(_ fields: Fields) throws(WorkbenchFailure) -> JSONObject {
        let (credential, message) = (try fields.bytes("cred"), try fields.bytes("message"))
        guard (credential == nil) != (message == nil) else {
            throw WorkbenchFailure(.field, "one of \"message\" and \"cred\" is needed, and only one")
        }
        if let credential { return try decodeCredential(credential, fields) }
        let datagram = try PlainDatagram(decoding: message ?? [])
        var answer: JSONObject = ["ok": .bool(true)]
        datagram.describeHeader(into: &answer)
        let parts = try datagram.parts(signatureLength: Self.signatureLength(fields))
        answer.append("options", .array(parts.options.map { .object($0.described) }))
        guard let oscore = parts.oscore else {
            answer.append("payload", .text(Hex.encode(parts.payload)))
            return answer
        }
        answer.append("oscore", .object(oscore.described))
        answer.append("payload", .text(Hex.encode(parts.payload)))
        if let signature = parts.signature {
            answer.append("ciphertext", .text(Hex.encode(parts.ciphertext)))
            answer.append("encrypted_signature", .text(Hex.encode(signature)))
        } else if !oscore.isGroupMode {
            answer.append("ciphertext", .text(Hex.encode(parts.ciphertext)))
        }
        return answer
    }

    private static func signatureLength(_ fields: Fields) throws(WorkbenchFailure) -> Int? {
        let algorithms = try fields.object("context")?.object("algs")
        let inContext = try algorithms?.algorithm("sign", "signature")
        let number = try fields.algorithm("sign")
        return (number ?? inContext).flatMap { SignatureAlgorithm(rawValue: $0).signatureLength }
    }
}

/// The parts of a message behind its token.
struct MessageParts {
    var options: [DecodedOption] = []
    var oscore: DecodedOSCOREOption?
    var payload: [UInt8] = []
    /// The payload without the countersignature.
    var ciphertext: [UInt8] = []
    /// The encrypted countersignature; `nil` where there is none, or its length is unknown.
    var signature: [UInt8]?
}

/// One option as it stands in a message.
struct DecodedOption {
    let number: OptionNumber
    let value: [UInt8]

    var described: JSONObject {
        var object: JSONObject = [
            "number": .integer(Int64(number.rawValue)), "name": .text(number.name), "value": .text(Hex.encode(value)),
        ]
        if number.isText, let text = String(validating: value, as: UTF8.self) { object.append("text", .text(text)) }
        return object
    }
}

/// The value of an OSCORE option.
struct DecodedOSCOREOption {
    let value: [UInt8]
    let isGroupMode: Bool
    let partialIV: PartialIV?
    let kidContext: [UInt8]?
    let kid: [UInt8]?

    var described: JSONObject {
        [
            "group_flag": .bool(isGroupMode),
            "partial_iv": partialIV.map { .integer(Int64($0.value)) } ?? .null,
            "kid_context": kidContext.map { .text(Hex.encode($0)) } ?? .null,
            "kid": kid.map { .text(Hex.encode($0)) } ?? .null,
        ]
    }
}

extension PlainDatagram {
    fileprivate func describeHeader(into answer: inout JSONObject) {
        let type =
            switch header.type {
            case .confirmable: "CON"
            case .nonConfirmable: "NON"
            case .acknowledgement: "ACK"
            case .reset: "RST"
            }
        answer.append("type", .text(type))
        answer.append("code", .text(header.code.description))
        answer.append("message_id", .integer(Int64(header.messageID.rawValue)))
        answer.append("token", .text(header.token.description))
    }

    /// Takes the body apart.
    ///
    /// - Parameter signatureLength: Of the group's countersignatures, if it is known.
    func parts(signatureLength: Int?) throws(WorkbenchFailure) -> MessageParts {
        var parts = MessageParts()
        var reader = OptionReader(body.span)
        while (try? reader.advance()) == true {
            let option = DecodedOption(number: reader.number, value: [UInt8](copying: reader.value))
            parts.options.append(option)
            guard option.number == .oscore else { continue }
            guard parts.oscore == nil else { throw WorkbenchFailure(.decode, "there are two OSCORE options") }
            parts.oscore = try DecodedOSCOREOption(decoding: option.value)
        }
        parts.payload = [UInt8](copying: reader.payload)
        parts.ciphertext = parts.payload
        if parts.oscore?.isGroupMode == true, let signatureLength, parts.payload.count > signatureLength {
            parts.ciphertext.removeLast(signatureLength)
            parts.signature = Array(parts.payload.suffix(signatureLength))
        }
        return parts
    }
}

extension DecodedOSCOREOption {
    init(decoding value: [UInt8]) throws(WorkbenchFailure) {
        do throws(OptionError) {
            let option = try OSCOREOption(value.span)
            self.value = value
            isGroupMode = option.isGroupMode
            partialIV = option.partialIV
            kidContext = if let bytes = option.kidContext { [UInt8](copying: bytes) } else { nil }
            kid = if let bytes = option.kid { [UInt8](copying: bytes) } else { nil }
        } catch {
            let reason =
                switch error {
                case .reservedBits: "a reserved flag bit is set, or a zero byte stands for an empty value"
                case .truncated: "a field is longer than the value, or has a reserved length"
                case .partialIVNotShortest: "the Partial IV has superfluous zero bytes"
                case .trailingBytes: "bytes remain though no kid is announced"
                }
            throw WorkbenchFailure(.decode, "the OSCORE option is malformed: \(reason)")
        }
    }
}
