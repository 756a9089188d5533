import Foundation
import OrraModel
import Testing

@testable import OrraHub

@Suite("Configuration of models")
struct LanguageModelConfigurationTests {
    @Test(
        "without any of the variables there is no model",
        arguments: [
            [:], ["LLM_MODEL": "", "LLM_API_KEY": " ", "LLM_API_BASE_URL": "# none"], ["EMBEDDINGS_MODEL": "e"],
        ])
    func none(environment: [String: String]) throws {
        #expect(try ModelConfiguration.read(environment: environment) == nil)
    }

    @Test("the variables of existing deployments mean what they meant")
    func existing() throws {
        let configuration = try ModelConfiguration.read(environment: [
            "LLM_MODEL": "o3-mini", "LLM_API_KEY": "sk-1", "LLM_API_BASE_URL": "https://api.openai.com/v1",
            "EMBEDDINGS_MODEL": "text-embedding-3-small", "EMBEDDINGS_API_KEY": "sk-2",
            "EMBEDDINGS_API_BASE_URL": "http://localhost:8001/v1/",
        ])
        #expect(
            configuration
                == ModelConfiguration(
                    name: "o3-mini", key: "sk-1",
                    embeddings: .init(name: "text-embedding-3-small", baseURL: "http://localhost:8001/v1", key: "sk-2"))
        )
        #expect(configuration?.timeout == .seconds(60))
        // The embedding model had a name that was taken where none was set.
        let short = try ModelConfiguration.read(environment: ["LLM_MODEL": "a/b:c@d", "EMBEDDINGS_API_KEY": "sk-2"])
        #expect(short?.embeddings?.name == "text-embedding-3-small")
        #expect(short?.embeddings?.baseURL == "https://api.openai.com/v1")
        #expect(short?.name == "a/b:c@d")
    }

    @Test("comments, quotes, blanks and the path of the call are taken off")
    func tidied() throws {
        let configuration = try ModelConfiguration.read(environment: [
            "LLM_MODEL": "\"qwq-32b-q8\"   # quantized", "LLM_API_KEY": "# often not needed",
            "LLM_API_BASE_URL": " 'http://localhost:8000/v1/chat/completions/' ",
        ])
        #expect(configuration == ModelConfiguration(name: "qwq-32b-q8", baseURL: "http://localhost:8000/v1"))
    }

    @Test("further settings")
    func further() throws {
        let configuration = try ModelConfiguration.read(environment: [
            "LLM_MODEL": "m", "LLM_TIMEOUT": "2.5", "LLM_PROMPT_PRICE": "1.10", "LLM_COMPLETION_PRICE": "4.4",
            "LLM_MAX_TOKENS": "4096", "LLM_TEMPERATURE": "0.6", "LLM_STRUCTURED_OUTPUT": "OFF",
        ])
        #expect(
            configuration
                == ModelConfiguration(
                    name: "m", timeout: .milliseconds(2_500), promptPrice: 1_100_000, completionPrice: 4_400_000,
                    structuredOutput: .off, maximumTokens: 4_096, temperature: 0.6))
        #expect(configuration?.microcost(promptTokens: 1, completionTokens: 0) == 2)
        let calibrated = try ModelConfiguration.read(environment: [
            "LLM_MODEL": "m", "EMBEDDINGS_MODEL": "e", "EMBEDDINGS_GROUNDING_THRESHOLD": "0.62",
            "EMBEDDINGS_CACHE_THRESHOLD": "0.9",
        ])
        #expect(calibrated?.embeddings?.groundingThreshold == 0.62 && calibrated?.embeddings?.cacheThreshold == 0.9)
        // Numbers that nobody pays end somewhere.
        #expect(configuration?.microcost(promptTokens: .max, completionTokens: .max) == 9_223_372_036_854)
    }

    @Test("embeddings have a price of their own")
    func embeddingsPrice() throws {
        let environment = ["LLM_MODEL": "m", "EMBEDDINGS_MODEL": "v", "EMBEDDINGS_PRICE": "0.02"]
        #expect(try ModelConfiguration.read(environment: environment)?.embeddings?.price == 20_000)
    }

    @Test("a budget needs both prices, and says which one is missing; none and 0 need nothing")
    func budgets() {
        var model = ModelConfiguration(name: "m")
        func fault(_ budget: Int?) -> String? { ModelConfiguration.fault(ofBudget: budget, with: model) }
        #expect(fault(nil) == nil && fault(0) == nil)
        #expect(fault(1)?.contains("set LLM_PROMPT_PRICE and LLM_COMPLETION_PRICE where") == true)
        #expect(ModelConfiguration.fault(ofBudget: 1, with: nil) == fault(1))
        model.promptPrice = 1
        #expect(fault(1)?.contains("set LLM_COMPLETION_PRICE where") == true)
        model.completionPrice = 0
        #expect(fault(1) == nil)
    }

    @Test(
        "what can't be is refused with the variable's name, and no key is quoted",
        arguments: [
            (["LLM_API_KEY": "sk-1"], "LLM_MODEL"), (["LLM_API_BASE_URL": "http://localhost:1/v1"], "LLM_MODEL"),
            (["LLM_MODEL": "m", "LLM_API_BASE_URL": "localhost:8000"], "LLM_API_BASE_URL"),
            (["LLM_MODEL": "m", "LLM_API_BASE_URL": "https://"], "LLM_API_BASE_URL"),
            (["LLM_MODEL": "m", "LLM_API_BASE_URL": "https://u:sk-1@host/v1"], "LLM_API_BASE_URL"),
            (["LLM_MODEL": "m", "LLM_API_BASE_URL": "https://host/v1?key=sk-1"], "LLM_API_BASE_URL"),
            (["LLM_MODEL": "m", "LLM_API_KEY": "sk-1\u{7}"], "LLM_API_KEY"),
            (["LLM_MODEL": "m", "EMBEDDINGS_API_BASE_URL": "ftp://host"], "EMBEDDINGS_API_BASE_URL"),
            (["LLM_MODEL": "m", "LLM_TIMEOUT": "0"], "LLM_TIMEOUT"),
            (["LLM_MODEL": "m", "LLM_TIMEOUT": "nan"], "LLM_TIMEOUT"),
            (["LLM_MODEL": "m", "LLM_PROMPT_PRICE": "-1"], "LLM_PROMPT_PRICE"),
            (["LLM_MODEL": "m", "EMBEDDINGS_MODEL": "v", "EMBEDDINGS_PRICE": "free"], "EMBEDDINGS_PRICE"),
            (
                ["LLM_MODEL": "m", "EMBEDDINGS_MODEL": "e", "EMBEDDINGS_GROUNDING_THRESHOLD": "62"],
                "EMBEDDINGS_GROUNDING_THRESHOLD"
            ), (["LLM_MODEL": "m", "EMBEDDINGS_CACHE_THRESHOLD": "0.9"], "EMBEDDINGS_CACHE_THRESHOLD"),
            (["LLM_MODEL": "m", "LLM_STRUCTURED_OUTPUT": "maybe"], "LLM_STRUCTURED_OUTPUT"),
        ])
    func faults(environment: [String: String], variable: String) {
        do {
            _ = try ModelConfiguration.read(environment: environment)
            Issue.record("taken")
        } catch {
            #expect(error.variable == variable)
            #expect(!error.message.contains("sk-1"))
        }
    }

    @Test("the recipes in docs/models.md give the endpoint and the model that they state")
    func recipes() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/models.md"), encoding: .utf8)
        var count = 0
        for part in text.components(separatedBy: "```env\n").dropFirst() {
            let block = part.components(separatedBy: "\n```")[0]
            var environment: [String: String] = [:]
            for line in block.split(separator: "\n") where !line.hasPrefix("#") {
                let pair = line.split(separator: "=", maxSplits: 1).map(String.init)
                environment[pair[0]] = pair.count > 1 ? pair[1] : ""
            }
            let configuration = try #require(try ModelConfiguration.read(environment: environment))
            // The sentence behind the block: Asks `gpt-5-mini` at `https://…`, and compares texts with `…` at `…`.
            let sentence = part.components(separatedBy: "\n```\n")[1].drop { $0.isNewline }.prefix { !$0.isNewline }
            let stated = sentence.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            let expected =
                [configuration.name, "\(configuration.baseURL)/chat/completions"]
                + (configuration.embeddings.map { [$0.name, "\($0.baseURL)/embeddings"] } ?? [])
            #expect(sentence.hasPrefix("Asks "))
            #expect(stated == expected)
            count += 1
        }
        #expect(count >= 7)
    }
}
