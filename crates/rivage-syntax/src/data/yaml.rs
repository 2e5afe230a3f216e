//! YAML 1.2 over saphyr's events.
//!
//! In: one document. Out: [`Data`] with places. Anchors, aliases and merge keys (`<<`) are resolved; what aliases
//! copy is bounded. After an error, what was read before it still counts.
//! Deliberately not here: tags of programs (`!include`), a second document, keys that are not text.

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::map::MapBuilder;
use super::{Data, DataValue, Entry, MAX_DEPTH, Source, diagnostics, yaml_scalar};
use crate::contain::{Panicked, contain};
use crate::{Diagnostic, Span};

/// What all aliases together may copy: one for each value and each byte of text. Real files stay far below; a "billion laughs" bomb
/// passes it at once.
const MAX_COPIED: usize = 1 << 22;

/// Reads one document.
pub(super) fn parse(source: &Source<'_>) -> (Data, Vec<Diagnostic>) {
    let mut reader = Reader {
        source,
        offsets: Offsets::of(source.text),
        frames: Vec::new(),
        root: None,
        anchors: FxHashMap::default(),
        copied: 0,
        diagnostics: Vec::new(),
    };
    let mut parser = Parser::new_from_str(source.text);
    let mut documents = 0;
    // Where the last event ended, which is as near as we know of a failure.
    let mut place = source.span(0, 0);
    loop {
        let (event, span) = match contain(|| parser.next_event()) {
            Ok(None) => break,
            Ok(Some(Ok((event, span)))) => (event, reader.span(span)),
            Err(Panicked) => {
                reader.diagnostics.push(diagnostics::parser_failed(source, "YAML", place));
                break;
            }
            Ok(Some(Err(error))) => {
                let at = reader.offsets.byte(error.marker().index());
                reader.diagnostics.push(diagnostics::yaml_syntax(source, error.info(), at));
                break;
            }
        };
        place = span;
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents == 2 {
                reader.diagnostics.push(diagnostics::yaml_documents(source, span));
                break;
            }
        }
        if let Err(diagnostic) = reader.event(event, span) {
            reader.diagnostics.push(*diagnostic);
            break;
        }
    }
    // After an error, collections are still open: what they hold counts. Nothing can name them any more.
    while let Some(frame) = reader.frames.last_mut() {
        frame.anchor = 0;
        let end = frame.end;
        if let Err(diagnostic) = reader.close(end) {
            reader.diagnostics.push(*diagnostic);
        }
    }
    (reader.root.unwrap_or_else(|| source.null()), reader.diagnostics)
}

/// An error after which nothing more is read. Boxed: it is rare, and large.
type Fatal = Box<Diagnostic>;

struct Reader<'a> {
    source: &'a Source<'a>,
    offsets: Offsets<'a>,
    frames: Vec<Frame>,
    root: Option<Data>,
    anchors: FxHashMap<usize, Built>,
    copied: usize,
    diagnostics: Vec<Diagnostic>,
}

/// A collection that is open.
struct Frame {
    kind: FrameKind,
    span: Span,
    end: usize,
    anchor: usize,
    weight: usize,
    height: usize,
}

enum FrameKind {
    Array(Vec<Data>),
    Map { map: MapBuilder, key: Option<Key>, merges: Vec<Data> },
}

struct Key {
    text: String,
    span: Span,
    is_merge: bool,
}

/// A value with what a copy of it costs and how deep it is.
#[derive(Clone)]
struct Built {
    data: Data,
    weight: usize,
    height: usize,
}

impl Built {
    fn scalar(value: DataValue, span: Span) -> Self {
        let weight = match &value {
            DataValue::String(text) => 1 + text.len(),
            _ => 1,
        };
        Self { data: Data { value, span }, weight, height: 0 }
    }
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fatal> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                // Where nothing is written, saphyr points at whatever comes next.
                let span = if style == ScalarStyle::Plain && text.is_empty() { self.empty_span(span) } else { span };
                if self.awaits_key() {
                    return self.key(text.into_owned(), style == ScalarStyle::Plain, span, anchor);
                }
                let value = self.scalar(&text, style, tag.as_deref(), span);
                let built = Built::scalar(value, span);
                if anchor != 0 {
                    self.anchors.insert(anchor, built.clone());
                }
                self.add(built)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(FrameKind::Array(Vec::new()), anchor, tag.as_deref(), "seq", span)
            }
            Event::MappingStart(anchor, tag) => {
                let kind = FrameKind::Map { map: MapBuilder::default(), key: None, merges: Vec::new() };
                self.open(kind, anchor, tag.as_deref(), "map", span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // The end of a block is wherever the next token stands; only a bracket is part of the collection.
                let text = self.source.text.as_bytes();
                let last = (span.end as usize).checked_sub(self.source.offset + 1).and_then(|at| text.get(at));
                let bracket = span.end > span.start && matches!(last, Some(b']' | b'}'));
                let end = if bracket { span.end as usize } else { self.frames.last().map_or(0, |frame| frame.end) };
                self.close(end)
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { kind: FrameKind::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, text: String, plain: bool, span: Span, anchor: usize) -> Result<(), Fatal> {
        if plain && text.is_empty() {
            return Err(Box::new(diagnostics::yaml_no_key(self.source, span)));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Built::scalar(DataValue::String(text.clone()), span));
        }
        if let Some(Frame { kind: FrameKind::Map { key, .. }, span: whole, end, .. }) = self.frames.last_mut() {
            whole.start = whole.start.min(span.start);
            *end = span.end as usize;
            *key = Some(Key { is_merge: plain && text == "<<", text, span });
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> DataValue {
        let plain = style == ScalarStyle::Plain;
        let Some(tag) = tag else {
            return if plain { yaml_scalar::resolve(text) } else { DataValue::String(text.to_owned()) };
        };
        let value = match tag.suffix.as_str() {
            // `! text` says "not a plain scalar", whatever it looks like.
            "" if tag.handle.is_empty() || tag.handle == "!" => return DataValue::String(text.to_owned()),
            _ if !tag.is_yaml_core_schema() => None,
            "str" | "timestamp" => return DataValue::String(text.to_owned()),
            "null" => Some(Some(yaml_scalar::resolve(text)).filter(|value| *value == DataValue::Null)),
            "bool" => Some(Some(yaml_scalar::resolve(text)).filter(|value| matches!(value, DataValue::Bool(_)))),
            "int" => Some(yaml_scalar::int(text)),
            "float" => Some(yaml_scalar::float(text).map(DataValue::Float)),
            _ => None,
        };
        let diagnostic = match value {
            Some(Some(value)) => return value,
            Some(None) => diagnostics::yaml_tag_value(self.source, &tag_name(tag), text, span),
            None => diagnostics::yaml_tag(self.source, &tag_name(tag), span),
        };
        self.diagnostics.push(diagnostic);
        DataValue::Null
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fatal> {
        let Some(target) = self.anchors.get(&anchor) else {
            return Err(Box::new(diagnostics::yaml_alias_of_itself(self.source, span)));
        };
        self.copied += target.weight;
        if self.copied > MAX_COPIED {
            return Err(Box::new(diagnostics::yaml_too_large(self.source, span)));
        }
        let mut built = target.clone();
        if self.frames.len() + built.height > MAX_DEPTH {
            return Err(Box::new(diagnostics::too_deep(self.source, span)));
        }
        built.data.span = span;
        if self.awaits_key() {
            return match built.data.value {
                DataValue::String(text) => self.key(text, false, span, 0),
                _ => Err(Box::new(diagnostics::yaml_key(self.source, span))),
            };
        }
        self.add(built)
    }

    fn open(
        &mut self,
        kind: FrameKind,
        anchor: usize,
        tag: Option<&Tag>,
        expected: &str,
        span: Span,
    ) -> Result<(), Fatal> {
        if self.awaits_key() {
            return Err(Box::new(diagnostics::yaml_key(self.source, span)));
        }
        if self.frames.len() >= MAX_DEPTH {
            return Err(Box::new(diagnostics::too_deep(self.source, span)));
        }
        if let Some(tag) = tag.filter(|tag| !(tag.is_yaml_core_schema() && tag.suffix == expected)) {
            self.diagnostics.push(diagnostics::yaml_tag(self.source, &tag_name(tag), span));
        }
        self.frames.push(Frame { kind, span, end: span.end as usize, anchor, weight: 1, height: 1 });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Fatal> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let value = match frame.kind {
            FrameKind::Array(items) => DataValue::Array(items),
            FrameKind::Map { map, merges, .. } => DataValue::Map(self.merge(map, merges)),
        };
        let data = Data { value, span: Span::new(frame.span.start as usize, end) };
        let built = Built { data, weight: frame.weight, height: frame.height };
        if frame.anchor != 0 {
            // The copy that is kept counts, too: anchors within anchors would else copy without a bound.
            self.copied += built.weight;
            if self.copied > MAX_COPIED {
                return Err(Box::new(diagnostics::yaml_too_large(self.source, built.data.span)));
            }
            self.anchors.insert(frame.anchor, built.clone());
        }
        self.add(built)
    }

    /// Adds the entries of merged maps whose keys are not there.
    fn merge(&mut self, mut map: MapBuilder, merges: Vec<Data>) -> Vec<Entry> {
        for merge in merges {
            let maps = match merge.value {
                DataValue::Array(items) => items,
                _ => vec![merge],
            };
            for merged in maps {
                match merged.value {
                    DataValue::Map(entries) => {
                        for entry in entries {
                            // A key that is there wins over a merged one: that is what merging is for.
                            let _ = map.push(entry);
                        }
                    }
                    _ => self.diagnostics.push(diagnostics::yaml_merge(self.source, merged.span)),
                }
            }
        }
        map.finish()
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, built: Built) -> Result<(), Fatal> {
        let Built { data, weight, height } = built;
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(data);
            return Ok(());
        };
        frame.weight += weight;
        frame.height = frame.height.max(height + 1);
        frame.end = frame.end.max(data.span.end as usize);
        match &mut frame.kind {
            FrameKind::Array(items) => {
                frame.span.start = frame.span.start.min(data.span.start);
                items.push(data);
            }
            FrameKind::Map { map, key, merges } => {
                let Some(key) = key.take() else { return Ok(()) };
                frame.weight += key.text.len();
                if key.is_merge {
                    merges.push(data);
                    return Ok(());
                }
                let (text, span) = (key.text.clone(), key.span);
                if let Err(first) = map.push(Entry { key: key.text, key_span: span, value: data }) {
                    self.diagnostics.push(diagnostics::duplicate_key(self.source, &text, span, Some(first)));
                }
            }
        }
        Ok(())
    }

    /// Returns the place of a value that is not written: after the `:` of its key, if there is one.
    fn empty_span(&self, span: Span) -> Span {
        match self.frames.last() {
            Some(Frame { kind: FrameKind::Map { key: Some(key), .. }, .. }) => Span::at(key.span.end as usize),
            _ => Span::at(span.start as usize),
        }
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let (start, mut end) = (self.offsets.byte(span.start.index()), self.offsets.byte(span.end.index()));
        // Block scalars end where the next token starts.
        let written = self.source.text.get(start..end).unwrap_or_default();
        end -= written.len() - written.trim_end().len();
        self.source.span(start, end)
    }
}

fn tag_name(tag: &Tag) -> String {
    if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { format!("{}{}", tag.handle, tag.suffix) }
}

/// Turns saphyr's character counts into bytes.
struct Offsets<'a> {
    text: &'a str,
    /// The byte of every [`Offsets::STEP`]th character; empty for ASCII, where both are the same.
    marks: Vec<usize>,
}

impl<'a> Offsets<'a> {
    const STEP: usize = 64;

    fn of(text: &'a str) -> Self {
        let marks = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(Self::STEP).map(|(byte, _)| byte).collect()
        };
        Self { text, marks }
    }

    fn byte(&self, index: usize) -> usize {
        if self.marks.is_empty() {
            return index.min(self.text.len());
        }
        let Some(&mark) = self.marks.get(index / Self::STEP) else { return self.text.len() };
        let rest = &self.text[mark..];
        mark + rest.char_indices().nth(index % Self::STEP).map_or(rest.len(), |(byte, _)| byte)
    }
}
