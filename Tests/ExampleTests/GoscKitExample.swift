// example: gosckit-imports
import Bytes
import CoAP
import CoAPEngine
import GoscKit
import Synchronization
// end
import Testing

// example: gosckit-thermometer
/// A thermometer that tells everybody who observes it when the temperature changes.
final class Thermometer: Sendable {
    private let celsius = Mutex(21.0)

    func serve(on endpoint: CoAPEndpoint) async {
        var properties = ResourceProperties()
        properties.isObservable = true
        properties.formats = [.textPlain]
        await endpoint.serve("temperature", [.get: { _ in self.reading }], properties: properties)
    }

    private var reading: ResourceResponse {
        .text("\(celsius.withLock(\.self)) °C")
    }

    func set(_ value: Double, on endpoint: CoAPEndpoint) async {
        celsius.withLock { $0 = value }
        await endpoint.resourceChanged("temperature")
    }
}
// end

struct GoscKitExample {
    @Test func aSensorIsReadAndObserved() async throws {
        let port: UInt16 = 0
        // example: gosckit-sensor
        let sensor = try CoAPEndpoint(EndpointConfiguration(port: port))
        let thermometer = Thermometer()
        await thermometer.serve(on: sensor)
        // end
        // example: gosckit-client
        let client = try CoAPEndpoint()
        let uri = "coap://[::1]:\(sensor.localAddress.port)/temperature"
        let now = try await client.get(uri)
        print(now.code, now.text ?? "")

        for try await state in try await client.observe(uri) {
            print(state.text ?? "")
            if state.text == "22.5 °C" { break }
            await thermometer.set(22.5, on: sensor)
        }
        // end
        #expect(now.text == "21.0 °C")
        #expect(try await client.get(uri).text == "22.5 °C")
        let links = try await client.get("coap://[::1]:\(sensor.localAddress.port)/.well-known/core")
        #expect(links.text?.contains("</temperature>") == true)
        #expect(links.text?.contains(";obs") == true)
    }
}
