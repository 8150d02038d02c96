import CBOR
import CoAPEngine

extension ResourceResponse {
    /// Changes the map that is the payload.
    mutating func changeMap(_ change: (inout CBORMap) -> Void) {
        let bytes = payload
        guard var map = (try? CBORValue(decoding: bytes.span, maximumDepth: 8))?.mapValue else { return }
        change(&map)
        payload = CBORValue.map(map).encoded()
    }
}
