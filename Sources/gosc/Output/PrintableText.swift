extension String {
    /// The same text without anything that could steer a terminal: what others have sent is shown, not obeyed.
    var printable: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// Bytes as text if they are UTF-8, else in hex.
    init(showing payload: [UInt8]) {
        self = String(validating: payload, as: UTF8.self) ?? "0x" + payload.map(Self.twoDigits).joined()
    }

    private static func twoDigits(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
