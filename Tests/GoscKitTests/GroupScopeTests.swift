import Bytes
import CoAP
import TestSupport
import Testing

@testable import GoscKit

/// How far groups may reach that an endpoint listens to.
struct GroupScopeTests {
    private static let loopback = InterfaceIndex(1)

    private static func group(_ scope: UInt8) -> IPv6Address {
        IPv6Address(high: (0xff30 | UInt64(scope)) << 48, low: 0x8000_0001)
    }

    @Test(.requirement("COAP-0132"), arguments: 0...15 as ClosedRange<UInt8>)
    func groupsReachOneSiteUnlessSaidOtherwise(scope: UInt8) {
        var configuration = EndpointConfiguration()
        let wide = GroupMembership(Self.group(scope), interface: Self.loopback)
        configuration.groups = [GroupMembership(Self.group(2), interface: Self.loopback), wide]
        #expect(configuration.groupTooWide == (scope > 5 ? wide : nil))
        configuration.permitsWideGroups = true
        #expect(configuration.groupTooWide == nil)
        #expect(GroupMembership.allCoAPNodes(on: Self.loopback).count == 3)
        configuration.permitsWideGroups = false
        configuration.groups = GroupMembership.allCoAPNodes(on: Self.loopback)
        #expect(configuration.groupTooWide == nil)
    }

    @Test(.requirement("COAP-0132"))
    func anEndpointWithAGlobalGroupDoesNotStart() {
        var configuration = EndpointConfiguration()
        configuration.groups = [GroupMembership(Self.group(14), interface: Self.loopback)]
        #expect(throws: CoAPError.groupTooWide(Self.group(14))) { _ = try CoAPEndpoint(configuration) }
        configuration.permitsWideGroups = true
        // Whether the host can join is another matter.
        do {
            _ = try CoAPEndpoint(configuration)
        } catch {
            #expect(error != .groupTooWide(Self.group(14)))
        }
    }
}
