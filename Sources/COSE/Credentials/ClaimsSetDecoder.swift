import Bytes
import CBOR
import CryptoPrimitives

/// Reads CWT Claims Sets (RFC 8392 §3): a map with the claim `cnf` (8) that holds a COSE_Key (1). Claims that say neither
/// whose the key is nor how long are not judged.
internal struct ClaimsSetDecoder: CredentialDecoder {
    internal func contents(of bytes: Span<UInt8>) throws(CredentialError) -> CredentialContents {
        let claims = try CBORValue(decodingCredential: bytes)
        #if GOSC_PLANTED_TRAP
            let confirmed = claims.mapValue?[CWTClaim.confirmation]?.mapValue
            PlantedTrap.claimsSet.spring(
                if: claims.mapValue?.count == 2, confirmed != nil, confirmed?.count == 1)
        #endif
        // GOSC-0058: the claims set is the map and nothing around it.
        guard let claims = claims.mapValue,
            let key = claims[CWTClaim.confirmation]?.mapValue?[CWTClaim.coseKey]?.mapValue
        else { throw .notAClaimsSet }
        let subject = try Self.text(claims[CWTClaim.subject])
        let issuer = try Self.text(claims[CWTClaim.issuer])
        let expiry = try Self.second(claims[CWTClaim.expirationTime])
        return CredentialContents(
            publicKey: Self.publicKey(in: key), subject: subject, issuer: issuer,
            // RFC 8392 §3.1.4: on or after that time it must not be accepted.
            validity: ValidityPeriod(
                notBefore: try Self.second(claims[CWTClaim.notBefore]), notAfter: expiry.map { $0 - 1 }),
            encodedSubject: subject.map { Array($0.utf8) }, encodedIssuer: issuer.map { Array($0.utf8) })
    }

    private static func publicKey(in key: CBORMap) -> Result<PublicKey, CredentialError> {
        do throws(CredentialError) {
            return .success(try COSEKey.publicKey(in: key))
        } catch {
            return .failure(error)
        }
    }

    private static func text(_ claim: CBORValue?) throws(CredentialError) -> String? {
        guard let claim else { return nil }
        guard let text = claim.textString else { throw .notAClaimsSet }
        return text
    }

    /// A NumericDate (RFC 8392 §2), the next whole second.
    private static func second(_ claim: CBORValue?) throws(CredentialError) -> Int64? {
        switch claim {
        case nil: return nil
        case .float(let number):
            guard number.value.magnitude < Self.latest else { throw .notAClaimsSet }
            return Int64(number.value.rounded(.up))
        case let claim?:
            guard let second = claim.integer, second.magnitude < UInt64(Self.latest) else { throw .notAClaimsSet }
            return second
        }
    }

    /// Far beyond the year 9999, and exact in a `Double`.
    private static let latest = 1e15
}

extension CBORValue {
    /// Decodes exactly one item.
    internal init(decodingCredential bytes: Span<UInt8>) throws(CredentialError) {
        do throws(CBORError) {
            self = try CBORValue(decoding: bytes)
        } catch {
            throw .malformed(error)
        }
    }
}
