/// The planner's own knowledge of English: which words say little, and which say nearly the same.
///
/// General words only. What a catalogue is about comes from its names and descriptions.
enum Lexicon {
    /// Words without a demand of their own.
    static let stopWords = set(
        """
        a an the of in on at by for from with into onto to as is are was were be been being am it its this
        that these those there here i me my mine we us our you your he she they them their his her him who
        whom which what when where why how and or but if then than so please would could can may might will
        shall should do does did done have has had having want wants need needs like likes wish wishing help
        helps also just very really some any each every all both more most other another such only own same
        too not no nor about after before during using use used via per through along while once further again
        let lets get gets got make makes made give gives given provide provided provides specific certain
        following based according given user users e.g eg etc example examples tool tools api apis service
        services function task tasks model models able allow allows various different one two first second
        third next finally lastly additionally between over under out up down off new kindly hello hi hey
        thanks thank im ive id ill lets regarding particular within without
        """)

    /// Each line is a group of words that may stand for each other.
    static let groups = """
        buy purchase order shop acquire shopping
        find search look lookup seek locate discover browse
        get retrieve fetch obtain access collect
        image picture photo photograph pic snapshot
        song music track tune melody
        movie film cinema
        video clip footage
        audio sound recording
        voice speech speak spoken speaker vocal narration voiceover say said
        transcribe transcription transcript
        recognize recognition identify identification detect detection spot
        reduce remove eliminate clean decrease cancel suppress denoise
        rewrite rephrase paraphrase reword spin spun
        unique original
        summarize summary summarization condense shorten shortened concise synopsis brief digest gist
        emotion sentiment feeling mood opinion
        translate translation translator french spanish german chinese italian japanese english language
        correct fix error grammar grammatical grammatically spelling proofread mistake
        simplify simple simpler simplified easy easier plain understandable
        expand elaborate detailed longer lengthen enlarge
        keyword keyphrase keyterm
        topic theme idea subject
        combine merge join splice concatenate
        stitch panorama collage
        colorize colorizer color colour
        style artistic stylize stylise
        stabilize shaky stabilise steady smooth smoother
        speed fast faster slow slower playback
        synchronize sync align synchronization synchronisation
        download save fetch
        url link website webpage address
        extract extraction extractor pull
        generate create produce generation generator make
        convert transform transformation change turn
        modify edit alter editing adjust change modification
        classify classification categorize category class label categorise
        segment segmentation segments
        depth distance
        similar similarity compare comparison resemble alike match
        question query answer ask
        conversation conversational chat dialogue reply response respond
        entity entities named noun token pos
        table tabular spreadsheet
        document pdf paper
        doctor physician medical appointment
        lawyer attorney legal
        taxi cab uber ride
        flight plane airplane airline fly
        hotel room accommodation lodging stay
        restaurant dining dinner eatery cuisine
        car vehicle automobile
        email mail e-mail
        sms text message texting
        call phone telephone dial
        meeting conference
        alarm alert wake
        remind reminder
        weather forecast temperature climate
        news headline headlines article
        stock share shares market
        job position career employment vacancy apply
        course class enroll enrol enrolment university
        insurance insure policy
        bank banking transfer account
        bill payment pay invoice
        sell selling sale
        tax taxes
        passport visa
        robot housework clean chore
        drive driving ride navigate
        package parcel deliver delivery ship shipping courier send
        food meal dish pizza
        note notes memo jot write
        book borrow library loan
        print printing printer
        install uninstall update software app application program
        play listen watch stream
        share post publish
        social facebook twitter instagram wechat weibo network
        search google bing
        schedule arrange plan organize organise set
        reserve book booking reservation
        calculate compute calculation determine estimate evaluate assess
        add append include insert
        delete remove erase
        check verify validate inspect examine
        analyze analyse analysis
        price cost fee
        country nation
        city town location place
        date day
        person people
        review reviews feedback rating
        detail details information info
        recommend suggest recommendation suggestion
        nearby near closest nearest around
        password passcode
        contact contacts
        joke funny humor
        lyrics words
        currency exchange money usd eur gbp dollar euro euros pound rupee yen
        apartment house home property rental
        bus coach
        ticket tickets
        event events concert show
        provider clinic dentist salon stylist
        tell notify inform notification alert message announce
        arrange coordinate
        charge pay payment bill debit settle
        refund reimburse reimbursement repay
        deliver delivery ship shipping shipment courier carrier dispatch
        delay late overdue
        inventory stock warehouse
        customer client buyer shopper consumer
        amount total sum
        estimate predict forecast estimation prediction
        fraud fraudulent scam
        cancel abort stop terminate cancellation
        fix repair resolve solve
        summarize summary condense
        store save load persist archive
        analyze assess evaluate
        compare match reconcile comparison
        invoice bill
        employee staff worker personnel
        help support assist assistance
        issue problem trouble complaint
        enhance improve
        error mistake bug failure fault
        deploy deployment release rollout
        rollback revert
        log logs trace
        incident outage
        notify page escalate
        publish post release
        draft write compose
        """

    /// First words of a demand.
    static let verbs = set(
        """
        find search look locate get retrieve fetch obtain check verify validate buy purchase order book
        reserve schedule arrange plan organize organise calculate compute determine estimate evaluate assess
        analyze analyse summarize summarise translate transcribe convert transform turn change modify edit
        adjust alter generate create make produce build draw write rewrite rephrase paraphrase reword simplify
        expand elaborate shorten condense extract identify detect recognize recognise classify categorize
        categorise label segment enhance improve reduce remove delete eliminate clean add insert include apply
        combine merge join splice stitch concatenate colorize colourise color stabilize stabilise speed slow
        synchronize synchronise sync align download upload save store record play listen watch stream read
        speak say tell show display give provide list describe explain answer ask compare measure match rate
        rank recommend suggest send share post publish email text call message notify remind set cancel update
        upgrade install uninstall manage start stop pause resume open close run execute perform conduct do
        track monitor observe report submit apply enroll register sign subscribe pay transfer deposit withdraw
        sell rent borrow return print deliver ship drive take note consult see visit attend participate meet
        encrypt decrypt scan test debug configure deploy design develop implement access view review browse
        explore discover know learn understand gather collect compile use utilize employ enter log turn switch
        control unlock lock activate disable enable assign allocate distribute export import query filter sort
        count predict forecast visualize visualise plot map render crop resize rotate blur denoise spin
        proofread correct fix solve recover reset restore confirm approve reject grant revoke issue let have
        help instruct command order-up enjoy accept alert append archive attach audit authorize authorise
        backup bill block capture charge connect contact copy debit deduct diagnose dispatch dispute draft
        enrich erase escalate examine file finalize finalise finish forward fulfil fulfill format handle
        inform inspect integrate investigate invite load mail migrate move navigate offer optimize optimise
        pack page parse pick process provision quote rebook reconcile redeem refund reimburse release rename
        renew repair replace replay rescan research respond restart restock reverse roll rollback scale split
        suspend tag transmit unsubscribe void warn
        """)

    static let outputVerbs = set("provide give show display return tell let know see present output")
    static let conversionVerbs = set(
        "convert transform turn change generate create make produce extract get obtain")
    static let creationVerbs = set(
        """
        generate create make produce build draw extract search find download get obtain retrieve provide give output
        return fetch discover locate look have
        """)
    static let wholeVerbs = set("process handle fulfil fulfill manage complete finish finalize finalise")
    /// A service that starts with one does it only when the text says so.
    static let undoVerbs = set(
        """
        cancel refund revert reverse undo void delete remove revoke reject return rollback withdraw reimburse
        terminate erase suspend disable deactivate block revoke revocation rescind retract annul unsubscribe uninstall
        deprovision decommission chargeback
        """)
    /// A service that starts with one brings something to its end: as with one that takes something back, only when the
    /// text says so.
    static let endVerbs = set("close end stop pause expire")
    /// A service that starts with one serves people who ask, or answers them.
    static let assistVerbs = set(
        "help assist support advise counsel consult guide answer respond reply explain draft compose chat talk")
    /// What an answer is called, and what one asks about: a service that speaks of it may wait until someone does.
    static let assistNouns = set(
        "response advice complaint dispute claim trouble problem question enquiry inquiry feedback")
    /// What starts with one may be what comes next, or not.
    static let holdVerbs = set(
        """
        give provide supply know hold keep contain have load archive export audit inspect examine investigate escalate
        change modify edit alter amend fix repair merge split ask
        """)
    /// What a service gives that only looks, by the last word of its name.
    static let inquiryNouns = set(
        "history detail details status info information profile overview statistics estimate forecast list")
    static let inquiryVerbs = set(
        """
        estimate predict forecast list search find get retrieve fetch lookup look show display view read track
        monitor report summarize summarise count describe recommend suggest answer explain query compare
        """)
    static let lightVerbs = set(
        """
        arrange make do perform set carry conduct ensure start trigger prepare provide give get issue apply initiate
        organize organise coordinate deal work update obtain show see have create generate add take keep put bring
        need want use help process handle manage complete execute run finish
        """)
    static let searchWords = set("search find lookup list")

    static let imageWords = set(
        "image images picture pictures photo photos photograph pic frame jpg png visual")
    static let audioWords = set("audio sound recording speech voice wav mp3 voiceover podcast music")
    static let videoWords = set("video videos clip footage mp4 film")
    static let textWords = set(
        """
        text texts article articles sentence sentences paragraph paragraphs transcript essay document summary
        description script story passage content
        """)
    static let addressWords = set("url urls link links website webpage")

    /// A medium that the speaker has, said in a statement.
    static let givenMedia: [(medium: Medium, words: Set<String>)] = [
        (.image, set("image images photo photos picture pictures photograph photographs")),
        (.audio, set("audio audios recording recordings voicenote podcast")),
        (.video, set("video videos clip clips footage")),
        (
            .text,
            set(
                """
                text texts article articles sentence sentences paragraph paragraphs document documents essay essays
                script scripts transcript transcripts
                """)
        ),
        (.address, set("url urls link links")),
    ]

    static let cueWords: [(cue: Cues, words: String)] = [
        (
            .lead,
            """
            please kindly also then finally lastly next first firstly secondly i we you would could can will should may
            might like want wants need needs wish to help me us let have lets let's im i'm i'd i'll am are is be able
            going planning trying looking interested in it my the for of just now again both after that you're get do
            don't
            """
        ),
        (.want, "want need like wish help please let i'd let's wants trying interested"),
        (.subordinate, "after once if when since because upon while given considering"),
        (.opener, "so well actually recently currently there here my the this it its it's which that these they"),
        (.subject, "my the this it its it's these they"),
        (.state, "is are contain contains has have was were"),
        (
            .ownState,
            "have had found recorded wrote took received am work was just recently currently came downloaded own attended run got"
        ),
        (.valueSubject, "the my its it it's this these their his her our"),
        (.valueVerb, "is are was were has have should will must named called"),
        (.function, "a an the my its their his her is and as to at on from by for of in"),
        (.toward, "to into as"),
        (.away, "from of in on based using with by for about within given according"),
        (.pronoun, "it them this that these those result results output"),
        (
            .participle,
            """
            obtained extracted generated calculated translated encrypted converted retrieved found resulting previous
            same total returned computed their its it's associated corresponding related
            """
        ),
        (.identifier, "id ids code key number token"),
        (.joint, "and then afterwards plus or before but while"),
        (.afterJoint, "then also finally lastly"),
        (.divider, "afterwards finally lastly next then additionally moreover also furthermore"),
        (.abbreviation, "mr mrs ms dr no st vs"),
        (.greeting, "hi hello hey"),
        (.ordering, "first beforehand"),
        (
            .month,
            """
            jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october
            nov november dec december
            """
        ),
        (
            .time,
            """
            today tomorrow yesterday tonight now later soon asap immediately currently last next previous past recent
            recently morning afternoon evening night nights noon midnight day days daily week weeks weekly weekend month
            months monthly quarter quarterly year years yearly annual hour hours hourly minute minutes monday tuesday
            wednesday thursday friday saturday sunday always never
            """
        ),
        (
            .weak,
            """
            new all twice again optimal optimum efficient cheapest fastest nearest full whole entire complete current
            latest old good best better other another more most many few several single proper correct right necessary
            important urgent quick fast simple easy request requests job thing things item case process processing way
            kind type detail details information info data result results one
            """
        ),
        (.article, "a an the"),
        (.negation, "not no don't doesn't never without except unless cannot can't"),
    ]

    static func set(_ words: String) -> Set<String> {
        Set(words.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
