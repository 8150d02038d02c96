import COSE
import TestSupport
import Testing

/// Tools see from the bytes what a credential is.
struct CredentialRecognitionTests {
    @Test(arguments: [CredentialVectors.cwt, .c509, .x509].flatMap(\.credentials))
    func everyCredentialIsRecognised(vector: CredentialVectors.Accepted) {
        let input = vector.inputBytes
        let found = CredentialFormat(recognizing: input.span)
        #expect(found?.encoding == CredentialFormat(rawValue: vector.format).encoding)
    }

    @Test(
        arguments: [[], [0x00], [0x80], [0x81, 0x40], [0xd8], [0x82, 0xf6, 0xf6], [0x58], [0x9f], [0xf6]] as [[UInt8]])
    func othersAreNot(bytes: [UInt8]) {
        #expect(CredentialFormat(recognizing: bytes.span) == nil)
    }
}
