import OrraModel
import OrraProtocol
import Testing

@Suite("ProgressFrame")
struct ProgressFrameTests {
    @Test("members that are not there are left out")
    func sparse() throws {
        var frame = ProgressFrame(type: .reset)
        frame.oldest = 12
        #expect(String(decoding: try frame.frame(), as: UTF8.self) == #"{"type":"reset","oldest":12}"#)
    }

    @Test("only the last frame ends a stream", arguments: ProgressFrame.Kind.allCases)
    func last(kind: ProgressFrame.Kind) {
        #expect(ProgressFrame(type: kind).isLast == (kind == .ended))
    }

    @Test("what a compensation came to is not the status of the orchestration")
    func compensationStatus() throws {
        var frame = ProgressFrame(type: .compensationEnded)
        frame.compensationId = CompensationID("c_1")
        frame.compensationStatus = .partial
        #expect(
            String(decoding: try frame.frame(), as: UTF8.self)
                == #"{"type":"compensation_ended","compensationId":"c_1","compensationStatus":"partial"}"#)
    }

    @Test("payloads keep their numbers and the order of their members")
    func exactPayload() throws {
        let data = #"{"z":1.10,"a":12345678901234567890}"#
        let frame = try ProgressFrame(
            frame: Array(#"{"type":"task_interim_result","data":\#(data)}"#.utf8))
        #expect(frame.data?.text == data)
        #expect(String(decoding: try frame.frame(), as: UTF8.self).contains(data))
    }

    @Test("a frame that fits no message goes without its payloads, and says so")
    func truncated() throws {
        let half = RawJSON(.string(String(repeating: "x", count: 6 * 1024 * 1024)))
        var frame = ProgressFrame(type: .ended)
        frame.seq = 9
        frame.status = .completed
        frame.results = [half]
        #expect(try ProgressFrame(frame: frame.frame()) == frame)
        frame.results = [half, half]
        let bytes = try frame.frame()
        #expect(bytes.count < 1_024)
        let short = try ProgressFrame(frame: bytes)
        #expect(short.truncated == true && short.results == nil)
        frame = ProgressFrame(type: .compensationAttemptFailed)
        frame.partial = .init(completed: half, remaining: half)
        #expect(try ProgressFrame(frame: frame.frame()).partial == nil)
        #expect(short.seq == 9 && short.type == .ended && short.status == .completed)
    }
}
