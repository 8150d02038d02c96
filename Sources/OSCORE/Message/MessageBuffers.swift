package import Bytes

/// The scratch memory of one Security Context: every message reuses it, so that none allocates.
///
/// A class with one stored property a buffer, so that one can be written while another is read. The accesses are not
/// checked at run time: a context belongs to one thread, no step of a message calls back, and the checks would cost as
/// much as all else that is done beside the cryptography.
package final class MessageBuffers {
    @safe @exclusivity(unchecked) package var plaintext = Scratch()
    @safe @exclusivity(unchecked) package var ciphertext = Scratch()
    @safe @exclusivity(unchecked) package var optionValue = Scratch(capacity: 256)
    @safe @exclusivity(unchecked) package var externalAAD = Scratch()
    @safe @exclusivity(unchecked) package var structure = Scratch(capacity: 2560)
    @safe @exclusivity(unchecked) package var nonce = Scratch(capacity: 16)
    @safe @exclusivity(unchecked) package var outer = Scratch()
    @safe @exclusivity(unchecked) package var signature = Scratch(capacity: 160)
    @safe @exclusivity(unchecked) package var keystream = Scratch(capacity: 160)
    @safe @exclusivity(unchecked) package var info = Scratch(capacity: 288)
    @safe @exclusivity(unchecked) package var salt = Scratch(capacity: 8)

    package init() {}
}

@available(*, unavailable)
extension MessageBuffers: Sendable {}
