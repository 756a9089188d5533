import OrraModel
import Testing

@testable import OrraEngine

@Suite("Compensation: attempts, answers and keys")
struct CompensationAttemptTests {
    let broken = Failure(.compensationFailed, "task1 (alpha) was not undone: broken")
    let inPart = Failure(.compensationPartial, "task1 (alpha) was undone only in part")
    let silent = Failure(.compensationTimedOut, "task1 (alpha) did not say within 30s whether it is undone")

    let half = Event.Partial(completed: RawJSON(["mail"]), remaining: RawJSON(["refund"]))

    /// Milliseconds that the wait after `attempt` may last: 2 s doubling to 60 s, 10 % more or less.
    func wait(after attempt: Int) -> ClosedRange<Int64> {
        let seconds = [2, 4, 8, 16, 32, 60, 60, 60, 60][attempt - 1]
        return Int64(seconds * 900)...Int64(seconds * 1_100)
    }

    @Test("a failed answer is followed by ten attempts in all, 2 s doubling to 60 s apart, each with a new key")
    func tenAnswers() throws {
        var run = Run.compensating()
        var keys: [IdempotencyKey] = []
        for attempt in 1...9 {
            keys.append(try #require(run.undo(1)?.key))
            #expect(run.dispatchUndo(1).events == [.undoDispatched(1, attempt: attempt)])
            let decision = run.answerUndo(1, .compensation(.failed("broken")))
            let retryAt = try #require(decision.undoRetryAt)
            #expect(
                decision
                    == Decision(
                        events: [.undoFailed(1, broken, attempt: attempt, retryAt: retryAt)],
                        effects: [.releaseUndo(1, succeeded: false)]))
            let waited = (retryAt - run.now).milliseconds
            #expect(wait(after: attempt).contains(waited), "after attempt \(attempt): \(waited) ms")
            #expect(run.undo(1)?.phase == .backingOff(until: retryAt))
            #expect(run.live.nextWakeup(in: run.world) == retryAt)
            #expect(run.wait(.milliseconds(waited - 1)) == Decision())
            #expect(
                run.wait(.milliseconds(1))
                    == Decision(events: [.undoReady(1, number: attempt + 1)], effects: [.enqueueUndo(1)]))
        }
        keys.append(try #require(run.undo(1)?.key))
        #expect(Set(keys).count == 10)
        #expect(keys == (1...10).map { Event.compensationKey(1, $0) })
        run.dispatchUndo(1)
        let last = Failure(.compensationFailed, "task1 (alpha) was not undone: broken (10 attempts)")
        let decision = run.answerUndo(1, .compensation(.failed("broken")))
        #expect(
            decision.events.dropLast() == [
                .undoFailed(1, broken, attempt: 10, retryAt: nil), .undoEnded(1, .failed, last, attempts: 10),
            ])
        #expect(decision.effects == [.releaseUndo(1, succeeded: false)])
        #expect(run.undo(1)?.failure == last)
        #expect(run.live.phase.kind == .ended)
        #expect(run.live.compensationCounts == CompensationCounts(total: 1, failed: 1))
    }

    @Test("waits differ by their jitter, which comes from the keys: the same at every replay")
    func jitter() {
        func waits() -> [Int64] {
            var run = Run.compensating()
            return (1...9).map { _ in
                run.dispatchUndo(1)
                let retryAt = run.answerUndo(1, .compensation(.failed("no"))).undoRetryAt ?? run.now
                defer { run.wait(retryAt - run.now) }
                return (retryAt - run.now).milliseconds
            }
        }
        let waited = waits()
        #expect(waited == waits())
        // The last four are 60 s each but for the jitter.
        #expect(Set(waited.suffix(4)).count == 4)
    }

    @Test("each attempt has 30 s; without an answer the next one has the same key")
    func timeouts() throws {
        var run = Run.compensating()
        let key = run.undo(1)?.key
        for attempt in 1...9 {
            #expect(run.dispatchUndo(1).events == [.undoDispatched(1, attempt: attempt)])
            #expect(run.live.nextWakeup(in: run.world) == run.now + .seconds(30))
            #expect(run.wait(.milliseconds(29_999)) == Decision())
            let decision = run.wait(.milliseconds(1))
            let retryAt = try #require(decision.undoRetryAt)
            #expect(
                decision
                    == Decision(
                        events: [.undoFailed(1, silent, attempt: attempt, isAnswered: false, retryAt: retryAt)],
                        effects: [.releaseUndo(1, succeeded: false)]))
            #expect(wait(after: attempt).contains((retryAt - run.now).milliseconds))
            #expect(
                run.wait(retryAt - run.now)
                    == Decision(events: [.undoWaiting(1, .retryDue)], effects: [.enqueueUndo(1)]))
            #expect(run.undo(1)?.key == key)
            #expect(run.undo(1)?.number == 1)
        }
        run.dispatchUndo(1)
        let decision = run.wait(.seconds(30))
        #expect(decision.undoEnd?.status == .failed)
        #expect(decision.undoEnd?.attempts == 10)
        #expect(decision.undoEnd?.failure?.code == .compensationTimedOut)
        #expect(run.live.phase.kind == .ended)
    }

    @Test("a partial answer is kept for the next request, however that one is answered")
    func partial() throws {
        var run = Run.compensating()
        run.dispatchUndo(1)
        let decision = run.answerUndo(1, .compensation(.partial(half)))
        let retryAt = try #require(decision.undoRetryAt)
        #expect(
            decision
                == Decision(
                    events: [.undoFailed(1, inPart, partial: half, retryAt: retryAt)],
                    effects: [.releaseUndo(1, succeeded: false)]))
        #expect(run.undo(1)?.partial == half)
        #expect(run.undo(1)?.status == .pending)
        #expect(run.wait(.seconds(60)).events == [.undoReady(1, number: 2)])
        run.dispatchUndo(1)
        run.answerUndo(1, .compensation(.failed("broken")))
        #expect(run.undo(1)?.partial == half)
        run.wait(.seconds(60))
        let rest = Event.Partial(completed: RawJSON(["mail", "refund"]), remaining: RawJSON(["log"]))
        run.dispatchUndo(1)
        run.answerUndo(1, .compensation(.partial(rest)))
        #expect(run.undo(1)?.partial == rest)
        #expect(run.undo(1)?.data == Run.undoData(1))
        run.wait(.seconds(60))
        run.dispatchUndo(1)
        #expect(run.answerUndo(1, .compensation(.completed)).undoEnd?.status == .completed)
    }

    @Test("ten attempts of which one did a part end it as partial")
    func partialEnd() {
        for silentAtLast in [false, true] {
            var run = Run.compensating()
            for attempt in 1...10 {
                run.dispatchUndo(1)
                if attempt == 3 {
                    run.answerUndo(1, .compensation(.partial(half)))
                } else if silentAtLast {
                    run.wait(.seconds(30))
                } else {
                    run.answerUndo(1, .compensation(.failed("broken")))
                }
                run.wait(.seconds(70))
            }
            #expect(run.undo(1)?.status == .partial)
            #expect(run.undo(1)?.partial == half)
            #expect(run.undo(1)?.attempt == 10)
        }
    }

    @Test(
        "an answer of the wrong kind is an answered attempt that failed",
        arguments: [
            (TaskReport.output(.emptyObject, nil), "a task's output came instead"),
            (.aborted(.null), "an abort came instead"), (.malformed(reason: "it is no object"), "it is no object"),
        ])
    func invalid(report: TaskReport, reason: String) {
        var run = Run.compensating()
        run.dispatchUndo(1)
        let decision = run.answerUndo(1, report)
        let failure = Failure(.compensationInvalid, "task1 (alpha) sent no compensation result: \(reason)")
        #expect(decision.events == [.undoFailed(1, failure, retryAt: decision.undoRetryAt)])
        #expect(decision.effects == [.releaseUndo(1, succeeded: false)])
        #expect(decision.undoRetryAt != nil)
        #expect(run.wait(.seconds(60)).events == [.undoReady(1, number: 2)])
    }

    @Test("an error is a failed answer; a long one is cut")
    func error() {
        var run = Run.compensating()
        run.dispatchUndo(1)
        let decision = run.answerUndo(1, .error("broken"))
        #expect(decision.events == [.undoFailed(1, broken, retryAt: decision.undoRetryAt)])
        run.wait(.seconds(60))
        run.dispatchUndo(1)
        run.answerUndo(1, .error(String(repeating: "é", count: Limits.errorCharacters + 5)))
        guard case .compensationAttemptFailed(let failed)? = run.journal.last?.event else {
            Issue.record("the attempt failed")
            return
        }
        #expect(
            failed.failure.message
                == "task1 (alpha) was not undone: " + String(repeating: "é", count: Limits.errorCharacters))
    }

    @Test("a service that works on it, or tells of its progress, changes nothing")
    func inProgress() {
        var run = Run.compensating()
        run.dispatchUndo(1)
        #expect(run.answerUndo(1, .inProgress) == Decision())
        #expect(run.answerUndo(1, .interim(.emptyObject, InterimID("i_1"))) == Decision())
    }

    @Test("an answer said again counts once")
    func repeated() {
        var run = Run.compensating([1, 2], failing: 3)
        run.dispatchUndo(2)
        run.answerUndo(2, .compensation(.failed("broken")))
        #expect(run.answerUndo(2, .compensation(.failed("broken"))) == Decision())
        #expect(run.answerUndo(2, .compensation(.partial(half))) == Decision())
        run.wait(.seconds(60))
        run.dispatchUndo(2)
        run.answerUndo(2, .compensation(.completed))
        #expect(run.answerUndo(2, .compensation(.completed)) == Decision())
        #expect(run.answerUndo(2, .compensation(.failed("broken"))) == Decision())
        #expect(run.undo(2)?.status == .completed)
        // Nobody has been asked to undo the first one's task twice, nor its turn been skipped.
        #expect(run.undoOrder == [2, 1])
    }

    @Test("an answer to what was never asked changes nothing")
    func unasked() {
        var run = Run.compensating([1, 2], failing: 3)
        #expect(run.answerUndo(1, .compensation(.completed)) == Decision())
        #expect(run.answerUndo(3, .compensation(.completed)) == Decision())
        #expect(run.answerUndo(9, .compensation(.completed)) == Decision())
        #expect(run.undo(1)?.phase == .waiting)
    }

    @Test("an answer to a task that comes as a compensation's fails the task")
    func compensationForTask() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        #expect(run.report(1, .compensation(.completed)).failure?.code == .taskOutputInvalid)
    }

    // MARK: - Answers that come while no connection holds the request

    @Test("an answer that comes while the request waits takes it from the outbox")
    func answerWhileQueued() {
        for report in [CompensationReport.completed, .failed("broken"), .partial(half)] {
            var run = Run.compensating()
            run.dispatchUndo(1)
            run.loseUndo(1)
            let decision = run.answerUndo(1, .compensation(report))
            #expect(decision.effects == [.withdrawUndo(1)])
            #expect(run.undo(1)?.phase.kind == (report == .completed ? .ended : .backingOff))
        }
    }

    @Test("an answer that comes after its attempt timed out is not another attempt, and the wait goes on as it was")
    func answerWhileBackingOff() throws {
        var run = Run.compensating()
        run.dispatchUndo(1)
        let retryAt = try #require(run.wait(.seconds(30)).undoRetryAt)
        run.now = run.now + .seconds(1)
        #expect(
            run.answerUndo(1, .compensation(.failed("broken")))
                == Decision(events: [.undoFailed(1, broken, retryAt: retryAt)]))
        #expect(run.undo(1)?.attempt == 1)
        // It was answered, so the next request has a new key.
        #expect(run.wait(retryAt - run.now).events == [.undoReady(1, number: 2)])
        #expect(run.dispatchUndo(1).events == [.undoDispatched(1, attempt: 2)])
    }

    @Test("a success that comes after its attempt timed out ends it")
    func successWhileBackingOff() {
        var run = Run.compensating()
        run.dispatchUndo(1)
        run.wait(.seconds(30))
        let decision = run.answerUndo(1, .compensation(.completed))
        #expect(decision.events.first == .undoEnded(1))
        #expect(decision.effects == [])
        #expect(run.live.phase.kind == .ended)
    }

    @Test("what is undone is undone, whichever request asked: an older key's `completed` ends the compensation")
    func completedUnderAnOlderKey() throws {
        var run = Run.compensating()
        run.dispatchUndo(1, on: 7)
        let first = try #require(run.undo(1)?.key)
        run.answerUndo(1, .compensation(.failed("not yet")))
        run.wait(.seconds(3))
        run.dispatchUndo(1, on: 8)
        #expect(run.undo(1)?.key != first)
        #expect(run.answerUndo(1, .compensation(.failed("again")), key: first, from: 7).events.isEmpty)
        run.answerUndo(1, .compensation(.completed), key: first, from: 7)
        #expect(run.undo(1)?.status == .completed)
    }

    @Test("while a connection works on it, another one's failure does not count")
    func failureFromElsewhere() {
        var run = Run.compensating()
        run.dispatchUndo(1, on: 7)
        #expect(run.answerUndo(1, .compensation(.failed("no")), from: 8).events.isEmpty)
        #expect(run.undo(1)?.phase.kind == .inFlight)
        run.answerUndo(1, .compensation(.failed("no")), from: 7)
        #expect(run.undo(1)?.phase.kind == .backingOff)
    }
}
