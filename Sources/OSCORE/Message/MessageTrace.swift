import Bytes

/// What goes into the protection of one message, for a tool that explains messages. An empty field is a step that did not
/// take place.
package struct MessageTrace: Sendable {
    /// The `aad_array`.
    package var externalAAD: [UInt8] = []
    /// The AEAD nonce.
    package var nonce: [UInt8] = []
    /// The `info` array, salt and output of the derivation that hides a countersignature.
    package var keystreamInfo: [UInt8] = []
    package var keystreamSalt: [UInt8] = []
    package var keystream: [UInt8] = []
    /// The countersignature in the clear.
    package var signature: [UInt8] = []
    /// Code, Class E options and payload.
    package var plaintext: [UInt8] = []

    /// Starts with nothing.
    package init() {}

    /// Encodes what a message of plain OSCORE needs: its contexts change these bytes in place and keep no copy.
    ///
    /// - Parameters:
    ///   - algorithm: The COSE number of the AEAD Algorithm.
    ///   - binding: The request's kid and Partial IV.
    ///   - commonIV: As long as the nonce.
    ///   - producer: Who generated `partialIV`.
    ///   - partialIV: The Partial IV in effect.
    package init(
        algorithm: Int, binding: RequestBinding, commonIV: [UInt8], producer: SenderID, partialIV: PartialIV
    ) {
        ExternalAAD.write(algorithm: algorithm, binding: binding, into: &externalAAD)
        Nonce.write(
            commonIV: commonIV.span, producer: producer, partialIV: partialIV, count: commonIV.count, into: &nonce)
    }
}

extension SecurityContext {
    /// Puts another window in the place of the present one. Only for `gosc message`, which keeps windows itself.
    package func replaceReplayWindow(with window: ReplayWindow) {
        replayWindow = window
    }
}
