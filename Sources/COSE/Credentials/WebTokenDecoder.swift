import Bytes
import CBOR

/// Reads CBOR Web Tokens (RFC 8392): claims sets in a COSE message that is signed or has a MAC. Whether it verifies is the
/// issuer's and the Group Manager's affair.
internal struct WebTokenDecoder: CredentialDecoder {
    internal func contents(of bytes: Span<UInt8>) throws(CredentialError) -> CredentialContents {
        let message = try CBORValue(decodingCredential: bytes)
        #if GOSC_PLANTED_TRAP
            PlantedTrap.webToken.spring(
                if: message.arrayItems?.count == 3, message.arrayItems?.first?.byteString?.count == 1,
                message.arrayItems?.last == [])
        #endif
        // RFC 9052: protected, unprotected, payload, then a signature, a tag or a list of signers.
        guard let items = message.arrayItems, items.count >= 3, items[0].byteString != nil, items[1].mapValue != nil
        else { throw .notAClaimsSet }
        // Only a COSE_Encrypt0 has three.
        guard items.count != 3 else { throw .encrypted }
        // A COSE_Mac has recipients beside its tag.
        let isComplete = items.count == 4 || (items.count == 5 && items[4].arrayItems != nil)
        guard isComplete, let claims = items[2].byteString else { throw .notAClaimsSet }
        return try ClaimsSetDecoder().contents(of: claims.span)
    }
}
