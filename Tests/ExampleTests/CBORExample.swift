import Bytes
import CBOR
import Testing

struct CBORExample {
    @Test func writesAndReads() throws {
        // example: cbor
        var writer = CBORWriter()
        writer.write(mapOf: 2)
        writer.write(integer: 1)
        writer.write(text: "light")
        writer.write(integer: 2)
        writer.write(bool: true)
        let encoded = writer.bytes

        let value = try CBORValue(decodingDeterministic: encoded.span)
        let name = value.mapValue?[1]?.textString
        let shown = value.diagnostic
        // end
        #expect(Hex.encode(encoded) == "a201656c6967687402f5")
        #expect(name == "light")
        #expect(shown == "{1: \"light\", 2: true}")
    }

    @Test func refusesWhatIsNotDeterministic() {
        // The number 1 in two bytes.
        let wide: [UInt8] = [0x18, 0x01]
        #expect(throws: CBORError.self) { try CBORValue(decoding: wide.span) }
    }
}
