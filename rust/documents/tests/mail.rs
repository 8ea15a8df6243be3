//! Messages and mailboxes, built here by hand.
#![cfg(feature = "mail")]

mod common;

use common::{block, outline, path, read};
use edgeinfinite_documents::Place;

#[test]
fn the_newest_message_is_first_and_quotes_are_marked() {
    let message = "From: Nadia Brandt <nadia@example.org>\r\nTo: Oskar Lind <oskar@example.org>\r\nDate: Thu, 14 Mar 2024 16:20:11 +0100\r\nSubject: =?utf-8?q?Re=3A_Fl=C3=BCgel?=\r\nMIME-Version: 1.0\r\nMessage-ID: <1@x>\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nHello Oskar,\r\n\r\nthe piano comes on Friday the 22nd at nine; it is for M=E4hler.\r\n\r\nOn Tue, 12 Mar 2024, Oskar wrote:\r\n> When does it come?\r\n>> On Wednesday.\r\n";
    let document = read(message.as_bytes(), "x.eml");
    let expected = [
        "h1: Re: Flügel",
        "record: From: Nadia Brandt <nadia@example.org>",
        "record: To: Oskar Lind <oskar@example.org>",
        "record: Date: 2024-03-14 16:20",
        "p: Hello Oskar,",
        "p: the piano comes on Friday the 22nd at nine; it is for Mähler.",
        ">1: On Tue, 12 Mar 2024, Oskar wrote:",
        ">1: When does it come?",
        ">2: On Wednesday.",
    ];
    assert_eq!(outline(&document), expected);
}

#[test]
fn a_page_and_attachments() {
    let message = "From: a@example.org\nSubject: Prices\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>The <b>canoe</b> costs 45.</p><blockquote type=\"cite\"><p>What does it cost?</p></blockquote>\n--b\nContent-Type: application/pdf; name=list.pdf\nContent-Transfer-Encoding: base64\n\nAAAA\n--b\nContent-Type: message/rfc822\n\nFrom: b@example.org\nSubject: Older\n\nThe dinghy costs 95.\n--b--\n";
    let document = read(message.as_bytes(), "x.eml");
    let lines = outline(&document);
    for expected in ["p: The canoe costs 45.", ">1: What does it cost?", "record: Attachment: list.pdf", "p: The dinghy costs 95."] {
        assert!(lines.contains(&expected.to_string()), "{lines:#?}");
    }
    let dinghy = block(&document, "The dinghy costs 95.");
    assert_eq!((path(&document, dinghy), document.blocks[dinghy].place), (vec!["Older".to_string()], Place::Message(2)));
}

#[test]
fn messages_quoted_below_a_line() {
    for below in [
        "-----Original Message-----\nFrom: Ola\nSent: Monday\n\nIt comes on Monday.\n",
        "From: Ola\nSent: Monday\nTo: Bea\n\nIt comes on Monday.\n",
        "----- Ursprüngliche Nachricht -----\nVon: Ola\n\nIt comes on Monday.\n",
    ] {
        let message = format!(
            "From: b@example.org\nSubject: x\nMessage-ID: <1@x>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nIt comes on Friday.\n\n{below}"
        );
        let lines = outline(&read(message.as_bytes(), "x.eml"));
        assert!(
            lines.contains(&"p: It comes on Friday.".to_string()) && lines.contains(&">1: It comes on Monday.".to_string()),
            "{lines:#?}"
        );
    }
}

#[test]
fn a_mailbox_tells_its_newest_message_first() {
    let message = |day: u32, text: &str| {
        format!(
            "From x@example.org Mon Mar {day} 10:00:00 2024\nFrom: x@example.org\nDate: {day} Mar 2024 10:00:00 +0000\nSubject: Day {day}\n\n{text}\n>From here on it rains.\n\n"
        )
    };
    let mailbox = [message(11, "The old one."), message(14, "The new one."), message(12, "The one between.")].concat();
    let document = read(mailbox.as_bytes(), "x.mbox");
    let headings: Vec<String> = outline(&document).into_iter().filter(|line| line.starts_with("h1")).collect();
    assert_eq!(headings, ["h1: Day 14", "h1: Day 12", "h1: Day 11"]);
    assert_eq!(document.blocks[block(&document, "Day 12")].place, Place::Message(2));
    assert!(document.text.contains("\nFrom here on it rains."));
}
