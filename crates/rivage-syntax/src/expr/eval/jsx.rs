//! JSX: elements with their attributes and children evaluated; functions used as tags are called.
//!
//! In: the nodes of JSX in an expression. Out: [`Value::Jsx`], or what a function returned. Deliberately not here: HTML; elements
//! among Markdown, which the renderer goes through itself.

use std::sync::Arc;

use super::{Locals, Result, Run};
use crate::Span;
use crate::ast::{Attribute, AttributeValue, Element, Node, NodeKind, is_component_name};
use crate::expr::ast::ExprKind;
use crate::expr::diagnostics;
use crate::expr::value::{JsxValue, Object, Value};

/// What a tag's name stands for.
enum Tag {
    Named(Option<Arc<str>>),
    Function(Value),
}

impl Run<'_> {
    #[inline(never)]
    pub(super) fn eval_jsx(&mut self, node: &Node, locals: &Locals) -> Result<Value> {
        let NodeKind::Element(element) = &node.kind else { return Ok(Value::Undefined) };
        let (props, prop_spans) = self.eval_attributes(&element.attributes, locals)?;
        let mut children = Vec::with_capacity(node.children.len());
        for child in &node.children {
            match &child.kind {
                NodeKind::Text(text) => children.push(self.text(text.as_str(), child.span)?),
                NodeKind::Expression { expr, .. } if expr.kind != ExprKind::Empty => {
                    children.push(self.eval(expr, locals)?)
                }
                NodeKind::Element(_) => {
                    self.step(1, child.span)?;
                    self.enter(child.span)?;
                    let child = self.eval_jsx(child, locals);
                    self.leave();
                    children.push(child?);
                }
                _ => {}
            }
        }
        match self.resolve_tag(element, locals)? {
            Tag::Function(function) => {
                let props = self.props_with_children(props, children, node.span)?;
                let name = element.name.as_deref().unwrap_or_default();
                self.call_value(&function, &[props], node.span, name)
            }
            Tag::Named(name) => {
                self.grow(size_of::<JsxValue>() + (props.len() + children.len()) * size_of::<Value>(), node.span)?;
                let file = self.file.clone();
                let (span, name_span) = (node.span, element.name_span);
                let jsx = JsxValue { name, props, prop_spans, children, file, span, name_span };
                self.checked(Value::jsx(jsx), node.span)
            }
        }
    }

    fn eval_attributes(&mut self, attributes: &[Attribute], locals: &Locals) -> Result<(Object, Vec<Span>)> {
        let mut props = Object::with_capacity(attributes.len());
        let mut spans = Vec::with_capacity(attributes.len());
        let mut set = |key: String, value: Value, span: Span, props: &mut Object| {
            let (index, old) = props.insert_full(key, value);
            match old {
                Some(_) => spans[index] = span,
                None => spans.push(span),
            }
        };
        for attribute in attributes {
            let value = match &attribute.value {
                AttributeValue::True => Value::Bool(true),
                AttributeValue::String(text) => self.text(text.as_str(), attribute.span)?,
                AttributeValue::Expression(expr) => self.eval(expr, locals)?,
            };
            match &attribute.name {
                Some(name) => set(name.clone(), value, attribute.span, &mut props),
                None => {
                    let mut spread = Object::new();
                    self.spread_into(&value, &mut spread, attribute.span)?;
                    for (key, value) in spread {
                        set(key, value, attribute.span, &mut props);
                    }
                }
            }
        }
        Ok((props, spans))
    }

    /// Returns what a function component is called with: children are a prop.
    fn props_with_children(&mut self, mut props: Object, mut children: Vec<Value>, span: Span) -> Result<Value> {
        match children.len() {
            0 => {}
            1 => {
                props.insert("children".to_owned(), children.remove(0));
            }
            _ => {
                let children = self.array(children, span)?;
                props.insert("children".to_owned(), children);
            }
        }
        self.object(props, span)
    }

    fn resolve_tag(&mut self, element: &Element, locals: &Locals) -> Result<Tag> {
        let Some(name) = &element.name else { return Ok(Tag::Named(None)) };
        if !is_component_name(name) {
            return Ok(Tag::Named(Some(name.as_str().into())));
        }
        let mut parts = name.split('.');
        let root = parts.next().unwrap_or_default();
        let as_written = || Ok(Tag::Named(Some(name.as_str().into())));
        let Some(mut value) = self.lookup(root, element.name_span, locals)? else { return as_written() };
        for part in parts {
            if let Value::Component(component) = &value {
                value = Value::Component(format!("{component}.{part}").into());
                continue;
            }
            value = self.member(&value, part, element.name_span, root)?;
        }
        match value {
            Value::Function(_) => Ok(Tag::Function(value)),
            Value::Component(component) => Ok(Tag::Named(Some(component))),
            Value::String(tag) => Ok(Tag::Named(Some(tag))),
            other => {
                let message = format!("`{name}` is {}, not a component", other.type_name());
                Err(Box::new(diagnostics::wrong_type(&self.file, element.name_span, message)))
            }
        }
    }
}
