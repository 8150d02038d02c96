import Bytes
import CLibCrypto

/// A public key on a NIST curve, validated in full (SP 800-56A §5.6.2.3.3).
public struct ECPublicKey: Sendable {
    /// The curve.
    public let curve: ECCurve
    /// The x-coordinate, high byte first, ``ECCurve/fieldLength`` bytes.
    public let x: [UInt8]
    /// The y-coordinate, high byte first, ``ECCurve/fieldLength`` bytes.
    public let y: [UInt8]
    internal let handle: KeyHandle

    /// Takes both coordinates.
    ///
    /// - Parameters:
    ///   - x: High byte first, ``ECCurve/fieldLength`` bytes.
    ///   - y: The same.
    /// - Throws: ``CryptoError/invalidKey`` for another length; ``CryptoError/invalidPoint`` unless both are below p and
    ///   the point is on the curve.
    public init(_ curve: ECCurve, x: Span<UInt8>, y: Span<UInt8>) throws(CryptoError) {
        guard x.count == curve.fieldLength, y.count == curve.fieldLength else { throw .invalidKey }
        let point = [UInt8](capacity: 1 + 2 * curve.fieldLength) { output in
            output.append(PointForm.uncompressed)
            output.append(copying: x)
            output.append(copying: y)
        }
        let none: [UInt8] = []
        let handle = try KeyHandle.make(curve, point: point.span, scalar: none.span)
        self.init(curve, x: [UInt8](copying: x), y: [UInt8](copying: y), handle: handle)
    }

    /// Takes a compressed point.
    ///
    /// - Parameters:
    ///   - x: High byte first, ``ECCurve/fieldLength`` bytes.
    ///   - yIsOdd: The lowest bit of y.
    /// - Throws: As for two coordinates; ``CryptoError/invalidPoint`` also if no point has this x.
    public init(_ curve: ECCurve, x: Span<UInt8>, yIsOdd: Bool) throws(CryptoError) {
        guard x.count == curve.fieldLength else { throw .invalidKey }
        let point = [UInt8](capacity: 1 + curve.fieldLength) { output in
            output.append(yIsOdd ? PointForm.odd : PointForm.even)
            output.append(copying: x)
        }
        let none: [UInt8] = []
        let handle = try KeyHandle.make(curve, point: point.span, scalar: none.span)
        let y = try handle.coordinateY(count: curve.fieldLength)
        self.init(curve, x: [UInt8](copying: x), y: y, handle: handle)
    }

    /// Takes an encoded point, compressed or not (SEC 1 §2.3.3).
    ///
    /// - Throws: ``CryptoError/invalidKey`` for another length or first octet; ``CryptoError/invalidPoint`` as for
    ///   coordinates.
    public init(_ curve: ECCurve, encoded: Span<UInt8>) throws(CryptoError) {
        guard !encoded.isEmpty else { throw .invalidKey }
        let coordinates = encoded.extracting(droppingFirst: 1)
        switch encoded[0] {
        case PointForm.even: try self.init(curve, x: coordinates, yIsOdd: false)
        case PointForm.odd: try self.init(curve, x: coordinates, yIsOdd: true)
        case PointForm.uncompressed where coordinates.count == 2 * curve.fieldLength:
            try self.init(
                curve, x: coordinates.extracting(first: curve.fieldLength),
                y: coordinates.extracting(last: curve.fieldLength))
        default: throw .invalidKey
        }
    }

    internal init(_ curve: ECCurve, x: [UInt8], y: [UInt8], handle: KeyHandle) {
        self.curve = curve
        self.x = x
        self.y = y
        self.handle = handle
    }

    /// Whether r | s is this key's ECDSA signature of a message, hashed with ``ECCurve/signatureHash``.
    ///
    /// Another length than ``SignatureKind/signatureLength``, zeros, and numbers from the order upwards are not.
    public func isValidSignature(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        // ALG-0006: fixed width, never DER.
        guard signature.count == 2 * curve.fieldLength else { return false }
        let encoded = ECDSASignature(fixedWidth: signature)
        let digest = curve.signatureHash.hash(message)
        do throws(CryptoError) {
            return try unsafe handle.withOperation { context throws(CryptoError) in
                guard unsafe EVP_PKEY_verify_init(context) == 1 else { throw .backendFailure }
                let done = unsafe encoded.bytes.withBase { base in
                    unsafe EVP_PKEY_verify(context, base, encoded.bytes.count, digest, digest.count)
                }
                guard done == 1 else { throw .authenticationFailed }
                return true
            }
        } catch {
            return false
        }
    }
}

extension ECPublicKey: Hashable {
    /// Equal means the same point of the same curve.
    public static func == (left: Self, right: Self) -> Bool {
        left.curve == right.curve && left.x == right.x && left.y == right.y
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(curve)
        hasher.combine(x)
        hasher.combine(y)
    }
}

/// The first byte of an encoded point (SEC 1 §2.3.3).
internal enum PointForm {
    internal static let even: UInt8 = 2
    internal static let odd: UInt8 = 3
    internal static let uncompressed: UInt8 = 4
}
