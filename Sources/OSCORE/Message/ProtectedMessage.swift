import Bytes
import CoAP

/// A protected message as it came in: found and decoded, not verified. Trust nothing in it.
public struct ProtectedMessage: ~Escapable, BitwiseCopyable, Sendable {
    /// The decoded OSCORE option.
    public let option: OSCOREOption
    /// The option value exactly as received; it goes into the AAD of Group OSCORE.
    public let optionValue: Span<UInt8>
    /// The payload: ciphertext and tag, in group mode followed by the encrypted countersignature.
    public let payload: Span<UInt8>
    /// Options and payload as received.
    public let body: Span<UInt8>
    /// Whether an outer option other than OSCORE counts.
    package let hasUnprotectedOptions: Bool

    /// Finds and decodes the OSCORE option.
    ///
    /// - Parameter body: Outer options, 0xff, payload.
    /// - Throws: ``VerificationFailure/notProtected`` without the option; ``VerificationFailure/malformed`` for everything
    ///   that cannot be decoded.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(VerificationFailure) {
        // Most messages have this option alone, and a short one.
        guard body.count > 2, body[0] >> 4 == UInt8(OptionNumber.oscore.rawValue) else {
            self = try Self(walking: body)
            return
        }
        let end = 1 &+ Int(body[0] & 0x0f)
        guard end <= 13, end &+ 1 < body.count, body[end] == 0xff else {
            self = try Self(walking: body)
            return
        }
        try self.init(
            optionValue: body.extracting(1..<end), payload: body.extracting((end &+ 1)...), body: body,
            hasUnprotectedOptions: false)
    }

    @inline(__always)
    @_lifetime(copy optionValue, copy payload, copy body)
    private init(
        optionValue: Span<UInt8>, payload: Span<UInt8>, body: Span<UInt8>, hasUnprotectedOptions: Bool
    ) throws(VerificationFailure) {
        do {
            self.option = try OSCOREOption(optionValue)
        } catch {
            throw .malformed
        }
        self.optionValue = optionValue
        self.payload = payload
        self.body = body
        self.hasUnprotectedOptions = hasUnprotectedOptions
        #if GOSC_PLANTED_TRAP
            PlantedTrap.protectedMessage.spring(
                if: option.kid?.count == 2, payload.count > 8, payload.count > 8 && payload[8] == 0x2a)
        #endif
    }

    @inline(never)
    @_lifetime(copy body)
    private init(walking body: Span<UInt8>) throws(VerificationFailure) {
        var reader = OptionReader(body)
        var value: Span<UInt8>?
        var hasUnprotectedOptions = false
        do {
            while try reader.advance() {
                guard reader.number.rawValue == OptionNumber.oscore.rawValue else {
                    if OptionClass(reader.number).countsOutside { hasUnprotectedOptions = true }
                    continue
                }
                // OSC-0001: the option is critical and does not repeat.
                guard value == nil else { throw VerificationFailure.malformed }
                value = reader.value
            }
        } catch {
            throw .malformed
        }
        guard let value else { throw .notProtected }
        // OSC-0003: without payload there is nothing to verify.
        guard !reader.payload.isEmpty else { throw .malformed }
        try self.init(
            optionValue: value, payload: reader.payload, body: body, hasUnprotectedOptions: hasUnprotectedOptions)
    }
}

/// Why a received message was not accepted. The receiver's state is unchanged in every case.
///
/// On the wire a bad tag and a bad signature look the same; here they are told apart for counters and traces.
public enum VerificationFailure: Error, Hashable, Sendable, CaseIterable {
    /// There is no OSCORE option.
    case notProtected
    /// The option, the options around it or the plaintext cannot be decoded.
    case malformed
    /// No Security Context belongs to kid and kid context.
    case noContext
    /// The group is known, its member is not.
    case unknownSender
    /// The mode is not available in this group.
    case mode
    /// The kid is this endpoint's own.
    case ownMessage
    /// The replay window cannot be relied on.
    case invalidWindow
    /// The countersignature does not verify.
    case signature
    /// The tag does not verify.
    case decryption
    /// The response comes from somebody else than the member that was asked.
    case wrongResponder
    // OSC-0046
    /// A notification, though the request asked for none.
    case unexpectedNotification
    /// The sender lacks the role for this kind of message.
    case role
    /// This endpoint lost numbers or windows and accepts nothing until it has new parameters.
    case stateLost
}
