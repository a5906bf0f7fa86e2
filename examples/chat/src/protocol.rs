//! The messages of the subprotocol `chat.v1`: text messages are JSON, and binary messages are
//! pieces of strokes on the board.
//!
//! A piece of a stroke is a byte for the colour, a byte for the width, and points. A point is two
//! 16-bit numbers in little-endian order. 0 is the left or upper edge of the board, and 65535 is
//! the right or lower edge.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::presence::Person;

/// The longest name of a person or of a room, in characters.
const MAX_NAME: usize = 32;
const MAX_TEXT: usize = 2000;
const COLOURS: u8 = 6;
const MAX_WIDTH: u8 = 64;
/// With 4 bytes for a point, the strokes that a room keeps fit into 2 MiB.
const MAX_POINTS: usize = 128;

/// A text message from a member.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum FromMember {
    /// The first message of every member.
    Join {
        room: String,
        name: String,
    },
    Say {
        text: String,
    },
    /// Empties the board.
    Clear,
}

/// A text message to a member.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum ToMember<'a> {
    /// The member is in the room.
    Welcome {
        id: &'a str,
        room: &'a str,
    },
    Said {
        from: &'a Person,
        text: &'a str,
        at: u64,
    },
    Cleared {
        by: &'a str,
    },
    /// Everybody in the room, and those who have joined and left since the last such list.
    People {
        people: Vec<&'a Person>,
        joined: &'a [Person],
        left: &'a [Person],
    },
    /// The time from a Ping to its Pong.
    Latency {
        milliseconds: f64,
    },
    /// A message of the member was not passed on.
    Failed {
        why: &'a str,
    },
}

impl ToMember<'_> {
    pub(crate) fn to_json(&self) -> String {
        // Only a map whose keys are not text would be an error, and these messages have no maps.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl FromMember {
    /// Parses a message. The error is a sentence for the member.
    pub(crate) fn parse(text: &str) -> Result<Self, Cow<'static, str>> {
        let message = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match &message {
            Self::Join { room, name } => {
                check_name(room, "the name of the room")?;
                check_name(name, "the name")?;
            }
            Self::Say { text } => check(text, MAX_TEXT, "the text")?,
            Self::Clear => {}
        }
        Ok(message)
    }
}

/// Checks a piece of a stroke. The error is a sentence for the member.
pub(crate) fn check_stroke(bytes: &[u8]) -> Result<(), &'static str> {
    let [colour, width, points @ ..] = bytes else {
        return Err("a stroke needs a colour and a width");
    };
    if *colour >= COLOURS {
        return Err("the colour of a stroke is a number up to 5");
    }
    if *width == 0 || *width > MAX_WIDTH {
        return Err("the width of a stroke is a number from 1 to 64");
    }
    if points.is_empty() || points.len() % 4 != 0 || points.len() > MAX_POINTS * 4 {
        return Err("a stroke has from 1 to 128 points of 4 bytes");
    }
    Ok(())
}

/// Checks a name. The page shows it beside other text, and people must be able to tell names apart.
fn check_name(name: &str, what: &str) -> Result<(), Cow<'static, str>> {
    check(name, MAX_NAME, what)?;
    if name.contains('\n') {
        return Err(format!("{what} has a control character").into());
    }
    let joins = |character| matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    if name.contains(is_invisible) || name.trim().chars().all(joins) {
        return Err(format!("{what} has an invisible character").into());
    }
    Ok(())
}

/// Returns whether a character is invisible and no word needs it. With such characters a name could
/// look like another name, or change the order of the text beside it. These are the characters with
/// the property Default_Ignorable_Code_Point or Bidi_Control, the separators of lines, and the
/// characters for annotations. The joiners and the variation selectors U+FE00 to U+FE0F are not
/// among them, because emoji and some scripts need them.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

fn check(text: &str, most: usize, what: &str) -> Result<(), Cow<'static, str>> {
    if text.trim().is_empty() {
        return Err(format!("{what} is empty").into());
    }
    let length = text.chars().count();
    if length > most {
        return Err(format!("{what} has {length} characters, and {most} are allowed").into());
    }
    if text.chars().any(|character| character.is_control() && character != '\n') {
        return Err(format!("{what} has a control character").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_sentences() {
        let refused = |text: &str| FromMember::parse(text).unwrap_err();
        let join = |name: &str| format!(r#"{{"type":"join","room":"lobby","name":"{name}"}}"#);
        assert!(FromMember::parse(&join("Ada")).is_ok());
        assert_eq!(refused(&join(" ")), "the name is empty");
        let long = join(&"ä".repeat(33));
        assert_eq!(refused(&long), "the name has 33 characters, and 32 are allowed");
        assert_eq!(refused(&join(r"\u0000")), "the name has a control character");
        assert_eq!(refused(&join(r"Ada\nBo")), "the name has a control character");
        assert!(refused("{}").starts_with("missing field `type`"));
        assert!(refused(r#"{"type":"shout"}"#).starts_with("unknown variant `shout`"));
    }

    #[test]
    fn a_name_can_be_seen_and_does_not_change_the_text_beside_it() {
        let join = |name: &str| {
            FromMember::parse(
                &serde_json::json!({ "type": "join", "room": name, "name": "Ada" }).to_string(),
            )
        };
        for name in ["Ada Lovelace", "Ämne", "علي", "می‌خواهم", "שלום", "👩‍👧", "❤️", "한국"]
        {
            assert!(join(name).is_ok(), "{name}");
        }
        for name in
            ["\u{200b}", "\u{200d}", "\u{fe0f} ", "\u{3164}", "\u{ad}", "\u{2028}", "\u{feff}"]
        {
            assert!(join(name).is_err(), "{name:?}");
        }
        // Names that look like Ada, and names that change the direction of text.
        for name in ["Ada\u{200b}", "A\u{2060}da", "\u{202e}adA", "Ada\u{2066}", "\u{61c}Ada"] {
            assert!(join(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn the_largest_messages_that_a_room_keeps_fit_into_4_mebibytes() {
        use crate::bus::{KEPT_STROKES, KEPT_TEXTS};
        let stroke = (0..16 * 1024)
            .rev()
            .find(|&len| check_stroke(&[&[0, 1][..], &vec![0; len]].concat()).is_ok());
        let name = "\u{1f600}".repeat(MAX_NAME);
        let person = Person { id: "0123456789abcdef-18446744073709551615".into(), name };
        let text = "\u{1f600}".repeat(MAX_TEXT);
        let said = ToMember::Said { from: &person, text: &text, at: u64::MAX }.to_json();
        let bytes = KEPT_TEXTS * said.len() + KEPT_STROKES * (2 + stroke.unwrap());
        assert!(bytes <= 4 * 1024 * 1024, "{bytes}");
    }

    #[test]
    fn a_stroke_has_a_colour_a_width_and_whole_points() {
        assert_eq!(check_stroke(&[5, 64, 0, 0, 0, 0]), Ok(()));
        assert_eq!(check_stroke(&[[0, 1].to_vec(), vec![0; 512]].concat()), Ok(()));
        for wrong in [&[][..], &[0], &[0, 1], &[6, 1, 0, 0, 0, 0], &[0, 0, 0, 0, 0, 0]] {
            assert!(check_stroke(wrong).is_err(), "{wrong:?}");
        }
        for wrong in
            [&[0, 65, 0, 0, 0, 0][..], &[0, 1, 0], &[[0, 1].to_vec(), vec![0; 516]].concat()]
        {
            assert!(check_stroke(wrong).is_err(), "{wrong:?}");
        }
    }
}
