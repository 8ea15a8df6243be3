// What bench-peers asks of llama.cpp, by its public interface (llama.h) and its defaults: one process, one measurement,
// one JSON object on standard output. Greedy, no sampler; times by a steady clock, in milliseconds.
//
//     llama_cpp MODEL THREADS read   PREFIX QUESTION DECODE [STATE]   reads PREFIX, then QUESTION, says DECODE tokens more;
//                                                                      with STATE saves what PREFIX left, before QUESTION
//     llama_cpp MODEL THREADS resume STATE QUESTION DECODE             goes on from STATE
//     llama_cpp MODEL THREADS logits PROMPTS LOGITS                    PROMPTS: int32 length and ids of each; the last row of each
//     llama_cpp MODEL THREADS tokens FILE                              the ids of a text, to compare
//     llama_cpp MODEL THREADS q4_0   TARGET                            the model rounded again, to the library's fastest format
//
// PREFIX and QUESTION are files of text with the model's special tokens. Nothing is run before the clock starts.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "llama.h"

using Clock = std::chrono::steady_clock;
using Tokens = std::vector<llama_token>;

static double since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

[[noreturn]] static void fail(const std::string & message) {
    fprintf(stderr, "llama_cpp: %s\n", message.c_str());
    exit(1);
}

static std::string contents(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        fail("cannot read " + path);
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Peer {
    llama_model * model = nullptr;
    llama_context * context = nullptr;
    const llama_vocab * vocab = nullptr;
    int threads = 0;
    double open_ms = 0;

    Peer(const char * path, int threads) : threads(threads) {
        llama_log_set([](ggml_log_level level, const char * text, void *) {
            if (level == GGML_LOG_LEVEL_ERROR) {
                fputs(text, stderr);
            }
        }, nullptr);
        const auto start = Clock::now();
        llama_backend_init();
        model = llama_model_load_from_file(path, llama_model_default_params());
        if (!model) {
            fail(std::string("cannot open ") + path);
        }
        vocab = llama_model_get_vocab(model);
        open_ms = since(start);
    }

    // Room for so many tokens; made once, and counted as opening.
    void make_room(size_t tokens) {
        const auto start = Clock::now();
        llama_context_params params = llama_context_default_params();
        params.n_ctx = (uint32_t) tokens;
        params.n_threads = threads;
        params.n_threads_batch = threads;
        context = llama_init_from_model(model, params);
        if (!context) {
            fail("no context of " + std::to_string(tokens) + " tokens");
        }
        open_ms += since(start);
    }

    Tokens encode(const std::string & text) const {
        Tokens ids(text.size() + 8);
        const int n = llama_tokenize(vocab, text.data(), (int) text.size(), ids.data(), (int) ids.size(), false, true);
        if (n < 0) {
            fail("cannot tokenise");
        }
        ids.resize(n);
        return ids;
    }

    void run(Tokens ids) {
        const size_t most = llama_n_batch(context);
        for (size_t at = 0; at < ids.size(); at += most) {
            const int n = (int) std::min(most, ids.size() - at);
            if (llama_decode(context, llama_batch_get_one(ids.data() + at, n))) {
                fail("a run failed");
            }
        }
    }

    llama_token likeliest() const {
        const float * logits = llama_get_logits_ith(context, -1);
        return (llama_token) (std::max_element(logits, logits + llama_vocab_n_tokens(vocab)) - logits);
    }
};

static size_t room(size_t tokens) {
    return (tokens + 255) / 256 * 256; // as llama.cpp rounds it itself
}

// The question, then `count` tokens → JSON's end; `start` is when the first text was asked for.
static std::string answer(Peer & peer, const Tokens & question, int count, Clock::time_point start) {
    peer.run(question);
    Tokens said{peer.likeliest()};
    char piece[256];
    llama_token_to_piece(peer.vocab, said[0], piece, sizeof piece, 0, false);
    const double first_ms = since(start);
    const auto begun = Clock::now();
    while ((int) said.size() < count) {
        peer.run({said.back()});
        said.push_back(peer.likeliest());
    }
    const double decode_ms = since(begun);
    std::string ids;
    for (llama_token id : said) {
        ids += (ids.empty() ? "" : ", ") + std::to_string(id);
    }
    return "\"first_ms\": " + std::to_string(first_ms) + ", \"decode_ms\": " + std::to_string(decode_ms) +
           ", \"said\": [" + ids + "]}\n";
}

// Times run from before the text is tokenised; the context's size needs its number of tokens, so that is counted before.
static void read(Peer & peer, char ** args, const char * state) {
    const std::string prefix = contents(args[0]);
    const std::string question = contents(args[1]);
    const int count = atoi(args[2]);
    peer.make_room(room(peer.encode(prefix).size() + peer.encode(question).size() + count));
    const auto start = Clock::now();
    const Tokens before = peer.encode(prefix);
    peer.run(before);
    const double read_ms = since(start);
    if (state && !llama_state_seq_save_file(peer.context, state, 0, before.data(), before.size())) {
        fail("cannot save");
    }
    const auto asked = Clock::now();
    const Tokens after = peer.encode(question);
    printf("{\"open_ms\": %f, \"read_ms\": %f, \"document_tokens\": %zu, \"question_tokens\": %zu, %s", peer.open_ms, read_ms,
           before.size(), after.size(), answer(peer, after, count, asked).c_str());
}

static void resume(Peer & peer, char ** args) {
    const std::string question = contents(args[1]);
    const int count = atoi(args[2]);
    Tokens tokens(1 << 20);
    size_t n = 0;
    std::ifstream header(args[0], std::ios::binary);
    uint32_t words[3] = {}; // magic, version, number of tokens
    header.read((char *) words, sizeof words);
    peer.make_room(room(words[2] + peer.encode(question).size() + count));
    const auto start = Clock::now();
    if (!llama_state_seq_load_file(peer.context, args[0], 0, tokens.data(), tokens.size(), &n)) {
        fail("cannot restore");
    }
    const double restore_ms = since(start);
    const Tokens after = peer.encode(question);
    printf("{\"open_ms\": %f, \"restore_ms\": %f, \"document_tokens\": %zu, %s", peer.open_ms, restore_ms, n,
           answer(peer, after, count, start).c_str());
}

static void logits(Peer & peer, char ** args) {
    const std::string bytes = contents(args[0]);
    const int32_t * at = (const int32_t *) bytes.data();
    const int32_t * end = at + bytes.size() / sizeof(int32_t);
    size_t longest = 0;
    for (const int32_t * p = at; p < end; p += 1 + *p) {
        longest = std::max(longest, (size_t) *p);
    }
    peer.make_room(room(longest));
    std::ofstream out(args[1], std::ios::binary);
    for (; at < end; at += 1 + *at) {
        llama_memory_clear(llama_get_memory(peer.context), true);
        peer.run(Tokens(at + 1, at + 1 + *at));
        out.write((const char *) llama_get_logits_ith(peer.context, -1), sizeof(float) * llama_vocab_n_tokens(peer.vocab));
    }
    printf("{\"open_ms\": %f, \"vocabulary\": %d}\n", peer.open_ms, llama_vocab_n_tokens(peer.vocab));
}

static void tokens(Peer & peer, char ** args) {
    std::string ids;
    for (llama_token id : peer.encode(contents(args[0]))) {
        ids += (ids.empty() ? "" : ", ") + std::to_string(id);
    }
    printf("{\"system\": \"%s\", \"ids\": [%s]}\n", llama_print_system_info(), ids.c_str());
}

static void round_again(const char * model, int threads, const char * target) {
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.nthread = threads;
    params.ftype = LLAMA_FTYPE_MOSTLY_Q4_0;
    params.allow_requantize = true;
    if (llama_model_quantize(model, target, &params)) {
        fail(std::string("cannot round ") + model);
    }
    printf("{}\n");
}

int main(int count, char ** args) {
    const std::string task = count > 3 ? args[3] : "";
    const int given = count - 4;
    const bool known = (task == "read" && (given == 3 || given == 4)) || (task == "resume" && given == 3) ||
                       (task == "logits" && given == 2) || ((task == "tokens" || task == "q4_0") && given == 1);
    if (!known) {
        fail("found other words than read, resume, logits, tokens or q4_0 with their files");
    }
    if (task == "q4_0") {
        round_again(args[1], atoi(args[2]), args[4]);
        return 0;
    }
    Peer peer(args[1], atoi(args[2]));
    if (task == "read") {
        read(peer, args + 4, given == 4 ? args[7] : nullptr);
    } else if (task == "resume") {
        resume(peer, args + 4);
    } else if (task == "logits") {
        logits(peer, args + 4);
    } else {
        tokens(peer, args + 4);
    }
    return 0;
}
