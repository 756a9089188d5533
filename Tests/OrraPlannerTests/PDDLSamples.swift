import OrraPlanner

/// A small world with all that the parser knows.
enum PDDLSample {
    static let domain = """
        ; Parcels between depots.
        (define (domain parcels)
          (:requirements :strips :typing :negative-preconditions :disjunctive-preconditions :equality
            :universal-preconditions :existential-preconditions :conditional-effects)
          (:types depot movable - object van parcel - movable fragile - parcel)
          (:constants home - depot)
          (:predicates (at ?thing - movable ?place - depot) (in ?parcel - parcel ?van - van) (closed ?place - depot)
            (wrapped ?parcel - fragile) (heavy ?thing))
          (:action load
            :parameters (?parcel - parcel ?van - van ?place - depot)
            :precondition (and (at ?parcel ?place) (at ?van ?place) (not (heavy ?parcel)))
            :effect (and (in ?parcel ?van) (not (at ?parcel ?place))))
          (:action wrap
            :parameters (?parcel - fragile ?place - depot)
            :precondition (at ?parcel ?place)
            :effect (wrapped ?parcel))
          (:action drive
            :parameters (?van - van ?from ?to - depot)
            :precondition (and (at ?van ?from) (not (= ?from ?to)) (or (not (closed ?to)) (= ?to home))
              (forall (?parcel - fragile) (imply (in ?parcel ?van) (wrapped ?parcel))))
            :effect (and (at ?van ?to) (not (at ?van ?from))
              (forall (?parcel - parcel) (when (in ?parcel ?van) (and (at ?parcel ?to) (not (in ?parcel ?van)))))))
        )
        """
    static let problem = """
        (define (problem one) (:domain parcels)
          (:objects north south - depot red - van box - parcel glass - fragile)
          (:init (at red north) (at box north) (at glass north) (closed south) (not (heavy box)))
          (:goal (and (at box home) (exists (?van - van) (at ?van home)))))
        """
    static let plan = """
        (load box red north) ; first
        (DRIVE red north HOME)
        """

    static func error(domain: String) -> PDDLError? { error { () throws(PDDLError) in _ = try PDDL.Domain(domain) } }

    static func error(problem: String, domain: String = domain) -> PDDLError? {
        error { () throws(PDDLError) in _ = try PDDL.Problem(problem, domain: try PDDL.Domain(domain)) }
    }

    static func error(plan: String, problem: String = problem, domain: String = domain) -> PDDLError? {
        error { () throws(PDDLError) in
            try PDDLValidator.validate(domain: domain, problem: problem, plan: plan)
        }
    }

    static func error(_ body: () throws(PDDLError) -> Void) -> PDDLError? {
        do {
            try body()
            return nil
        } catch {
            return error
        }
    }

    /// A domain of two types, two predicates and one action whose parts are given.
    static func domain(
        requirements: String = ":strips :typing", types: String = "cup shelf", constants: String = "",
        predicates: String = "(on ?cup - cup ?shelf - shelf) (clean ?cup - cup)",
        parameters: String = "?cup - cup ?shelf - shelf", precondition: String = "(on ?cup ?shelf)",
        effect: String = "(clean ?cup)"
    ) -> String {
        """
        (define (domain kitchen)
        (:requirements \(requirements))
        (:types \(types))
        \(constants.isEmpty ? "" : "(:constants \(constants))")
        (:predicates \(predicates))
        (:action wash
        :parameters (\(parameters))
        :precondition \(precondition)
        :effect \(effect)))
        """
    }
}
