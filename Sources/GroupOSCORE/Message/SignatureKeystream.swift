import Bytes
import CBOR
import COSE
import CryptoPrimitives
import OSCORE

extension MessageBuffers {
    /// Fills ``keystream`` with what hides the countersignature of one message (RFC 10021 §4.2).
    ///
    /// - Parameters:
    ///   - groupID: The Gid whose keys protect *this* message: after a rekeying the new one, also for old requests.
    ///   - key: The Signature Encryption Key of that Gid.
    ///   - deriver: Of the group's HKDF.
    ///   - producer: Sender ID of whoever generated the Partial IV in effect.
    ///   - partialIV: The Partial IV in effect; its shortest form is the salt.
    ///   - isRequest: Requests and responses have different keystreams.
    ///   - count: The length of a signature.
    func prepareKeystream(
        groupID: GroupID, key: borrowing SecretBytes, deriver: inout HKDFDeriver, producer: SenderID,
        partialIV: PartialIV, isRequest: Bool, count: Int
    ) throws(CryptoError) {
        info.fill(groupID.count + 24) { info in
            // GOSC-0151, GOSC-0152, GOSC-0153, GOSC-0154: four items, no algorithm among them.
            CBOREncoding.write(arrayOf: 4, into: &info)
            CBOREncoding.write(.bytes, UInt64(producer.count), into: &info)
            producer.write(into: &info)
            CBOREncoding.write(.bytes, UInt64(groupID.count), into: &info)
            groupID.write(into: &info)
            CBOREncoding.write(bool: isRequest, into: &info)
            CBOREncoding.write(integer: Int64(count), into: &info)
        }
        // GOSC-0149, GOSC-0150
        salt.fill(5) { salt in partialIV.write(into: &salt) }
        try keystream.fillKeystream(deriver: &deriver, salt: salt, secret: key, info: info, count: count)
    }
}
