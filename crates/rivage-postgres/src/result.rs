//! What came back: columns, and rows in one buffer.
//!
//! In: bodies of DataRow messages, checked when they arrive. Out: slices of text. Deliberately not here: conversion, see [`crate::json`].

use std::sync::Arc;

use crate::oid::Oid;

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Box<str>,
    /// Its type.
    pub oid: Oid,
}

/// What one statement gave.
#[derive(Clone, Debug, Default)]
pub struct ResultSet {
    pub(crate) columns: Arc<[Column]>,
    /// The rows' cells, each with its length before it, as they came.
    pub(crate) data: Vec<u8>,
    /// Where in `data` each row starts.
    pub(crate) starts: Vec<u32>,
    pub(crate) tag: Box<str>,
}

impl ResultSet {
    /// Returns the columns; none for a statement that gives no rows.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the number of rows that came.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Returns whether no row came.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Returns the command tag, such as `INSERT 0 1`; empty for an empty statement.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Returns how many rows the statement gave or changed, as its tag tells; 0 where it tells nothing.
    pub fn affected(&self) -> u64 {
        self.tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// Returns the rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.starts.iter().map(|start| self.row_at(*start))
    }

    /// Returns a row.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        self.starts.get(index).map(|start| self.row_at(*start))
    }

    fn row_at(&self, start: u32) -> Row<'_> {
        Row { cells: self.data.get(start as usize..).unwrap_or_default(), left: self.columns.len() }
    }

    /// Checks a DataRow's body and keeps it. `None` if it is none of this result's rows.
    pub(crate) fn push(&mut self, body: &[u8]) -> Option<()> {
        let (count, cells) = body.split_first_chunk::<2>()?;
        if usize::from(u16::from_be_bytes(*count)) != self.columns.len() {
            return None;
        }
        let mut left = cells;
        for _ in 0..self.columns.len() {
            (_, left) = split_cell(left)?;
        }
        if !left.is_empty() {
            return None;
        }
        self.starts.push(u32::try_from(self.data.len()).ok()?);
        self.data.extend_from_slice(cells);
        Some(())
    }
}

/// A row: an iterator over its cells, in the order of the columns; a cell is its text, or `None` for NULL.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    cells: &'a [u8],
    left: usize,
}

impl<'a> Row<'a> {
    /// Returns the text of a column's cell; `None` for NULL and beyond the last.
    pub fn get(&self, column: usize) -> Option<&'a [u8]> {
        self.clone().nth(column).flatten()
    }

    /// Returns a cell as a string; `None` for NULL, beyond the last column, and for what is no UTF-8.
    pub fn text(&self, column: usize) -> Option<&'a str> {
        self.get(column).and_then(|cell| std::str::from_utf8(cell).ok())
    }
}

impl<'a> Iterator for Row<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (cell, rest) = split_cell(self.cells)?;
        self.cells = rest;
        Some(cell)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Row<'_> {}

fn split_cell(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    match i32::from_be_bytes(*len) {
        -1 => Some((None, rest)),
        len => {
            let (cell, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
            Some((Some(cell), rest))
        }
    }
}

/// What the server tells of a statement without running it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The types of its parameters.
    pub params: Vec<Oid>,
    /// Its columns; none for a statement that gives no rows.
    pub columns: Vec<Column>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(cells: &[Option<&str>]) -> Vec<u8> {
        let mut body = (cells.len() as u16).to_be_bytes().to_vec();
        for cell in cells {
            match cell {
                None => body.extend((-1i32).to_be_bytes()),
                Some(text) => {
                    body.extend((text.len() as i32).to_be_bytes());
                    body.extend(text.as_bytes());
                }
            }
        }
        body
    }

    fn columns(count: u32) -> Arc<[Column]> {
        (0..count).map(|at| Column { name: format!("c{at}").into(), oid: 25 }).collect()
    }

    #[test]
    fn rows_are_slices_of_one_buffer() {
        let mut result = ResultSet { columns: columns(3), ..ResultSet::default() };
        result.push(&body(&[Some("a"), None, Some("")])).unwrap();
        result.push(&body(&[None, Some("ü"), Some("z")])).unwrap();
        let rows: Vec<Vec<_>> = result.rows().map(Iterator::collect).collect();
        assert_eq!(rows, [[Some(&b"a"[..]), None, Some(b"")], [None, Some("ü".as_bytes()), Some(b"z")]]);
        let second = result.row(1).unwrap();
        assert_eq!(second.text(1), Some("ü"));
        assert_eq!((second.get(0), second.get(3)), (None, None));
        assert!(result.row(2).is_none());
    }

    #[test]
    fn bodies_that_do_not_fit_are_refused() {
        let whole = body(&[Some("abc"), None]);
        let mut result = ResultSet { columns: columns(2), ..ResultSet::default() };
        for end in 0..whole.len() {
            assert!(result.push(&whole[..end]).is_none(), "cut at {end}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert!(result.push(&longer).is_none());
        assert!(result.push(&body(&[None])).is_none());
        let negative = [&2u16.to_be_bytes()[..], &(-2i32).to_be_bytes(), &(-1i32).to_be_bytes()].concat();
        assert!(result.push(&negative).is_none());
        assert!(result.is_empty() && result.data.is_empty());
    }

    #[test]
    fn tags_tell_how_many() {
        for (tag, count) in [("INSERT 0 3", 3), ("SELECT 50", 50), ("UPDATE 0", 0), ("CREATE TABLE", 0), ("", 0)] {
            let result = ResultSet { tag: tag.into(), ..ResultSet::default() };
            assert_eq!(result.affected(), count, "{tag}");
        }
    }
}
