import Bytes
import OSCORE

/// What holds for the value of the OSCORE option.
enum OSCOREOptionProperties {
    /// A value has one meaning and a meaning has one value.
    static func check(_ input: Span<UInt8>) throws(Violation) {
        guard let option = try? OSCOREOption(input) else { return }
        var fieldCount = input.isEmpty ? 0 : 1
        fieldCount += option.partialIV?.encodedCount ?? 0
        if let kidContext = option.kidContext { fieldCount += 1 + kidContext.count }
        fieldCount += option.kid?.count ?? 0
        try hold(fieldCount == input.count, "the fields make up the whole value")
        var kid: SenderID?
        if let bytes = option.kid {
            kid = SenderID(bytes)
            // A longer kid belongs to nobody; there is no way to write one.
            guard kid != nil else { return }
        }
        var again: [UInt8] = []
        OSCOREOption.write(
            isGroupMode: option.isGroupMode, partialIV: option.partialIV, kidContext: option.kidContext, kid: kid,
            into: &again)
        try hold(again == [UInt8](copying: input), "a value comes back byte for byte")
    }
}
