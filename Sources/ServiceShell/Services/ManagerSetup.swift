import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import DatagramTransport
import GroupManager
import Persistence

/// Makes a new manager: its identity first, then its groups, through the same engine that later runs.
struct ManagerSetup {
    private let store: any GroupStore
    private var random = SecureRandom()
    private var engine: ManagerEngine

    /// Makes the identity durable and starts an engine on it.
    init(store: any GroupStore, settings: ManagerSettings) throws(ServiceError) {
        self.store = store
        do {
            let identity = try ManagerIdentityRecord.generate(name: "manager", random: &random)
            let keys = TokenKeysRecord.generate(random: &random)
            var state = ManagerState()
            let audited = try state.applyAudited(
                [.insertIdentity(identity), .insertTokenKeys(keys)], at: UnixTime.now.seconds, random: &random)
            try store.apply(ManagerChangeSet(id: CommitID(0), writes: audited.writes))
            engine = try ManagerEngine(loading: state.snapshot, settings: settings, layer: MessageLayer())
        } catch {
            throw ServiceError(.storage, "the state of the new manager could not be written", hint: "check the disk")
        }
    }

    /// What is durable.
    var state: ManagerState { engine.state }

    /// Creates groups one after the other.
    mutating func create(_ requests: [CreateGroupRequest]) throws(ServiceError) -> [CreateGroupAnswer] {
        var answers: [CreateGroupAnswer] = []
        for request in requests {
            let response = administer(AdminRequest(code: .post, path: ["gosc", "groups"], payload: request.encoded()))
            guard response.code == .created, let answer = try? CreateGroupAnswer(decoding: response.payload.span) else {
                let detail = (try? ProblemDetails(decoding: response.payload.span))?.detail
                throw ServiceError(
                    .refused,
                    "group \(request.configuration.groupName) cannot be created: \(detail ?? "\(response.code)")")
            }
            answers.append(answer)
        }
        return answers
    }

    private mutating func administer(_ request: AdminRequest) -> AdminResponse {
        var answer: AdminResponse?
        var effects: [ManagerEffect] = []
        let now = { MonotonicInstant(nanoseconds: MonotonicClock.now) }
        engine.administer(
            request, id: AdminRequestID(0), at: now(), wallClock: .now, random: &random, effects: &effects)
        while !effects.isEmpty {
            switch effects.removeFirst() {
            case .commit(let changes):
                if (try? store.apply(changes)) != nil {
                    engine.committed(changes.id, at: now(), wallClock: .now, random: &random, effects: &effects)
                } else {
                    engine.commitFailed(changes.id, at: now(), wallClock: .now, random: &random, effects: &effects)
                }
            case .answer(_, let response): answer = response
            case .send, .event: break
            }
        }
        return answer ?? AdminResponse(code: .internalServerError)
    }
}
