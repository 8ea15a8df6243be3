//! Writes the function words of the languages that have a stemmer into a source file: what `index::language` reads.

use std::fmt::Write;
use std::path::Path;

/// By their ISO 639-1 codes.
const LANGUAGES: &[&str] = &["ar", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv", "ta", "tr"];
/// Words of the lists that documents are about, or that are asked for.
const CONTENT: &[(&str, &str)] = &[
    ("de", "weg"),
    ("es", "estado estada estados estadas sentido sentida sentidos sentidas"),
    ("fr", "avions"),
    ("hu", "cikk cikkek cikkeket elsõ jó nagy nagyobb teljes utolsó új újabb"),
    ("ro", "doi doilea două drept fiu mod nou noua nouă patra patru prima primul spate trei treia treilea zi"),
    ("ru", "два другой один раз три хорошо лучше"),
    ("ta", "இடம் இடத்தில் இரு சிறு பேர் முதல் முறை"),
];
/// Words that questions are made of, which the lists lack.
const ASKING: &[(&str, &str)] = &[
    ("ar", "متى أين لماذا كيف كم هل ماذا"),
    ("da", "hvornår hvor hvorfor hvordan hvem hvad hvilken hvilket hvilke"),
    ("de", "wann wer wen wem wessen warum wieso weshalb woher wohin wofür womit worin wieviel wurde wurden worden wäre"),
    ("el", "πότε πού γιατί πώς ποιος ποια ποιο πόσο πόση πόσα τι"),
    ("es", "cuándo cuánto cuánta cuántos cuántas dónde adónde cómo quién quiénes cuál cuáles"),
    ("fi", "milloin miten kuinka montako paljonko"),
    ("fr", "où quand comment pourquoi combien quel quelle quels quelles quoi lequel laquelle"),
    ("hu", "mikor hol mennyi hány melyik mennyibe"),
    ("it", "quando quale qual quali cosa"),
    ("nl", "wanneer waar waarom welke welk hoe hoeveel wie wat"),
    ("no", "når hvor hvorfor hvordan hvem hva hvilken hvilket hvilke"),
    ("pt", "quanto quanta quantos quantas onde quais porquê"),
    ("ro", "când unde cum cine câți"),
    ("ru", "почему сколько какие какое чей чья"),
    ("sv", "när varför hur vem vad vilken vilket vilka"),
    ("tr", "zaman kaç hangi kimin kime"),
];
/// Where the Arabic list goes over to names of months, coins, numbers and letters, and to verbs.
const ARABIC_END: &str = "يناير";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let mut out = String::from("/// Code and function words of each language.\nconst FUNCTION_WORDS: &[(&str, &str)] = &[\n");
    for code in LANGUAGES {
        let content = CONTENT.iter().find(|(of, _)| of == code).map_or("", |(_, words)| words);
        let words = stop_words::lookup(code).expect("a language of the list").iter().copied();
        let words = words.take_while(|word| *code != "ar" || *word != ARABIC_END);
        let asking = ASKING.iter().find(|(of, _)| of == code).map_or("", |(_, words)| words);
        let words = words.chain(asking.split_whitespace());
        let words: Vec<&str> = words.filter(|word| !content.split(' ').any(|other| other == *word)).collect();
        writeln!(out, "    ({code:?}, {:?}),", words.join("\n")).expect("a string takes all");
    }
    out.push_str("];\n");
    let folder = std::env::var("OUT_DIR").expect("set by cargo");
    std::fs::write(Path::new(&folder).join("function_words.rs"), out).expect("the folder of this build can be written");
}
