//! The closed classes of English that questions are told apart by. Words in small letters; pure.

/// One of several lists, each of words with spaces between.
fn any(word: &str, lists: &[&str]) -> bool {
    lists.iter().any(|list| list.split(' ').any(|one| one == word))
}

const DETERMINERS: &str = "the a an this that these those each every any some no all both another";
const POSSESSIVES: &str = "my your our his her its their";
const BE: &str = "is are was were am isn't aren't wasn't weren't";
const AUXILIARIES: &str = "do does did has have had can could will would shall should may might must don't doesn't didn't can't cannot couldn't won't \
wouldn't shouldn't mustn't hasn't haven't hadn't";
const PREPOSITIONS: &str = "of in on at by for with from to into onto about after before during until till since between against without within under \
over above below near beside beneath behind through per as than along across around inside outside towards toward upon except despite off";
const CONJUNCTIONS: &str = "and or but if when while because although whether unless so once nor";
const PRONOUNS: &str = "i you we he she it they me us him them one someone anyone somebody anybody everyone everybody nobody everything anything \
something nothing none there here who whom what which whose where why how myself yourself itself himself herself themselves";
const ADVERBS: &str = "not also too still already again only ever never now then always usually often more most less least very even just back away \
together else exactly soon later earlier up down out ahead long yet instead first";
const DEGREES: &str = "much many long often far old big large high late early soon fast deep tall wide heavy expensive loud cold hot warm quickly well \
thick small strong short low near close";
/// Adjectives and participles that stand after `be` and its subject, besides those in -ed.
const STATES: &str = "open closed free due available responsible liable required possible necessary valid empty full safe ready mandatory optional \
included refundable late early paid held kept sent made built sold given taken written known found set left lost born done met cut shut put read told bought \
brought chosen driven drawn broken begun stolen spent sown shown worn taught thought caught fed hung laid led lent run sunk won grown forbidden hidden \
cheap expensive busy closed insured old new wrong high cold hot loud dangerous legal illegal there";
/// Base forms that stand after a subject without its being told by form.
const VERBS: &str = "pay give take make get need cost open close start begin end last come go leave move keep hold have be do say tell show ask answer \
send bring carry stand lie live work teach learn train write read call reach find lose win run walk swim drive fly sleep eat drink wear buy sell rent \
lend borrow return repair clean wash use apply cancel book order sign serve stop stay sit meet see know mean cover include contain belong weigh measure test \
check consist depend decide vote choose want wish expect plan offer report receive refund charge save change grow fall rise arrive happen speak talk help \
mend fix replace build design found print deliver collect burn heat become require expire renew terminate respond provide support allow permit argue carry \
raise join elect own count earn play repeat drown die drown promise produce supply enter visit register submit attend";
/// Those of them that are nouns as often.
const NOUNS_TOO: &str = "cost open close start end last move hold show answer stand work train call rent repair wash use order serve stop stay need measure \
test vote plan offer report refund charge save change fall rise help mend fix design print burn supply visit register count play produce book wear drink \
drive walk swim run return cover state support count head";
/// Forms of the past that no ending tells, with their base forms.
const IRREGULAR: [(&str, &str); 38] = [
    ("kept", "keep"),
    ("wrote", "write"),
    ("gave", "give"),
    ("took", "take"),
    ("made", "make"),
    ("came", "come"),
    ("went", "go"),
    ("said", "say"),
    ("told", "tell"),
    ("sent", "send"),
    ("built", "build"),
    ("bought", "buy"),
    ("sold", "sell"),
    ("paid", "pay"),
    ("held", "hold"),
    ("led", "lead"),
    ("won", "win"),
    ("lost", "lose"),
    ("found", "find"),
    ("met", "meet"),
    ("ran", "run"),
    ("began", "begin"),
    ("chose", "choose"),
    ("drew", "draw"),
    ("drove", "drive"),
    ("fell", "fall"),
    ("left", "leave"),
    ("lent", "lend"),
    ("rose", "rise"),
    ("saw", "see"),
    ("spoke", "speak"),
    ("stood", "stand"),
    ("taught", "teach"),
    ("brought", "bring"),
    ("had", "have"),
    ("was", "be"),
    ("were", "be"),
    ("got", "get"),
]; // fmt: skip
/// Nouns that name a person by what they do, besides those in -er, -or, -ist and -man.
const PEOPLE: &str = "tenant tenants landlord landlady chair treasurer secretary doctor nurse child children adult adults student students member members \
guest guests visitor visitors pupil pupils pensioner pensioners captain uncle aunt mother father daughter son husband wife boy girl man woman men women \
people person staff technician coach beekeeper mayor vicar firm's employee employees client clients customer customers patient patients beginner beginners \
parent parents traders trader guide clerk admiral countess king queen colleague colleagues participant participants volunteer volunteers friend \
neighbour neighbours neighbor neighbors lawyer judge expert experts assistant applicant applicants spouse partner librarian musician";
const NO_PEOPLE: &str = "water paper letter number order computer door floor corner boiler border locker counter offer computer summer winter september \
october november december river weather motor reactor sector factor mirror error floor colour color harbour danger printer scanner register folder \
chapter cover power layer quarter centre center dinner supper charter container trailer heater cooler timer filter inverter reservoir shower tower fever \
member's poster banner chamber timber silver copper butter sugar flower powder rubber ladder daughter's matter manner meter metre litre fire elevator \
generator radiator tractor monitor corridor transfer semester trimester order dishwasher parlor tutor's interior exterior newspaper barrier buffer";
const TITLES: &str = "mr mrs ms miss dr prof professor mr. mrs. ms. dr. prof. sir lady admiral captain sister brother father";
const TIMES: &str = "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays january \
february march april may june july august september october november december spring summer autumn winter weekday weekdays weekend weekends holiday holidays \
morning mornings afternoon afternoons evening evenings night nights day days week weeks month months year years today tomorrow yesterday noon midnight \
easter christmas minute minutes hour hours moment";
/// What a question asks for rather than what it is about.
const LIGHT: &str = "time name kind sort way thing things day date year month class number amount purpose reason cause kind address size age colour color \
price cost total length height weight place percentage share part";
/// Nouns that say little without what they are of or for.
const RELATIONAL: &str = "cause reason price cost purpose total result outcome owner author size age colour color name date address length height weight \
consequence consequences effect amount number title subject aim content origin";
const RELATIONAL_FOR: &str = "penalty fine fee charge deadline limit exception exceptions procedure form minimum maximum condition conditions requirement \
requirements explanation alternative alternatives contact budget";
const ORDINALS: &str = "first second third fourth fifth sixth last next other others former latter previous new old same";
const PLACES: &str = "abroad outside outdoors indoors inside upstairs downstairs elsewhere here home";
const DAYS: &str = "today tomorrow tonight now yesterday later afterwards";

/// Whether a word before a follow-up says only that it is one.
pub(super) fn is_marker(word: &str) -> bool {
    any(word, &["and but so also then ok okay or well now plus hm"])
}

pub(super) fn is_determiner(word: &str) -> bool {
    any(word, &[DETERMINERS])
}

pub(super) fn is_possessive(word: &str) -> bool {
    any(word, &[POSSESSIVES]) || word.ends_with("'s")
}

pub(super) fn is_be(word: &str) -> bool {
    any(word, &[BE])
}

pub(super) fn is_auxiliary(word: &str) -> bool {
    any(word, &[BE, AUXILIARIES])
}

pub(super) fn is_preposition(word: &str) -> bool {
    any(word, &[PREPOSITIONS])
}

pub(super) fn is_wh(word: &str) -> bool {
    matches!(word, "who" | "whom" | "whose" | "what" | "which" | "when" | "where" | "why" | "how")
}

pub(super) fn is_degree(word: &str) -> bool {
    any(word, &[DEGREES])
}

/// Whether a word begins another clause.
pub(super) fn begins_clause(word: &str) -> bool {
    any(word, &["if when while because although whether unless once before after until that which who where"])
}

/// Whether a word is none that names, qualifies or does something.
pub(super) fn is_closed(word: &str) -> bool {
    any(word, &[BE, AUXILIARIES, PREPOSITIONS, CONJUNCTIONS, PRONOUNS, ADVERBS, DETERMINERS, POSSESSIVES])
        || matches!(word, "be" | "been" | "being")
}

/// Whether a word may end what stands after `be` and its subject.
pub(super) fn is_state(word: &str) -> bool {
    any(word, &[STATES]) || word.len() > 4 && word.ends_with("ed")
}

pub(super) fn is_base_verb(word: &str) -> bool {
    any(word, &[VERBS])
}

/// Whether a base form is a noun as often.
pub(super) fn is_noun_too(word: &str) -> bool {
    any(word, &[NOUNS_TOO])
}

/// The base form of one in the past that no ending tells.
pub(super) fn base_of_irregular(word: &str) -> Option<&'static str> {
    IRREGULAR.iter().find(|(past, _)| *past == word).map(|(_, base)| *base)
}

/// Whether a noun names a person.
pub(super) fn is_person(word: &str) -> bool {
    let one = word.strip_suffix('s').unwrap_or(word);
    let by_form = one.len() > 4 && ["er", "or", "ist", "man", "woman"].iter().any(|end| one.ends_with(end)) && !any(one, &[NO_PEOPLE]);
    any(word, &[PEOPLE, TITLES]) || by_form || matches!(word, "those" | "people" | "anyone" | "someone")
}

pub(super) fn is_title(word: &str) -> bool {
    any(word, &[TITLES])
}

pub(super) fn is_time(word: &str) -> bool {
    any(word, &[TIMES, DAYS])
}

pub(super) fn is_light(word: &str) -> bool {
    any(word, &[LIGHT])
}

/// What joins a relational noun and what it is of: `of` or `for`; none of others.
pub(super) fn relation(word: &str) -> Option<&'static str> {
    if any(word, &[RELATIONAL]) {
        return Some("of");
    }
    any(word, &[RELATIONAL_FOR]).then_some("for")
}

pub(super) fn is_ordinal(word: &str) -> bool {
    any(word, &[ORDINALS])
}

pub(super) fn is_place_adverb(word: &str) -> bool {
    any(word, &[PLACES])
}

pub(super) fn is_time_adverb(word: &str) -> bool {
    any(word, &[DAYS])
}

/// Whether a noun is in the plural, by its form.
pub(super) fn is_plural(word: &str) -> bool {
    let by_form = word.len() > 3 && word.ends_with('s') && !["ss", "us", "is", "'s"].iter().any(|end| word.ends_with(end));
    by_form || any(word, &["children people men women those feet teeth mice staff"])
}
