//! Plain text by the kinds of texts that people have: three inputs of each kind.

mod common;

use common::{block, outline, path, plain, read, unowned};
use edgeinfinite_documents::{Kind, Place};

#[test]
fn an_item_hangs_on_its_lead_in() {
    let expected = [
        "p: Guests must not:",
        "i0: (a) smoke indoors; < Guests must not:",
        "i0: (b) bring pets. < Guests must not:",
        "p: Guests may:",
        "i0: (a) use the sauna. < Guests may:",
    ];
    assert_eq!(plain("Guests must not:\n(a) smoke indoors;\n(b) bring pets.\n\nGuests may:\n(a) use the sauna.\n"), expected);
    let text = "Pool\n\nNot allowed at any time:\n\n• running\n• diving from the side\n\nAllowed:\n\n• balls\n";
    let expected = [
        "h1: Pool",
        "p: Not allowed at any time:",
        "i0: • running < Not allowed at any time:",
        "i0: • diving from the side < Not allowed at any time:",
        "p: Allowed:",
        "i0: • balls < Allowed:",
    ];
    assert_eq!(plain(text), expected);
    let text = "The insurance does not cover\n  1) theft from an open car,\n  2) damage by mice, or\n  3) cash.\nIt covers glass.\n";
    let expected = [
        "p: The insurance does not cover",
        "i0: 1) theft from an open car, < The insurance does not cover",
        "i0: 2) damage by mice, or < The insurance does not cover",
        "i0: 3) cash. < The insurance does not cover",
        "p: It covers glass.",
    ];
    assert_eq!(plain(text), expected);
}

#[test]
fn items_stand_in_items() {
    let text = "- Boats\n  - the red one is Ida's\n  - the blue one leaks\n- Oars\n";
    assert_eq!(plain(text), ["i0: - Boats", "i1: - the red one is Ida's < - Boats", "i1: - the blue one leaks < - Boats", "i0: - Oars"]);
    let text = "1. Doors\n   a) the front door is oak\n   b) the back door is steel\n2. Windows\n";
    assert_eq!(
        plain(text),
        ["i0: 1. Doors", "i1: a) the front door is oak < 1. Doors", "i1: b) the back door is steel < 1. Doors", "i0: 2. Windows"]
    );
}

#[test]
fn clauses_begin_items_and_lead_their_parts() {
    let text = "1. Rent\n\n1.1 The rent is 900 francs.\n1.2 The Tenant shall pay\n    (a) half on the first; and\n    (b) half on the fifteenth.\n\n2. Repairs\n\n2.1 The Landlord does not pay for repairs, unless\n    (i) the Tenant asked in writing, or\n    (ii) the roof is concerned.\n";
    let document = read(text.as_bytes(), "lease.txt");
    let expected = [
        "h2: 1. Rent",
        "i0: 1.1 The rent is 900 francs.",
        "i0: 1.2 The Tenant shall pay",
        "i1: (a) half on the first; and < 1.2 The Tenant shall pay",
        "i1: (b) half on the fifteenth. < 1.2 The Tenant shall pay",
        "h2: 2. Repairs",
        "i0: 2.1 The Landlord does not pay for repairs, unless",
        "i1: (i) the Tenant asked in writing, or < 2.1 The Landlord does not pay for repairs, unless",
        "i1: (ii) the roof is concerned. < 2.1 The Landlord does not pay for repairs, unless",
    ];
    assert_eq!(outline(&document), expected);
    assert_eq!(path(&document, block(&document, "(ii) the roof is concerned.")), ["2. Repairs"]);
    let text = "§ 1 Haftung\n\n(1) Der Verein haftet nicht für Garderobe.\n(2) Er haftet für Schäden am Boot.\n\n§ 2 Dauer\n\n(1) Der Vertrag läuft ein Jahr.\n";
    assert_eq!(
        plain(text),
        [
            "h2: § 1 Haftung",
            "i0: (1) Der Verein haftet nicht für Garderobe.",
            "i0: (2) Er haftet für Schäden am Boot.",
            "h2: § 2 Dauer",
            "i0: (1) Der Vertrag läuft ein Jahr."
        ]
    );
    let wrapped = "The surplus is counted in the year\n12. It rose by half. Nobody knows the\n2.5 million of it.\n";
    assert_eq!(plain(wrapped).len(), 1, "{:?}", plain(wrapped));
}

#[test]
fn a_question_leads_its_answer() {
    let text = "When is the ferry full?\nOn Fridays after five.\n\nWho sells tickets?\nThe kiosk on the pier.\n";
    let expected = [
        "q: When is the ferry full?",
        "p: On Fridays after five. < When is the ferry full?",
        "q: Who sells tickets?",
        "p: The kiosk on the pier. < Who sells tickets?",
    ];
    assert_eq!(plain(text), expected);
    let text = "Q: Is there a lift?\nA: Only to the third floor.\n\nQ: May I cook?\nA: Yes, until ten.\n";
    let expected = [
        "q: Q: Is there a lift?",
        "p: A: Only to the third floor. < Q: Is there a lift?",
        "q: Q: May I cook?",
        "p: A: Yes, until ten. < Q: May I cook?",
    ];
    assert_eq!(plain(text), expected);
    let text = "Where do I get a key?\n\nAt the desk, against a deposit of ten euros.\n\nCan I leave my bags?\n\nYes, in the cellar.\n";
    let expected = [
        "q: Where do I get a key?",
        "p: At the desk, against a deposit of ten euros. < Where do I get a key?",
        "q: Can I leave my bags?",
        "p: Yes, in the cellar. < Can I leave my bags?",
    ];
    assert_eq!(plain(text), expected);
    let text = "1. What does a copy cost?\nTen cents.\n2. Who may borrow?\nEveryone over six.\n";
    let expected = [
        "i0: 1. What does a copy cost?",
        "p: Ten cents. < 1. What does a copy cost?",
        "i0: 2. Who may borrow?",
        "p: Everyone over six. < 2. Who may borrow?",
    ];
    assert_eq!(plain(text), expected);
}

#[test]
fn a_row_carries_its_header() {
    let bars = "| Bike | Per day | Deposit |\n|---|---|---|\n| Tandem | 30 € | 50 € |\n| Cargo | 40 € | 80 € |\n";
    let tabs = "Bike\tPer day\tDeposit\nTandem\t30 €\t50 €\nCargo\t40 €\t80 €\n";
    let gaps = "Bike       Per day    Deposit\nTandem     30 €       50 €\nCargo      40 €       80 €\n";
    for text in [bars, tabs, gaps] {
        let document = read(text.as_bytes(), "bikes.txt");
        let row = document.blocks.iter().rposition(|block| matches!(block.kind, Kind::Row { .. })).unwrap();
        let header = document.blocks[row].lead.expect(text);
        let (Kind::Row { cells }, Kind::Header { cells: names }) = (&document.blocks[row].kind, &document.blocks[header].kind) else {
            panic!("{text}");
        };
        assert_eq!((&document.text[names[2].clone()], &document.text[cells[2].clone()]), ("Deposit", "80 €"), "{text}");
    }
    let untitled = "Lund   94703   Sara Ek\nEspoo  305274  Jukka Maki\nAarhus 285273  Bo Holm\n";
    assert!(plain(untitled).iter().all(|line| !line.starts_with("header")), "{:?}", plain(untitled));
}

#[test]
fn a_line_that_says_something_of_its_own_is_a_record() {
    let log = "2024-07-01 10:00:01 INFO  pump started\n2024-07-01 10:04:44 WARN  pressure at 9 bar\n    at valve 3\n2024-07-01 10:05:00 INFO  pump stopped\n";
    let expected = [
        "record: 2024-07-01 10:00:01 INFO pump started",
        "record: 2024-07-01 10:04:44 WARN pressure at 9 bar at valve 3",
        "record: 2024-07-01 10:05:00 INFO pump stopped",
    ];
    assert_eq!(plain(log), expected);
    let syslog = "May  1 03:11:09 heron sshd[12]: accepted key\nMay  1 03:12:10 heron cron[7]: job done\n";
    assert_eq!(plain(syslog), ["record: May 1 03:11:09 heron sshd[12]: accepted key", "record: May 1 03:12:10 heron cron[7]: job done"]);
    let times = "Train 7 to the coast\n06:10 weekdays\n09:05 daily\n";
    assert_eq!(
        plain(times),
        ["p: Train 7 to the coast", "record: 06:10 weekdays < Train 7 to the coast", "record: 09:05 daily < Train 7 to the coast"]
    );
    let list = "Ingredients:\n200 g sugar\n3 eggs\n1 pinch of salt\n\nBeat the eggs with the sugar for ten minutes.\n";
    let expected = [
        "p: Ingredients:",
        "record: 200 g sugar < Ingredients:",
        "record: 3 eggs < Ingredients:",
        "record: 1 pinch of salt < Ingredients:",
        "p: Beat the eggs with the sugar for ten minutes.",
    ];
    assert_eq!(plain(list), expected);
    assert_eq!(plain("Ola Nord 0151 234\nRuth Berg 0160 987\nKim Dahl 0171 555\n").len(), 3);
}

#[test]
fn a_form_is_labels_and_values() {
    let forms = [
        "Order no: 77-B\nBuyer: Lena Orr\nDue date: 2024-09-30\nTotal due: 41.20 EUR\n",
        "Order no: 77-B\n\nBuyer: Lena Orr\n\nDue date: 2024-09-30\n\nTotal due: 41.20 EUR\n",
        "Order no ........ 77-B\nBuyer ........... Lena Orr\nDue date ........ 2024-09-30\nTotal due ....... 41.20 EUR\n",
    ];
    for text in forms {
        let document = read(text.as_bytes(), "form.txt");
        let Some(Kind::Record { fields }) = document.blocks.last().map(|block| &block.kind) else {
            panic!("{:?}", outline(&document));
        };
        assert_eq!((&document.text[fields[0].label.clone()], &document.text[fields[0].value.clone()]), ("Total due", "41.20 EUR"));
        assert_eq!(document.blocks.len(), 4, "{text}");
    }
    assert_eq!(plain("Note: the desk is closed on Monday.\n"), ["p: Note: the desk is closed on Monday."]);
}

#[test]
fn speakers_take_turns() {
    let chats = [
        "[2024-08-01, 18:02:11] Ayo: who has the key?\n[2024-08-01, 18:03:40] Bea: I do\nand the spare one too\n[2024-08-01, 18:04:02] Ayo: great\n",
        "8/1/24, 6:02 PM - Ayo: who has the key?\n8/1/24, 6:03 PM - Bea: I do\nand the spare one too\n8/1/24, 6:04 PM - Ayo: great\n",
        "Ayo: Who has the key?\nBea: I do, and the spare one too.\nAyo: Great.\n",
    ];
    for text in chats {
        let document = read(text.as_bytes(), "chat.txt");
        let turns: Vec<_> = document.blocks.iter().map(|block| &block.kind).collect();
        let [Kind::Turn { .. }, Kind::Turn { speaker }, Kind::Turn { .. }] = turns.as_slice() else {
            panic!("{:?}", outline(&document));
        };
        assert_eq!(&document.text[speaker.clone()], "Bea");
        assert_eq!(document.leads(1), [0], "an answer is led by its question");
        assert!(document.text_of(1).contains("the spare one too"));
    }
}

#[test]
fn quoted_mail_is_marked_and_has_no_marks() {
    let text = "The tiler comes on Monday.\n\nOn Tue, 3 Sep 2024, Ola <ola@example.org> wrote:\n> When does the tiler come? I thought\n> on Friday.\n>\n>> On Friday.\n";
    let expected = [
        "p: The tiler comes on Monday.",
        ">1: On Tue, 3 Sep 2024, Ola <ola@example.org> wrote:",
        ">1: When does the tiler come? I thought on Friday.",
        ">2: On Friday.",
    ];
    assert_eq!(plain(text), expected);
    let text = "> Is the roof paid?\n\nYes, in June.\n\n> And the gutter?\n\nNot yet.\n";
    let expected =
        [">1: Is the roof paid?", "p: Yes, in June. < Is the roof paid?", ">1: And the gutter?", "p: Not yet. < And the gutter?"];
    assert_eq!(plain(text), expected);
    let text = "Danke, passt.\n\nGrüße\nMia\n\nAm 3.9.2024 schrieb Jo:\n\n> Passt Montag\n> um neun?\n";
    assert!(plain(text).contains(&">1: Passt Montag um neun?".to_string()), "{:?}", plain(text));
}

#[test]
fn page_furniture_is_in_no_sentence() {
    let feeds = "Quay Rules              Port Office\n\nBoats may stay for two nights. A third night costs\n        1\n\u{c}Quay Rules              Port Office\n\nthirty crowns. Dogs stay on a lead.\n        2\n";
    let document = read(feeds.as_bytes(), "rules.txt");
    let sentence = block(&document, "Boats may stay for two nights. A third night costs\nthirty crowns. Dogs stay on a lead.");
    assert_eq!(document.blocks[sentence].place, Place::Page(1));
    assert_eq!(document.place(document.text.find("thirty").unwrap()), Place::Page(2));
    let plainly = "The board met twice. It decided to sell\n\n- 11 -\n\nYEARBOOK\n\nthe old depot for six million. The buyer is\n\n- 12 -\n\nYEARBOOK\n\nHafen AG of Kiel.\n";
    assert_eq!(
        plain(plainly),
        ["p: The board met twice. It decided to sell the old depot for six million. The buyer is Hafen AG of Kiel."]
    );
    let counted = "The mill was sold to\nPage 3 of 7                 Draft\nthe town for one crown.\n";
    assert_eq!(plain(counted), ["p: The mill was sold to the town for one crown."]);
    assert_eq!(plain("The vault holds\n\u{c}nine coins.\n"), ["p: The vault holds nine coins."]);
}

#[test]
fn columns_are_read_one_after_the_other() {
    let text = "CHOIR NOTES                     FROM THE KITCHEN\n\nThe summer concert is on the    The soup on Sundays costs four\nsixth of June in the chapel.    crowns from May on, since the\nBring a lamp and a blanket.     cooks buy from the valley.\n";
    let expected = [
        "h1: CHOIR NOTES",
        "p: The summer concert is on the sixth of June in the chapel. Bring a lamp and a blanket.",
        "h2: FROM THE KITCHEN",
        "p: The soup on Sundays costs four crowns from May on, since the cooks buy from the valley.",
    ];
    assert_eq!(plain(text), expected);
    let text = "The lift is out of order until     Parcels are kept in the cellar for\nthe fourth of May. The stairs on   ten days. After that they go back\nthe north side are open.           to the sender.\n";
    let document = read(text.as_bytes(), "x.txt");
    assert!(outline(&document)[0].starts_with("p: The lift is out of order until the fourth of May."), "{:?}", outline(&document));
    assert_eq!(unowned(&document), "");
}

#[test]
fn lines_torn_apart_are_joined() {
    let text =
        "The survey of the well began in\n\nMarch. It found that the pump had\n\nto be replaced for about seven\n\nhundred francs.\n";
    assert_eq!(
        plain(text),
        ["p: The survey of the well began in March. It found that the pump had to be replaced for about seven hundred francs."]
    );
    let text = "The key is kept by Ms Orr, who\n\nlives on the first floor. She is\n\nat home after six and can be\n\ncalled at any time.\n\nDogs are not allowed.\n";
    assert_eq!(plain(text).len(), 2, "{:?}", plain(text));
    let apart = "Bread\n\nMilk\n\nSoap\n\nCandles\n";
    assert_eq!(plain(apart).len(), 4);
}

#[test]
fn headings_with_and_without_blank_lines() {
    let text = "House Rules\n\nNoise\nMusic is turned off at ten. The washing machine may run until nine in the evening.\nWaste\nGlass goes into the blue bin, which is emptied every second Tuesday of the month.\n";
    let document = read(text.as_bytes(), "x.txt");
    let glass = block(&document, "Glass goes into the blue bin, which is emptied every second Tuesday of the month.");
    assert_eq!(path(&document, glass), ["House Rules", "Waste"], "{:?}", outline(&document));
    let text = "Accounts\n\n2021\n\nThe loss was 4 crowns.\n\n2022\n\nThe gain was 9 crowns.\n";
    let document = read(text.as_bytes(), "x.txt");
    assert_eq!(path(&document, block(&document, "The gain was 9 crowns.")), ["Accounts", "2022"]);
    for text in [
        "# Log\n\n## 4.1.0 (2024-01-02)\n\nThe port is 80.\n",
        "Log\n===\n\n4.1.0 (2024-01-02)\n------------------\n\nThe port is 80.\n",
        "# Log\r\r## 4.1.0 (2024-01-02)\r\rThe port is 80.\r",
    ] {
        let document = read(text.as_bytes(), "x.txt");
        assert_eq!(path(&document, block(&document, "The port is 80.")), ["Log", "4.1.0 (2024-01-02)"]);
    }
    let signed = "We meet on Monday.\n\nOla\n";
    assert_eq!(plain(signed), ["p: We meet on Monday.", "p: Ola"]);
}

#[test]
fn every_kind_of_line_end_gives_the_same_blocks() {
    let text = "# Pool\n\nIt opens at six.\n\n| Item | Cost |\n|---|---|\n| Cap | 2 |\n\n- Towels are lent.\n- Caps are sold.\n";
    let expected = plain(text);
    for end in ["\r\n", "\r", "\u{2028}", "\u{85}"] {
        assert_eq!(plain(&text.replace('\n', end)), expected, "{end:?}");
    }
    assert_eq!(expected.len(), 6);
}

#[test]
fn hyphens_at_line_ends_are_left_out() {
    let document =
        read(b"The work was paid for by the muni-\ncipality, which owns the saw-\nmill. Pre-\nand postwar houses stay.\n", "x.txt");
    assert_eq!(document.text_of(0), "The work was paid for by the municipality, which owns the sawmill. Pre-\nand postwar houses stay.");
    assert_eq!(unowned(&document), "--");
}

#[test]
fn long_texts_are_read_in_parts() {
    let mut text = String::new();
    for number in 0..40_000 {
        text.push_str(&format!("Section {number}\n\nThe well of farm {number} is {} metres deep. It\nwas dug by hand.\n\n", number % 90));
    }
    assert!(text.len() > 2 << 20);
    let document = read(text.as_bytes(), "x.txt");
    assert_eq!(document.text, text);
    assert_eq!(document.blocks.len(), 80_000, "{:#?}", &outline(&document)[..9]);
    let last = block(&document, "The well of farm 39999 is 39 metres deep. It\nwas dug by hand.");
    assert_eq!(path(&document, last).last().unwrap(), "Section 39999");
}

#[test]
fn a_wide_colon_joins_question_and_answer() {
    for text in ["Q：谁保管钥匙？\nA：图书管理员。\n", "Q： Who keeps the key?\nA： The librarian.\n"] {
        let told = plain(text);
        assert!(told.len() == 2 && told[0].starts_with("q: Q：") && told[1].contains(" < Q："), "{told:?}");
    }
    assert_eq!(plain("A：\u{308}\n").len(), 1);
}
