//! Follow-up questions: what they are put in full as, and what a document's chat makes of them with every kind of model.

mod common;

use common::{finish, open, read};
use edgeinfinite_core::testing::resolved;
use edgeinfinite_core::{Answer, AskOptions, Document, DocumentChat, Reading};

const BOILER: (&str, &str) = ("When is the boiler serviced?", "The boiler is serviced every September by the firm Halberg.");
const RENT: (&str, &str) = ("How much is the rent?", "The rent is 840 euros a month.");
const REPAIRS: (&str, &str) =
    ("To whom must larger repairs be reported?", "Larger repairs must be reported to the caretaker, Mr Ossian Reed, in writing.");
const NOTICE: (&str, &str) = ("How much notice must the tenant give?", "The tenant may give notice with three months' warning.");
const POOL: (&str, &str) = ("When does the pool open on weekdays?", "The pool opens at seven in the morning on weekdays.");
const TICKET: (&str, &str) = ("How much does a single ticket cost for adults?", "A single ticket costs 6 francs for adults.");
const GUARD: (&str, &str) = ("Who is the head lifeguard?", "The head lifeguard is Dana Whitlock.");
const STORM: (&str, &str) = ("What damaged the fence along the railway?", "A storm damaged the fence along the railway on 14 February.");
const KEEPER: (&str, &str) = ("Who kept the lighthouse at Orrin Bay?", "Marta Fenn kept the lighthouse at Orrin Bay for thirty-one years.");
const GIFT: (&str, &str) =
    ("What did Marta give to the village school?", "Marta gave the telescope to the village school before she died.");
const MOVE: (&str, &str) = ("When do we move to the new office?", "We move to the new office on Kessler Road on Monday, 12 August.");
const OBJECTIONS: (&str, &str) = ("To whom were objections sent?", "Objections had to be sent to the clerk, Oskar Lund.");
const FEE: (&str, &str) = ("When is the late fee charged?", "The late fee is charged after three days.");
const LAMPS: (&str, &str) =
    ("When are street lamps switched off?", "Street lamps are switched off between one and four at night from December on.");

/// What was asked before and what answered it, the follow-up, and the same in full; none where it stands by itself.
const GOLDEN: &[((&str, &str), &str, Option<&str>)] = &[
    // Words that point back.
    (BOILER, "And who pays for it?", Some("Who pays for the boiler?")),
    (BOILER, "What does it cost?", Some("What does the boiler cost?")),
    (BOILER, "Who is its owner?", Some("Who is the boiler's owner?")),
    (RENT, "When is it due?", Some("When is the rent due?")),
    (REPAIRS, "How can he be reached?", Some("How can Mr Ossian Reed be reached?")),
    (GUARD, "Which keys does she keep?", Some("Which keys does Dana Whitlock keep?")),
    (GUARD, "What is her number?", Some("What is Dana Whitlock's number?")),
    (KEEPER, "Who was her husband?", Some("Who was Marta Fenn's husband?")),
    (GIFT, "Where is it kept?", Some("Where is the telescope kept?")),
    (NOTICE, "How must it be sent?", Some("How must notice be sent?")),
    (OBJECTIONS, "How many did he receive?", Some("How many objections did Oskar Lund receive?")),
    (LAMPS, "How much does that save?", Some("How much does switching off street lamps save?")),
    (FEE, "How high is the fee?", Some("How high is the late fee?")),
    (MOVE, "Which firm does it?", Some("Which firm moves to the new office?")),
    // Question words alone.
    (BOILER, "By whom?", Some("By whom is the boiler serviced?")),
    (BOILER, "How often?", Some("How often is the boiler serviced?")),
    (BOILER, "Who?", Some("By whom is the boiler serviced?")),
    (STORM, "When?", Some("When was the fence along the railway damaged?")),
    (KEEPER, "For how long?", Some("For how long did Marta Fenn keep the lighthouse at Orrin Bay?")),
    // A phrase alone.
    (RENT, "What about the deposit?", Some("How much is the deposit?")),
    (RENT, "And the deposit?", Some("How much is the deposit?")),
    (NOTICE, "And the landlord?", Some("How much notice must the landlord give?")),
    (POOL, "And on Saturdays?", Some("When does the pool open on Saturdays?")),
    (POOL, "What about Sundays?", Some("When does the pool open on Sundays?")),
    (POOL, "And the sauna?", Some("When does the sauna open on weekdays?")),
    (TICKET, "And for children?", Some("How much does a single ticket cost for children?")),
    (TICKET, "And a season ticket?", Some("How much does a season ticket cost for adults?")),
    (RENT, "And if it is late?", Some("What happens if the rent is late?")),
    // No noun of its own.
    (BOILER, "And who pays?", Some("Who pays for the boiler?")),
    (STORM, "What was the cost?", Some("What was the cost of the fence along the railway?")),
    // Questions that stand by themselves, on the same subject and on another one.
    (BOILER, "How much is the rent?", None),
    (BOILER, "And how much is the rent?", None),
    (BOILER, "Are dogs allowed in the garden?", None),
    (BOILER, "Who pays for small repairs?", None),
    (RENT, "Is there a lift in the house?", None),
    (RENT, "What happens if it rains?", None),
    (RENT, "Is it allowed to smoke on the balcony?", None),
    (RENT, "May a tenant keep his bicycle in the hall?", None),
    (GUARD, "Where is the red book kept?", None),
    (GUARD, "When must members pay when they leave?", None),
    (KEEPER, "Which ship ran aground?", None),
    (POOL, "Tell me about the tickets", None),
    (POOL, "And", None),
    (POOL, "", None),
];

#[test]
fn each_follow_up_is_put_in_full() {
    let wrong: Vec<String> = GOLDEN
        .iter()
        .map(|((before, quote), question, expected)| (question, resolved(question, &[(before, &[quote])]), *expected))
        .filter(|(_, found, expected)| found.as_deref() != *expected)
        .map(|(question, found, expected)| format!("{question}: found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_first_question_of_all_is_left_as_it_is() {
    for (_, question, _) in GOLDEN {
        assert_eq!(resolved(question, &[]), None, "{question}");
    }
}

#[test]
fn what_was_put_in_full_is_what_the_next_one_refers_to() {
    let second = resolved("By whom?", &[(BOILER.0, &[BOILER.1])]).unwrap();
    let third = resolved("And who pays for it?", &[(BOILER.0, &[BOILER.1]), (&second, &[BOILER.1])]);
    assert_eq!(third.as_deref(), Some("Who pays for the boiler?"));
    let marked = resolved("Who refunded it?", &[("And how much did the repair cost?", &["The repair cost 8,600 francs."])]);
    assert_eq!(marked.as_deref(), Some("Who refunded the repair?"));
    // An older question has what the last one lacks.
    let older =
        resolved("When does she start?", &[(GUARD.0, &[GUARD.1]), ("Where does the book lie?", &["The book lies in the pump room."])]);
    assert_eq!(older.as_deref(), Some("When does Dana Whitlock start?"));
}

const LEASE: &str = "# Lease\n\nThe boiler is serviced every September by the firm Halberg. The landlord bears the cost of servicing the boiler. \
    The rent is 840 euros a month. It is due on the third working day of each month. Cats may be kept without asking. \
    Larger repairs must be reported to the caretaker, Mr Ossian Reed, in writing.";

fn ask(chat: &DocumentChat, question: &str) -> Answer {
    finish(&chat.ask(question, AskOptions::default()).unwrap())
}

fn alone(document: &Document, question: &str) -> Answer {
    finish(&document.ask(question, AskOptions::default()).unwrap())
}

#[test]
fn every_kind_of_model_answers_follow_ups_without_a_further_run() {
    // A citing model, the same with a reader beside it, a reader alone, a free one.
    for (name, scenario) in [("finder", None), ("demo", None), ("tiny-reader", None), ("tiny", Some("large"))] {
        let document = read(&open(name, scenario), LEASE, Reading::Recall);
        let chat = document.chat();
        assert_eq!(ask(&chat, BOILER.0).resolved_question, None, "{name}");
        let second = ask(&chat, "And who pays for it?");
        assert_eq!(second.question.as_deref(), Some("And who pays for it?"), "{name}");
        assert_eq!(second.resolved_question.as_deref(), Some("Who pays for the boiler?"), "{name}");
        let same = alone(&document, "Who pays for the boiler?");
        assert_eq!(second.usage.prompt_tokens, same.usage.prompt_tokens, "{name}");
        assert_eq!((same.resolved_question, same.question.as_deref()), (None, Some("Who pays for the boiler?")), "{name}");
    }
}

#[test]
fn a_question_of_its_own_is_answered_as_alone() {
    let document = read(&open("finder", None), LEASE, Reading::Recall);
    let chat = document.chat();
    ask(&chat, BOILER.0);
    for question in ["How much is the rent?", "To whom must larger repairs be reported?"] {
        let (found, expected) = (ask(&chat, question), alone(&document, question));
        let said =
            |answer: &Answer| (answer.text.clone(), answer.quotes.clone(), answer.confidence.to_bits(), answer.resolved_question.clone());
        assert_eq!(said(&found), said(&expected), "{question}");
    }
    // The subject is now another one.
    assert_eq!(ask(&chat, "How can he be reached?").resolved_question.as_deref(), Some("How can Mr Ossian Reed be reached?"));
}

const POOL_RULES: &str = "# Pool\n\nThe pool opens at seven in the morning on weekdays. On Sundays it opens at ten. The sauna is heated by wood. \
    A single ticket costs 6 francs for adults. Children pay 3 francs. The head lifeguard is Dana Whitlock. Towels cost two francs each. The cafe opens at ten o'clock and closes at half past six.";

#[test]
fn a_follow_up_is_answered_by_what_it_says_anew_or_not_at_all() {
    // What was asked before, the follow-up, and words of its answer; none where the text has no answer.
    let cases = [
        (TICKET.0, "And for children?", Some("Children pay 3 francs.")),
        (TICKET.0, "And for families?", None),
        (TICKET.0, "And for pensioners?", None),
        (TICKET.0, "And towels?", Some("Towels cost two francs each.")),
        (POOL.0, "And on Sundays?", Some("On Sundays it opens at ten.")),
        (POOL.0, "And the cafe?", Some("The cafe opens at ten o'clock and closes at half past six.")),
        (POOL.0, "What about holidays?", None),
        (POOL.0, "And the library?", None),
    ];
    for name in ["finder", "reader"] {
        let document = read(&open(name, None), POOL_RULES, Reading::Recall);
        for (first, question, expected) in cases {
            let chat = document.chat();
            assert!(ask(&chat, first).found, "{name}: {first}");
            let second = ask(&chat, question);
            assert_eq!(second.quotes.first().map(|quote| quote.text.as_str()), expected, "{name}: {question}");
            assert_eq!(second.found, expected.is_some(), "{name}: {question}");
        }
    }
}

#[test]
fn one_answer_at_a_time_and_what_was_left_was_never_asked() {
    let document = read(&open("finder", None), LEASE, Reading::Recall);
    let chat = document.chat();
    ask(&chat, BOILER.0);
    let under_way = chat.ask("May cats be kept?", AskOptions::default()).unwrap();
    assert_eq!(chat.ask("Why?", AskOptions::default()).unwrap_err().code(), "call.busy");
    under_way.cancel();
    assert_eq!(under_way.next().unwrap_err().code(), "cancelled");
    drop(under_way);
    assert_eq!(ask(&chat, "By whom?").resolved_question.as_deref(), Some("By whom is the boiler serviced?"));
    assert_eq!(chat.ask(" \n", AskOptions::default()).unwrap_err().code(), "argument.question");
    assert_eq!(ask(&chat, "How often?").resolved_question.as_deref(), Some("How often is the boiler serviced?"));
}

#[test]
fn chats_do_not_see_each_other() {
    let document = read(&open("finder", None), LEASE, Reading::Recall);
    let [one, other] = [(); 2].map(|()| document.chat());
    ask(&one, BOILER.0);
    ask(&other, RENT.0);
    assert_eq!(ask(&one.clone(), "When is it due?").resolved_question.as_deref(), Some("When is the boiler due?"));
    assert_eq!(ask(&other, "When is it due?").resolved_question.as_deref(), Some("When is the rent due?"));
    assert_eq!(ask(&document.chat(), "When is it due?").resolved_question, None);
}

#[test]
fn in_other_languages_a_follow_up_is_asked_after_the_question_before() {
    const MIETE: &str = "Die Miete beträgt 840 Euro im Monat und ist am dritten Werktag zu zahlen. Die Kaution beträgt drei Monatsmieten und wird nach dem \
        Auszug innerhalb von neunzig Tagen zurückgezahlt. Der Hausmeister ist Herr Ossian Reed, und er wohnt im ersten Stock.";
    let document = read(&open("finder", None), MIETE, Reading::Recall);
    let chat = document.chat();
    assert_eq!(ask(&chat, "Wie hoch ist die Miete?").resolved_question, None);
    assert_eq!(ask(&chat, "Und die Kaution?").resolved_question.as_deref(), Some("Wie hoch ist die Miete? Und die Kaution?"));
    assert_eq!(ask(&chat, "Wann?").resolved_question.as_deref(), Some("Wie hoch ist die Miete? Und die Kaution? Wann?"));
    assert_eq!(ask(&chat, "Wer ist der Hausmeister?").resolved_question, None);
}

#[test]
fn hostile_follow_ups_do_not_panic() {
    let odd = [
        "?",
        "¿Y?",
        "it",
        "it it it",
        "of",
        "by by",
        "what about",
        "And what about",
        "one",
        "who who who",
        "🐟",
        "the",
        "'s",
        "How many",
        "those who",
        "if",
    ];
    for before in odd.iter().chain(GOLDEN.iter().map(|(before, _, _)| &before.0)) {
        for question in odd.iter().chain(GOLDEN.iter().map(|(_, question, _)| question)) {
            let _ = resolved(question, &[(before, &[before, question])]);
        }
    }
    assert_eq!(resolved(&"and it ".repeat(4000), &[(BOILER.0, &[BOILER.1])]), None, "what is long says enough");
}
