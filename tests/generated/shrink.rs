//! Takes things out of a pair that fails as long as it fails in the same way.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::server::Server;
use crate::trial::{self, Outcome, Pair};

/// What a failure is called: its text without names and numbers, which change as the pair gets smaller.
pub(crate) fn class(text: &str) -> String {
    let head = text.split(':').next().unwrap_or_default();
    let line = text.rsplit("ERROR").next().unwrap_or(text);
    let line = line
        .rsplit(".sql: ")
        .next()
        .unwrap_or(line)
        .replace("which is a bug in endstate", "")
        .replace(":\n", ":");
    let mut class = String::new();
    let mut quoted = false;
    for character in line.chars().take(300) {
        match character {
            '"' => quoted = !quoted,
            '\n' => break,
            character if !quoted && !character.is_ascii_digit() => class.push(character),
            _ => {}
        }
    }
    let words: Vec<&str> =
        class.split_whitespace().filter(|word| !word.contains(['.', '_'])).take(14).collect();
    format!("{head}: {}", words.join(" "))
}

/// The smallest pair found within some time that fails in the same way.
pub(crate) fn shrink(server: &Server, pair: &Pair, failure: &str, within: Duration) -> Pair {
    let (start, wanted) = (Instant::now(), class(failure));
    let fails =
        |pair: &Pair| matches!(trial::run(server, pair).0, Outcome::Failed(text) if class(&text) == wanted);
    let mut smallest = pair.clone();
    let mut size = 16;
    loop {
        let mut smaller = false;
        let mut pieces = pieces(&smallest);
        pieces.reverse();
        for chunk in pieces.chunks(size) {
            let mut less = smallest.clone();
            chunk.iter().for_each(|piece| take(&mut less, piece));
            if less != smallest && start.elapsed() < within && fails(&less) {
                smallest = less;
                smaller = true;
            }
        }
        if start.elapsed() >= within || (size == 1 && !smaller) {
            return smallest;
        }
        if !smaller {
            size = (size / 4).max(1);
        }
    }
}

/// Something that can be taken out.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    /// An object, on both sides.
    Object(usize),
    /// What became of an object.
    Change(usize),
    /// A column, on both sides.
    Column(usize, usize),
    /// What follows a column's type.
    Rest(usize, usize),
}

fn pieces(pair: &Pair) -> Vec<Piece> {
    let (before, after) = (&pair.before.objects, &pair.after.objects);
    let numbers: BTreeSet<usize> =
        before.keys().chain(after.keys()).copied().filter(|number| *number != 1).collect();
    let mut pieces: Vec<Piece> = Vec::new();
    for number in &numbers {
        let columns = [before, after]
            .into_iter()
            .filter_map(|side| side.get(number))
            .flat_map(|object| &object.columns);
        let columns: BTreeSet<usize> = columns.map(|column| column.number).collect();
        pieces.extend(columns.iter().map(|column| Piece::Rest(*number, *column)));
        pieces.extend(columns.iter().map(|column| Piece::Column(*number, *column)));
    }
    let changed = numbers.iter().filter(|number| before.get(number) != after.get(number));
    pieces.extend(changed.map(|number| Piece::Change(*number)));
    pieces.extend(numbers.iter().map(|number| Piece::Object(*number)));
    pieces
}

fn take(pair: &mut Pair, piece: &Piece) {
    if let Piece::Change(number) = piece {
        match pair.before.objects.get(number).cloned() {
            Some(object) => pair.after.objects.insert(*number, object),
            None => pair.after.objects.remove(number),
        };
        return;
    }
    for world in [&mut pair.before, &mut pair.after] {
        match piece {
            Piece::Object(number) => {
                world.objects.remove(number);
            }
            Piece::Column(number, column) => {
                if let Some(object) =
                    world.objects.get_mut(number).filter(|object| object.sort_has_own_columns())
                {
                    object.columns.retain(|other| other.number != *column);
                }
            }
            Piece::Rest(number, column) => {
                for found in world.objects.get_mut(number).into_iter().flat_map(|object| &mut object.columns)
                {
                    if found.number == *column {
                        found.rest.clear();
                    }
                }
            }
            Piece::Change(_) => {}
        }
    }
}
