import Bytes
import OSCORE
import TestSupport
import Testing

struct OSCOREOptionTests {
    @Test(
        .requirement("OSC-0002", "OSC-0063", "OSC-0065", "OSC-0066", "OSC-0115", "OSC-0116", "GOSC-0145"),
        arguments: [
            ("00", OptionError.reservedBits), ("40", .reservedBits), ("80", .reservedBits), ("8905", .reservedBits),
            ("06010203040506", .truncated), ("0701020304050607", .truncated), ("09", .truncated), ("0201", .truncated),
            ("10", .truncated), ("1003aabb", .truncated), ("0100ff", .trailingBytes), ("20ff", .trailingBytes),
            ("020001", .partialIVNotShortest), ("0500000000ff", .partialIVNotShortest),
        ])
    func malformedValuesAreRefused(hex: String, error: OptionError) throws {
        let value = try #require(Hex.decode(hex))
        #expect(throws: error) { try decode(value) }
    }

    @Test(.requirement("OSC-0115")) func noPrefixOfAValueTraps() throws {
        let hex = "3d0102030405" + "07" + "a1a2a3a4a5a6a7" + "0102030405"
        let value = try #require(Hex.decode(hex))
        // With the kid last, a shorter kid is a value of its own; everything before it is needed.
        for count in 1..<(value.count - 5) {
            let prefix = Array(value.prefix(count))
            #expect(throws: OptionError.truncated) { try decode(prefix) }
        }
        try decode(value)
    }

    /// Decodes a value, and expects the Group Flag and the Partial IV of the longest example in it.
    private func decode(_ value: [UInt8]) throws {
        let option = try OSCOREOption(value.span)
        let (isGroupMode, partialIV) = (option.isGroupMode, option.partialIV?.value)
        #expect(isGroupMode)
        #expect(partialIV == 0x01_0203_0405)
    }

    @Test(.requirement("GOSC-0141", "GOSC-0156", "GOSC-0157", "GOSC-0158", "GOSC-0364"))
    func theExamplesOfGroupOSCOREAreReproduced() throws {
        let groupID = try #require(Hex.decode("44616c"))
        let cases: [(Bool, PartialIV?, [UInt8]?, SenderID?, String)] = [
            (true, PartialIV(5), groupID, SenderID([0x25]), "39050344616c25"),
            (true, nil, nil, SenderID([0x52]), "2852"),
            (false, PartialIV(5), groupID, SenderID([0x25]), "19050344616c25"), (false, nil, nil, nil, ""),
            (true, nil, nil, nil, "20"),
        ]
        for (isGroupMode, partialIV, kidContext, kid, expected) in cases {
            var value: [UInt8] = []
            OSCOREOption.write(
                isGroupMode: isGroupMode, partialIV: partialIV, kidContext: kidContext?.span, kid: kid, into: &value)
            #expect(Hex.encode(value) == expected)
        }
    }
}
