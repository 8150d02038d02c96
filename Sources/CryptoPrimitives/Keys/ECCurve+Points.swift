import CLibCrypto

extension ECCurve {
    /// The public key of a scalar, in the uncompressed form of SEC 1 §2.3.3.
    ///
    /// - Parameter scalar: High byte first.
    /// - Throws: ``CryptoError/invalidKey`` unless it is from 1 to the order − 1.
    internal func publicPoint(of scalar: Span<UInt8>) throws(CryptoError) -> [UInt8] {
        guard let group = unsafe EC_GROUP_new_by_curve_name(identifier), let point = unsafe EC_POINT_new(group),
            let number = unsafe scalar.withBase({ unsafe BN_bin2bn($0, Int32(scalar.count), nil) })
        else { throw BackendError.cleared(.backendFailure) }
        defer {
            unsafe BN_clear_free(number)
            unsafe EC_POINT_free(point)
            unsafe EC_GROUP_free(group)
        }
        unsafe BN_set_flags(number, BN_FLG_CONSTTIME)
        guard unsafe BN_is_zero(number) == 0, unsafe BN_cmp(number, EC_GROUP_get0_order(group)) < 0 else {
            throw .invalidKey
        }
        var encoded = [UInt8](repeating: 0, count: 1 + 2 * fieldLength)
        guard unsafe EC_POINT_mul(group, point, number, nil, nil, nil) == 1,
            unsafe EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &encoded, encoded.count, nil)
                == encoded.count
        else { throw BackendError.cleared(.backendFailure) }
        return encoded
    }
}

extension KeyHandle {
    /// The y-coordinate that OpenSSL found for a compressed point, high byte first.
    internal func coordinateY(count: Int) throws(CryptoError) -> [UInt8] {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(key, Self.coordinateName.characters, &number) == 1 else {
            throw BackendError.cleared(.backendFailure)
        }
        defer { unsafe BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: count)
        guard unsafe BN_bn2binpad(number, &bytes, Int32(count)) == Int32(count) else {
            throw BackendError.cleared(.backendFailure)
        }
        return bytes
    }

    private static let coordinateName: StaticString = "qy"
}
