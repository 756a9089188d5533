/// The planner's own knowledge of English: which words say little, and which say nearly the same.
///
/// General words only. What a catalogue is about comes from its names and descriptions.
enum Lexicon {
    /// Words without a demand of their own.
    static let stopWords = Set(
        """
        a an the this that these those there here it its itself he she they them their his her him i me my mine we
        us our you your who whom whose which what when where why how is are was were be been being am do does did
        done doing has have had having can could may might must shall should will would not no nor only very just
        also too really some any each every both such own same than so as if because while whether until again once
        please kindly hello hi hey thanks thank help helps helping let lets want wants wanted need needs needed like
        wish able going try trying allow allows according based given following certain specific various particular
        different user users service services tool tools agent agents task tasks api apis action actions etc via per
        using use used uses with without within into onto from to of in on at by for about through over under
        between against across along during up down off out around regarding sure take care know named called
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    /// They end the noun that a verb is about: `payment` in "process the payment for an order".
    static let prepositions = Set(
        "of for with without to from in into on onto at by about via through per within under over during regarding using"
            .split(separator: " ").map(String.init))

    /// They say when, which no service has to cover.
    static let timeWords = Set(
        """
        today tomorrow yesterday tonight now later soon asap immediately currently last next previous past recent
        recently morning afternoon evening night nights noon midnight day days daily week weeks weekly weekend month
        months monthly quarter quarterly year years yearly annual hour hours hourly minute minutes monday tuesday
        wednesday thursday friday saturday sunday january february march april june july august september october
        november december first second third finally lastly always never
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    /// Adjectives and nouns that narrow a demand a little.
    static let weakWords = stems(
        """
        new all twice again optimal optimum efficient cheapest fastest nearest full whole entire complete current
        latest old good best better other another more most many few several single proper correct right necessary
        important urgent quick fast simple easy request requests job thing things item case process processing way
        kind type detail details information info data result results one
        """)

    /// Verbs that ask for everything which is done with their object: "process an order".
    static let wholeVerbs = stems("process handle fulfil fulfill manage complete execute run finish finalize finalise")

    /// Verbs that say little beside their object: "arrange delivery", "update inventory".
    static let lightVerbs = stems(
        """
        arrange make do perform set carry conduct ensure start trigger prepare provide give get issue apply initiate
        organize organise coordinate deal work update obtain show see have create generate add take keep put bring
        """)

    /// Verbs that name what has to happen: a service that knows none like them does something else.
    static let specificVerbs = stems(
        """
        accept activate adjust alert allocate analyze analyse answer append approve archive ask assess assign attach
        audit authorize authorise backup bill block book build buy calculate call cancel capture categorize
        categorise charge check classify clean close collect compare compile compress compute confirm connect
        contact convert copy correct count crop debit deduct delete deliver deploy deposit describe detect determine
        diagnose disable dispatch display dispute distribute download draft draw edit email enable encrypt decrypt
        enrich enroll erase escalate estimate evaluate examine expand export extract fetch file filter find fix
        forecast format forward grant identify import inform inspect install integrate investigate invite label list
        load locate lock log look mail match measure merge message migrate monitor move navigate notify offer open
        optimize optimise pack parse pause pay pick play post predict print publish purchase query rank rate read
        rebook recommend reconcile record recover redeem reduce refund register reimburse reject release remind
        remove rename renew rent repair replace reply report rescan research reserve reset resize resolve respond
        restart restock restore resume retrieve return reverse review revoke rewrite rotate save scan schedule
        search segment sell send settle share ship sign simplify sort split stop store stream submit subscribe
        suggest summarize summarise suspend synchronize synchronise tag tell test track transcribe transfer
        transform translate transmit unlock unsubscribe upgrade upload validate verify view visualize visualise void
        warn withdraw write
        """)

    /// Verbs that take back what others did. No service that starts with one is ever chosen for a general demand.
    static let undoVerbs = stems(
        """
        cancel refund revert reverse undo void delete remove revoke reject return rollback withdraw reimburse
        terminate erase suspend disable deactivate block
        """)

    /// Verbs that only look: no part of "processing" a thing, unless something needs what they find.
    static let inquiryVerbs = stems(
        """
        estimate predict forecast list search find get retrieve fetch lookup look show display view read track
        monitor report summarize summarise count describe recommend suggest answer explain query compare
        """)

    private static let groups = """
        buy purchase acquire order
        find search look lookup seek locate discover browse
        get retrieve fetch obtain collect load read
        tell notify inform notification alert message announce
        send mail email dispatch transmit forward message
        arrange schedule plan organize organise book coordinate
        reserve reservation book booking allocate hold
        charge pay payment bill debit settle collect
        refund reimburse reimbursement repay
        deliver delivery ship shipping shipment courier carrier parcel package dispatch
        delay late overdue
        inventory stock warehouse
        customer client buyer shopper consumer
        order purchase
        amount total sum
        price cost fee
        calculate compute calculation determine
        estimate predict forecast estimation
        check verify validate inspect ensure confirm screen verification validation
        fraud fraudulent scam
        create generate produce make build compile prepare write draft compose
        change modify edit alter update adjust amend
        delete remove erase purge
        cancel abort stop terminate
        fix repair correct resolve solve
        answer reply respond response
        summarize summary condense digest
        translate translation translator
        transcribe transcript transcription
        convert transform transformation
        extract extraction pull export
        store save load import persist archive
        analyze analyse analysis examine assess evaluate
        classify classification categorize categorise label
        detect identify recognize recognise detection identification recognition
        compare match reconcile comparison
        image picture photo photograph
        film movie cinema
        song music track
        audio sound recording
        voice speech spoken
        document pdf paper
        text message sms
        invoice bill
        employee staff worker personnel
        job career employment vacancy position
        meeting appointment conference
        hotel accommodation lodging room
        flight airline plane
        car vehicle automobile
        taxi cab ride
        doctor physician medical
        weather forecast climate
        news headline
        stock share
        city town
        website webpage url link site
        question query
        sentiment emotion opinion mood
        recommend suggest recommendation suggestion
        show display present visualize visualise
        help support assist assistance
        issue problem trouble complaint
        combine merge join
        enhance improve
        reduce decrease lower
        topic subject theme
        review feedback rating
        error mistake bug
        """

    /// Stem → the groups that it belongs to, in ascending order.
    static let synonymGroups: [String: [Int]] = {
        var table: [String: [Int]] = [:]
        for (number, line) in groups.split(separator: "\n").enumerated() {
            for word in line.split(separator: " ") {
                let stem = Stemmer.stem(String(word))
                if table[stem]?.last != number { table[stem, default: []].append(number) }
            }
        }
        return table
    }()

    private static func stems(_ words: String) -> Set<String> {
        Set(words.split(whereSeparator: \.isWhitespace).map { Stemmer.stem(String($0)) })
    }
}
