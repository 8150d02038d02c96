import Bytes
import OSCORE
import TestSupport
import Testing

struct OptionFlagTests {
    /// All flag bytes, each with exactly the fields that it announces: accepted unless a reserved bit or length is in it.
    @Test(
        .requirement("OSC-0002", "OSC-0063", "OSC-0064", "OSC-0065", "GOSC-0145"),
        arguments: 0...255 as ClosedRange<UInt8>)
    func everyFlagByteIsAcceptedOrRefusedAsItsBitsSay(flags: UInt8) {
        let count = Int(flags & 0x07)
        let (hasKid, hasKidContext) = (flags & 0x08 != 0, flags & 0x10 != 0)
        let partialIV = (0..<count).map { UInt8($0 + 1) }
        let (kidContext, kid): ([UInt8], [UInt8]) = ([0xc1, 0xc2, 0xc3], [0x1d])
        let value = [flags] + partialIV + (hasKidContext ? [3] + kidContext : []) + (hasKid ? kid : [])
        guard let option = try? OSCOREOption(value.span) else {
            #expect(flags == 0 || flags & 0xc0 != 0 || count > 5)
            return
        }
        let read = (
            partialIV: option.partialIV, kidContext: array(option.kidContext), kid: array(option.kid),
            isGroupMode: option.isGroupMode
        )
        #expect(flags != 0 && flags & 0xc0 == 0 && count <= 5)
        #expect(read.partialIV == (count == 0 ? nil : PartialIV(decoding: partialIV)))
        #expect(read.kidContext == (hasKidContext ? kidContext : nil))
        #expect(read.kid == (hasKid ? kid : nil))
        #expect(read.isGroupMode == (flags & 0x20 != 0))
        // What no flag announces has no meaning: only a kid takes whatever remains.
        let longer = value + [0x77]
        #expect(((try? OSCOREOption(longer.span)) != nil) == hasKid)
    }

    /// A kid context of every length, and one byte too few of each.
    @Test(.requirement("OSC-0064", "OSC-0115"))
    func aKidContextTakesExactlyAsManyBytesAsItsLengthSays() {
        for length in 0...255 {
            let kidContext = [UInt8](repeating: 0xc0, count: length)
            let value = [0x10, UInt8(length)] + kidContext
            let read = array((try? OSCOREOption(value.span))?.kidContext)
            #expect(read == kidContext, "\(length) bytes")
            let shorter = Array(value.dropLast())
            #expect((try? OSCOREOption(shorter.span)) == nil, "\(length) bytes")
        }
    }

    private func array(_ bytes: Span<UInt8>?) -> [UInt8]? {
        guard let bytes else { return nil }
        return [UInt8](copying: bytes)
    }
}
