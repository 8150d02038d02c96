package import Bytes

/// The scratch memory of one Security Context: every message reuses it, so that none allocates.
///
/// A class with one stored property a buffer, so that one can be written while another is read.
package final class MessageBuffers {
    package var plaintext = Scratch()
    package var ciphertext = Scratch()
    package var optionValue = Scratch(capacity: 256)
    package var externalAAD = Scratch()
    package var structure = Scratch(capacity: 2560)
    package var nonce = Scratch(capacity: 16)
    package var outer = Scratch()
    package var signature = Scratch(capacity: 160)
    package var keystream = Scratch(capacity: 160)
    package var info = Scratch(capacity: 288)
    package var salt = Scratch(capacity: 8)

    package init() {}
}

@available(*, unavailable)
extension MessageBuffers: Sendable {}
