//! Satteri's tree, read without trust.
//!
//! In: the parser's arena. Out: nodes, their data and strings. Where tags cross lists, the parser mixes up its nodes, so that data
//! of one kind belong to a node of another: what cannot be then is empty, and noted. Deliberately not here: what nodes mean.

use std::cell::Cell;

use satteri_arena::{Arena, ArenaNode, Mdast, StringRef};
use satteri_ast::mdast::MdastNodeType;

/// The tree of a document.
pub(super) struct Tree<'a> {
    arena: &'a Arena<Mdast>,
    broken: Cell<Option<u32>>,
}

/// A node.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) id: u32,
    pub(super) kind: MdastNodeType,
    /// Long enough to be decoded.
    pub(super) data: &'a [u8],
}

impl<'a> Tree<'a> {
    pub(super) fn new(arena: &'a Arena<Mdast>) -> Self {
        Self { arena, broken: Cell::new(None) }
    }

    /// Returns the first node of what could not be read.
    pub(super) fn broken(&self) -> Option<u32> {
        self.broken.get()
    }

    /// Returns all nodes of one kind, wherever they are.
    pub(super) fn all(&self, kind: MdastNodeType) -> impl Iterator<Item = Item<'a>> {
        let nodes = self.arena.nodes.iter().filter(move |node| node.node_type == kind as u8);
        nodes.filter_map(|node| self.item(node.id))
    }

    /// Returns a node, or none if it is not there or its data are not those of its kind.
    pub(super) fn item(&self, id: u32) -> Option<Item<'a>> {
        let item = self.arena.nodes.get(id as usize).and_then(|node| {
            let kind = MdastNodeType::from_u8(node.node_type)?;
            let data = part(&self.arena.type_data, node.data_offset, node.data_len)?;
            has_enough(kind, data).then_some(Item { id, kind, data })
        });
        if item.is_none() {
            self.note(id);
        }
        item
    }

    /// Returns where a node starts and ends; where the parser does not say, what its parent's place is. It does not for some bare links and
    /// the texts beside them.
    pub(super) fn place(&self, id: u32) -> (u32, u32) {
        let Some(node) = self.arena.nodes.get(id as usize) else { return (0, 0) };
        let place = |node: &ArenaNode| (node.start_offset, node.end_offset);
        let parent = || self.arena.nodes.get(node.parent as usize);
        // A link's text, the link, and what it stands in.
        let around = || parent().and_then(|parent| self.arena.nodes.get(parent.parent as usize));
        if self.has_place(id) {
            return place(node);
        }
        let places = [parent(), around()].into_iter().flatten().map(place);
        places.into_iter().find(|place| *place != (0, 0)).unwrap_or_default()
    }

    /// Reports whether the parser says where a node is.
    pub(super) fn has_place(&self, id: u32) -> bool {
        self.arena.nodes.get(id as usize).is_some_and(|node| node.end_offset > 0)
    }

    /// Returns the ids of a node's children.
    pub(super) fn children(&self, id: u32) -> &'a [u32] {
        let children = self.arena.nodes.get(id as usize);
        let children = children.and_then(|node| part(&self.arena.children, node.children_start, node.children_count));
        children.unwrap_or_else(|| {
            self.note(id);
            &[]
        })
    }

    /// Returns the string that a node's data name.
    pub(super) fn text(&self, of: u32, at: StringRef) -> &'a str {
        if at.is_empty() {
            return "";
        }
        // The document owns its source, so that all strings are in its pool.
        let end = (at.offset as usize).checked_add(at.len as usize);
        let text = end.and_then(|end| self.arena.string_pool.get(at.offset as usize..end));
        text.unwrap_or_else(|| {
            self.note(of);
            ""
        })
    }

    /// Returns the JSON that a node carries.
    pub(super) fn json(&self, id: u32) -> Option<&'a [u8]> {
        self.arena.get_node_data(id)
    }

    fn note(&self, id: u32) {
        if self.broken.get().is_none() {
            self.broken.set(Some(id));
        }
    }
}

fn part<T>(all: &[T], start: u32, length: u32) -> Option<&[T]> {
    all.get(start as usize..(start as usize).checked_add(length as usize)?)
}

/// Reports whether the data have the length that decoding takes for granted.
fn has_enough(kind: MdastNodeType, data: &[u8]) -> bool {
    let number = |at: usize| {
        let bytes = data.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(usize::MAX, |bytes| u32::from_le_bytes(bytes) as usize)
    };
    let and = |base: usize, count: usize, each: usize| count.saturating_mul(each).saturating_add(base);
    let wanted = match kind {
        MdastNodeType::Root
        | MdastNodeType::Paragraph
        | MdastNodeType::ThematicBreak
        | MdastNodeType::Blockquote
        | MdastNodeType::Emphasis
        | MdastNodeType::Strong
        | MdastNodeType::Delete
        | MdastNodeType::Superscript
        | MdastNodeType::Subscript
        | MdastNodeType::Break
        | MdastNodeType::TableRow
        | MdastNodeType::TableCell
        | MdastNodeType::DescriptionList
        | MdastNodeType::DescriptionTerm
        | MdastNodeType::Custom => 0,
        MdastNodeType::Heading | MdastNodeType::DescriptionDetails => 1,
        MdastNodeType::ListItem => 2,
        MdastNodeType::List
        | MdastNodeType::Text
        | MdastNodeType::Html
        | MdastNodeType::InlineCode
        | MdastNodeType::Yaml
        | MdastNodeType::Toml
        | MdastNodeType::MdxFlowExpression
        | MdastNodeType::MdxTextExpression
        | MdastNodeType::MdxjsEsm => 8,
        MdastNodeType::Table => and(4, number(0), 1),
        MdastNodeType::Link | MdastNodeType::FootnoteDefinition | MdastNodeType::Math | MdastNodeType::InlineMath => 16,
        MdastNodeType::LinkReference | MdastNodeType::ImageReference | MdastNodeType::FootnoteReference => 20,
        MdastNodeType::Image => 24,
        MdastNodeType::Code => 28,
        MdastNodeType::Definition => 32,
        MdastNodeType::MdxJsxFlowElement | MdastNodeType::MdxJsxTextElement => and(16, number(8), 20),
        MdastNodeType::ContainerDirective | MdastNodeType::LeafDirective | MdastNodeType::TextDirective => {
            and(16, number(8), 16)
        }
    };
    data.len() >= wanted
}
