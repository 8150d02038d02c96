import Bytes
import CBOR
import TestSupport
import Testing

struct CBOREncodingTests {
    @Test(arguments: [0, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, UInt64.max])
    func headHasItsAnnouncedAndShortestLength(argument: UInt64) throws {
        var bytes: [UInt8] = []
        CBOREncoding.write(.unsigned, argument, into: &bytes)
        #expect(bytes.count == CBOREncoding.headLength(argument))
        var reader = CBORReader(bytes.span)
        // The reader refuses anything but the shortest form.
        #expect(try reader.readUnsigned() == argument)
    }

    @Test(arguments: [0, -1, 23, -24, 24, -25, Int64.max, Int64.min])
    func integerHasItsAnnouncedLength(integer: Int64) throws {
        var bytes: [UInt8] = []
        CBOREncoding.write(integer: integer, into: &bytes)
        #expect(bytes.count == CBOREncoding.integerLength(integer))
        var reader = CBORReader(bytes.span)
        #expect(try reader.readInteger() == integer)
    }

    @Test func outputSpanAndArrayReceiveTheSameBytes() {
        var array: [UInt8] = []
        CBOREncoding.write(arrayOf: 3, into: &array)
        CBOREncoding.write(text: "Encrypt0", into: &array)
        CBOREncoding.write(bytes: [1, 2, 3].span, into: &array)
        CBOREncoding.writeNull(into: &array)
        let lent = [UInt8](capacity: array.count) { output in
            CBOREncoding.write(arrayOf: 3, into: &output)
            CBOREncoding.write(text: "Encrypt0", into: &output)
            CBOREncoding.write(bytes: [1, 2, 3].span, into: &output)
            CBOREncoding.writeNull(into: &output)
        }
        #expect(lent == array)
        #expect(array.count == 1 + CBOREncoding.stringLength(8) + CBOREncoding.stringLength(3) + 1)
    }
}
