import Bytes
import Testing

struct BytesExample {
    @Test func readsWritesAndCompares() throws {
        // example: bytes
        let datagram = Hex.decode("4102cafe2a") ?? []
        var reader = ByteReader(datagram.span)
        let head = reader.readByte()
        let messageID = reader.readInteger(byteCount: 2)
        let missing = reader.readInteger(byteCount: 8)

        var memory = Scratch(capacity: 16)
        memory.fill(datagram.count) { output in
            output.append(0xff)
            output.append(copying: datagram.span.extracting(last: 2))
        }
        let copy = [UInt8](copying: memory.bytes)

        let secret = SecretBytes(copying: copy.span)
        let isSame = ConstantTime.equal(secret.bytes, copy.span)
        // end
        #expect(head == 0x41)
        #expect(messageID == 0x02ca)
        #expect(missing == nil)
        #expect(Hex.encode(copy) == "fffe2a")
        #expect(isSame)
    }
}
