import Bytes
import OSCORE

/// The scratch memory of one Security Context: every message reuses it, so that none allocates.
///
/// A class with one stored property a buffer, so that one can be written while another is read. The accesses are not
/// checked at run time: a context belongs to one thread, no step of a message calls back, and the checks would cost as
/// much as all else that is done beside the cryptography. In this module, because across modules the check comes back.
final class MessageBuffers {
    @safe @exclusivity(unchecked) var plaintext = Scratch()
    @safe @exclusivity(unchecked) var ciphertext = Scratch()
    @safe @exclusivity(unchecked) var optionValue = Scratch(capacity: 256)
    @safe @exclusivity(unchecked) var externalAAD = Scratch()
    @safe @exclusivity(unchecked) var structure = Scratch(capacity: 2560)
    @safe @exclusivity(unchecked) var nonce = Scratch(capacity: 16)
    @safe @exclusivity(unchecked) var outer = Scratch()
    @safe @exclusivity(unchecked) var signature = Scratch(capacity: 160)
    @safe @exclusivity(unchecked) var keystream = Scratch(capacity: 160)
    @safe @exclusivity(unchecked) var info = Scratch(capacity: 288)
    @safe @exclusivity(unchecked) var salt = Scratch(capacity: 8)
    /// Of pairwise messages; those of received requests are with the keys of their sender.
    @safe @exclusivity(unchecked) var outgoing = KeptParts()
    @safe @exclusivity(unchecked) var incoming = KeptParts()
    /// Whether a trace wants the plaintext of received pairwise messages, which is otherwise decrypted where it is wanted.
    @safe @exclusivity(unchecked) var keepsPlaintext = false
    /// Which message was the last one; only a trace asks.
    @safe @exclusivity(unchecked) var latest = Latest.apart

    /// Where nonce and associated data of the last message are.
    enum Latest {
        /// In ``externalAAD``, ``structure`` and ``nonce``.
        case apart
        case outgoing
        /// In ``incoming``: a response.
        case incoming
        /// With the pairwise keys of its sender.
        case request(from: SenderID)
    }

    /// Forgets what is kept of members.
    func forgetKeptParts() {
        outgoing.forget()
        incoming.forget()
    }
}

@available(*, unavailable)
extension MessageBuffers: Sendable {}
