/// What a word tells about the part of an action that it stands in.
struct Cues: OptionSet {
    let rawValue: UInt32

    /// Says nothing of its own.
    static let stop = Cues(rawValue: 1 << 0)
    /// May stand before the verb: `please`, `I`, `would`.
    static let lead = Cues(rawValue: 1 << 1)
    /// The speaker wants something.
    static let want = Cues(rawValue: 1 << 2)
    /// Opens a clause that depends on another: `after`, `once`.
    static let subordinate = Cues(rawValue: 1 << 3)
    /// May stand before the subject of a statement: `well`, `my`.
    static let opener = Cues(rawValue: 1 << 4)
    /// Of statements about what there is: `my`, `it`, `these`.
    static let subject = Cues(rawValue: 1 << 5)
    static let state = Cues(rawValue: 1 << 6)
    /// What "I" did or have, so that a statement follows and no demand.
    static let ownState = Cues(rawValue: 1 << 7)
    /// Of statements that give a value: "the amount is".
    static let valueSubject = Cues(rawValue: 1 << 8)
    static let valueVerb = Cues(rawValue: 1 << 9)
    /// May stand before a value that belongs to the part before.
    static let function = Cues(rawValue: 1 << 10)
    /// "into a video".
    static let toward = Cues(rawValue: 1 << 11)
    /// "from the audio".
    static let away = Cues(rawValue: 1 << 12)
    static let pronoun = Cues(rawValue: 1 << 13)
    /// Names an earlier result: "the calculated tax".
    static let participle = Cues(rawValue: 1 << 14)
    /// Says that an identifier is given.
    static let identifier = Cues(rawValue: 1 << 15)
    /// Joins two demands.
    static let joint = Cues(rawValue: 1 << 16)
    /// Follows a joint and says nothing more.
    static let afterJoint = Cues(rawValue: 1 << 17)
    /// Divides wherever it stands.
    static let divider = Cues(rawValue: 1 << 18)
    static let abbreviation = Cues(rawValue: 1 << 19)
    static let greeting = Cues(rawValue: 1 << 20)
    static let ordering = Cues(rawValue: 1 << 21)
    static let month = Cues(rawValue: 1 << 22)
    /// When something is to be done; no service has to know it.
    static let time = Cues(rawValue: 1 << 23)
    static let weak = Cues(rawValue: 1 << 24)
    static let article = Cues(rawValue: 1 << 25)
    static let negation = Cues(rawValue: 1 << 26)
}

/// What a stem is, wherever it stands.
struct Traits: OptionSet {
    let rawValue: UInt16

    static let verb = Traits(rawValue: 1)
    /// Verbs that only hand over: give, show.
    static let output = Traits(rawValue: 2)
    /// Verbs that turn one medium into another.
    static let conversion = Traits(rawValue: 4)
    /// Verbs whose object is what comes out.
    static let creation = Traits(rawValue: 8)
    /// Verbs that ask for everything that is done with their object: "process an order".
    static let whole = Traits(rawValue: 16)
    /// Verbs that take back what others did.
    static let undo = Traits(rawValue: 32)
    /// Verbs that only look.
    static let inquiry = Traits(rawValue: 64)
    static let medium = Traits(rawValue: 128)
    /// Verbs that say little beside their object: "arrange delivery".
    static let light = Traits(rawValue: 256)
    static let question = Traits(rawValue: 512)
    static let search = Traits(rawValue: 1024)
    /// Verbs that bring something to its end.
    static let end = Traits(rawValue: 2048)
    /// Of services for people who ask.
    static let assist = Traits(rawValue: 4096)
    /// Verbs of which nobody knows whether they come next.
    static let hold = Traits(rawValue: 8192)
    /// Nouns for what is looked up.
    static let knowledge = Traits(rawValue: 16384)
}
