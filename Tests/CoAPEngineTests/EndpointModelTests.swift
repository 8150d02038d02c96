import CoAP
import CoAPEngine
import TestSupport
import Testing

/// A whole endpoint, server and client, that anybody may send anything to.
struct EndpointModelTests {
    @Test(
        .requirement("COAP-0018", "COAP-0044", "COAP-0057", "COAP-0084", "COAP-0087", "COAP-0270"),
        arguments: [3, 4] as [UInt64])
    func nonsenseNeitherTrapsNorFillsTheMemoryNorReachesAGroup(seed: UInt64) throws {
        var world = try EndpointModelWorld(seed: seed)
        for round in 0..<ModelDatagrams.endpoints / 2 {
            try world.receiveOne()
            guard round.isMultiple(of: 8) else { continue }
            try world.act()
            try world.checkLoad()
            guard round.isMultiple(of: 16) else { continue }
            // Now and then for longer than anything lasts.
            try world.advance(by: round.isMultiple(of: 2_000) ? .seconds(300) : .milliseconds(500))
            try world.checkLoad()
        }
        let layer = world.endpoint.layer.counters
        #expect(layer.received == world.received)
        // Every way through the layers was taken.
        let server = world.endpoint.openServer.counters
        for count in [
            server.handlerCalls, server.refused, server.refusedFromGroup, server.suppressed, server.incompleteUploads,
            server.overload, server.evictions, server.expiredUploads, server.expiredCalls, server.answersTooLate,
            server.notifications, server.lostObservers, server.challenges, server.invalidEchoes,
        ] {
            #expect(count > 0, "\(server)")
        }
        let client = world.endpoint.client.counters
        for count in [
            client.unusableResponses, client.staleNotifications, client.droppedResponses, client.challengesAnswered,
            client.servedFromCache, client.validated,
        ] {
            #expect(count > 0, "\(client)")
        }
        #expect(layer.duplicates > 0 && layer.rateLimited > 0 && layer.timeouts > 0, "\(layer)")
        // And when the network is quiet, everything ends but what only the application ends.
        try world.finish()
        try world.advance(by: .seconds(10_000))
        let leftOver = world.leftOver
        #expect(leftOver.isEmpty)
    }
}
