//! oxc's tree → ours.
//!
//! In: a program that oxc has read. Out: our nodes, spans moved into the file. What is not evaluated becomes
//! [`ExprKind::Unsupported`]. Deliberately not here: parsing, white space of JSX ([`super::jsx`]).

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use oxc_ast::ast as js;
use oxc_span::GetSpan;

use super::ast::{
    BinaryOp, Declaration, ExportName, Expr, ExprKind, Function, Import, ImportName, Item, Key, LogicalOp, Module,
    Pattern, Property, Reexport, Statement, UnaryOp,
};
use super::diagnostics;
use super::jsx;
use crate::ast::{Attribute, AttributeValue, Element, Node, NodeKind};
use crate::{Diagnostic, FileId, Span};

/// How deep a tree may be: what goes through it does so by recursion.
const MAX_DEPTH: u32 = 200;

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// Converts one program.
pub(super) struct Converter<'f> {
    file: &'f FileId,
    outer: Span,
    prefix: u32,
    depth: Cell<u32>,
    problems: RefCell<Vec<Diagnostic>>,
}

impl<'f> Converter<'f> {
    /// `outer` is where the program stands in the file, but for its first `prefix` bytes.
    pub(super) fn new(file: &'f FileId, outer: Span, prefix: u32) -> Self {
        Self { file, outer, prefix, depth: Cell::new(0), problems: RefCell::default() }
    }

    /// Returns what was wrong but did not prevent a tree.
    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_inner()
    }

    /// Moves a span into the file.
    pub(super) fn span(&self, span: oxc_span::Span) -> Span {
        let place = |offset: u32| {
            let offset = self.outer.start.saturating_add(offset.saturating_sub(self.prefix));
            offset.min(self.outer.end) as usize
        };
        Span::new(place(span.start), place(span.end))
    }

    fn descend<T>(&self, span: oxc_span::Span, below: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.depth.get() >= MAX_DEPTH {
            return Err(Box::new(diagnostics::too_deep(self.file, self.span(span))));
        }
        self.depth.set(self.depth.get() + 1);
        let result = below();
        self.depth.set(self.depth.get() - 1);
        result
    }

    /// Converts an expression.
    pub(super) fn expression(&self, expression: &js::Expression<'_>) -> Result<Expr> {
        self.descend(expression.span(), || {
            Ok(Expr { kind: self.kind(expression)?, span: self.span(expression.span()) })
        })
    }

    fn boxed(&self, expression: &js::Expression<'_>) -> Result<Box<Expr>> {
        self.expression(expression).map(Box::new)
    }

    fn kind(&self, expression: &js::Expression<'_>) -> Result<ExprKind> {
        use js::Expression as E;
        match expression {
            E::TemplateLiteral(template) => self.template(template),
            E::StaticMemberExpression(member) => self.static_member(member),
            E::ComputedMemberExpression(member) => self.computed_member(member),
            E::CallExpression(call) => self.call(call),
            E::ChainExpression(chain) => self.chain(chain),
            E::NewExpression(new) => self.new_expression(new),
            E::ParenthesizedExpression(inner) => self.expression(&inner.expression).map(|inner| inner.kind),
            E::ArrowFunctionExpression(arrow) => self.arrow(arrow),
            E::FunctionExpression(function) => self.function_expression(function),
            E::ConditionalExpression(conditional) => self.conditional(conditional),
            E::UnaryExpression(unary) => self.unary(unary),
            E::BinaryExpression(binary) => self.binary(binary),
            E::LogicalExpression(logical) => self.logical(logical),
            E::ArrayExpression(array) => self.array(array),
            E::ObjectExpression(object) => self.object(object),
            E::SequenceExpression(sequence) => self.sequence(sequence),
            E::JSXElement(element) => self.jsx_element(element).map(|node| ExprKind::Jsx(Box::new(node))),
            E::JSXFragment(fragment) => self.jsx_fragment(fragment).map(|node| ExprKind::Jsx(Box::new(node))),
            leaf => Ok(leaf_kind(leaf)),
        }
    }

    fn template(&self, template: &js::TemplateLiteral<'_>) -> Result<ExprKind> {
        let cooked = |part: &js::TemplateElement<'_>| {
            let text = part.value.cooked.as_ref().map_or("", |text| text.as_str());
            jsx::without_surrogates(text, part.lone_surrogates)
        };
        Ok(ExprKind::Template {
            strings: template.quasis.iter().map(cooked).collect(),
            exprs: template.expressions.iter().map(|part| self.expression(part)).collect::<Result<_>>()?,
        })
    }

    fn new_expression(&self, new: &js::NewExpression<'_>) -> Result<ExprKind> {
        Ok(ExprKind::New { callee: self.boxed(&new.callee)?, arguments: self.arguments(&new.arguments)? })
    }

    fn arrow(&self, arrow: &js::ArrowFunctionExpression<'_>) -> Result<ExprKind> {
        if arrow.r#async {
            return Ok(unsupported("an `async` function"));
        }
        let function = self.function(None, &arrow.params, &arrow.body, arrow.expression, arrow.span)?;
        Ok(ExprKind::Function(Arc::new(function)))
    }

    fn conditional(&self, conditional: &js::ConditionalExpression<'_>) -> Result<ExprKind> {
        Ok(ExprKind::Conditional {
            test: self.boxed(&conditional.test)?,
            then: self.boxed(&conditional.consequent)?,
            otherwise: self.boxed(&conditional.alternate)?,
        })
    }

    fn unary(&self, unary: &js::UnaryExpression<'_>) -> Result<ExprKind> {
        match unary_op(unary.operator) {
            Some(operator) => Ok(ExprKind::Unary(operator, self.boxed(&unary.argument)?)),
            None => Ok(unsupported("`delete`")),
        }
    }

    fn binary(&self, binary: &js::BinaryExpression<'_>) -> Result<ExprKind> {
        Ok(ExprKind::Binary(binary_op(binary.operator), self.boxed(&binary.left)?, self.boxed(&binary.right)?))
    }

    fn logical(&self, logical: &js::LogicalExpression<'_>) -> Result<ExprKind> {
        let operator = match logical.operator {
            js::LogicalOperator::And => LogicalOp::And,
            js::LogicalOperator::Or => LogicalOp::Or,
            js::LogicalOperator::Coalesce => LogicalOp::Nullish,
        };
        Ok(ExprKind::Logical(operator, self.boxed(&logical.left)?, self.boxed(&logical.right)?))
    }

    fn sequence(&self, sequence: &js::SequenceExpression<'_>) -> Result<ExprKind> {
        let parts = sequence.expressions.iter().map(|part| self.expression(part)).collect::<Result<_>>()?;
        Ok(ExprKind::Sequence(parts))
    }

    fn static_member(&self, member: &js::StaticMemberExpression<'_>) -> Result<ExprKind> {
        let property = Box::new(Key::Name(member.property.name.as_str().into()));
        Ok(ExprKind::Member { object: self.boxed(&member.object)?, property, optional: member.optional })
    }

    fn computed_member(&self, member: &js::ComputedMemberExpression<'_>) -> Result<ExprKind> {
        let property = Box::new(Key::Computed(self.expression(&member.expression)?));
        Ok(ExprKind::Member { object: self.boxed(&member.object)?, property, optional: member.optional })
    }

    fn call(&self, call: &js::CallExpression<'_>) -> Result<ExprKind> {
        Ok(ExprKind::Call {
            callee: self.boxed(&call.callee)?,
            arguments: self.arguments(&call.arguments)?,
            optional: call.optional,
        })
    }

    fn chain(&self, chain: &js::ChainExpression<'_>) -> Result<ExprKind> {
        let kind = match &chain.expression {
            js::ChainElement::CallExpression(call) => self.call(call)?,
            js::ChainElement::StaticMemberExpression(member) => self.static_member(member)?,
            js::ChainElement::ComputedMemberExpression(member) => self.computed_member(member)?,
            js::ChainElement::PrivateFieldExpression(_) => unsupported("a private member"),
            js::ChainElement::TSNonNullExpression(_) => unsupported("TypeScript"),
        };
        Ok(ExprKind::Chain(Box::new(Expr { kind, span: self.span(chain.span) })))
    }

    fn arguments(&self, arguments: &[js::Argument<'_>]) -> Result<Vec<Item>> {
        let convert = |argument: &js::Argument<'_>| match argument {
            js::Argument::SpreadElement(spread) => self.expression(&spread.argument).map(Item::Spread),
            other => match other.as_expression() {
                Some(expression) => self.expression(expression).map(Item::Value),
                None => Ok(Item::Hole),
            },
        };
        arguments.iter().map(convert).collect()
    }

    fn array(&self, array: &js::ArrayExpression<'_>) -> Result<ExprKind> {
        let convert = |item: &js::ArrayExpressionElement<'_>| match item {
            js::ArrayExpressionElement::SpreadElement(spread) => self.expression(&spread.argument).map(Item::Spread),
            js::ArrayExpressionElement::Elision(_) => Ok(Item::Hole),
            other => match other.as_expression() {
                Some(expression) => self.expression(expression).map(Item::Value),
                None => Ok(Item::Hole),
            },
        };
        Ok(ExprKind::Array(array.elements.iter().map(convert).collect::<Result<_>>()?))
    }

    fn object(&self, object: &js::ObjectExpression<'_>) -> Result<ExprKind> {
        let mut properties = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            properties.push(match property {
                js::ObjectPropertyKind::SpreadProperty(spread) => Property::Spread(self.expression(&spread.argument)?),
                js::ObjectPropertyKind::ObjectProperty(property) if property.kind == js::PropertyKind::Init => {
                    let key = self.key(&property.key)?;
                    let value = self.expression(&property.value)?;
                    Property::Value(key, value)
                }
                js::ObjectPropertyKind::ObjectProperty(property) => {
                    let span = self.span(property.span);
                    Property::Value(self.key(&property.key)?, Expr { kind: unsupported("a getter or setter"), span })
                }
            });
        }
        Ok(ExprKind::Object(properties))
    }

    fn key(&self, key: &js::PropertyKey<'_>) -> Result<Key> {
        Ok(match key {
            js::PropertyKey::StaticIdentifier(name) => Key::Name(name.name.as_str().into()),
            js::PropertyKey::PrivateIdentifier(name) => Key::Name(name.name.as_str().into()),
            js::PropertyKey::StringLiteral(literal) => {
                Key::Name(jsx::without_surrogates(&literal.value, literal.lone_surrogates))
            }
            js::PropertyKey::NumericLiteral(literal) => Key::Name(super::number::to_string(literal.value).into()),
            other => match other.as_expression() {
                Some(expression) => Key::Computed(self.expression(expression)?),
                None => Key::Name("".into()),
            },
        })
    }

    fn function_expression(&self, function: &js::Function<'_>) -> Result<ExprKind> {
        let Some(body) = &function.body else { return Ok(unsupported("a function without a body")) };
        if function.r#async {
            return Ok(unsupported("an `async` function"));
        }
        if function.generator {
            return Ok(unsupported("a generator"));
        }
        let name = function.id.as_ref().map(|id| id.name.as_str());
        Ok(ExprKind::Function(Arc::new(self.function(name, &function.params, body, false, function.span)?)))
    }

    fn function(
        &self,
        name: Option<&str>,
        params: &js::FormalParameters<'_>,
        body: &js::FunctionBody<'_>,
        is_expression: bool,
        span: oxc_span::Span,
    ) -> Result<Function> {
        let mut patterns = Vec::with_capacity(params.items.len());
        for param in &params.items {
            let pattern = self.pattern(&param.pattern)?;
            patterns.push(match &param.initializer {
                Some(initializer) => Pattern::Default(Box::new(pattern), self.boxed(initializer)?),
                None => pattern,
            });
        }
        let rest = params.rest.as_ref().map(|rest| self.pattern(&rest.rest.argument)).transpose()?.map(Box::new);
        let body = match body.statements.as_slice() {
            [js::Statement::ExpressionStatement(only)] if is_expression => {
                vec![Statement::Return(Some(self.expression(&only.expression)?))]
            }
            statements => self.statements(statements)?,
        };
        Ok(Function { name: name.map(Into::into), params: patterns, rest, body, span: self.span(span) })
    }

    fn pattern(&self, pattern: &js::BindingPattern<'_>) -> Result<Pattern> {
        self.descend(pattern.span(), || {
            let rest = |rest: &Option<oxc_allocator::Box<'_, js::BindingRestElement<'_>>>| {
                rest.as_ref().map(|rest| self.pattern(&rest.argument)).transpose().map(|rest| rest.map(Box::new))
            };
            Ok(match pattern {
                js::BindingPattern::BindingIdentifier(name) => {
                    Pattern::Name(name.name.as_str().into(), self.span(name.span))
                }
                js::BindingPattern::ObjectPattern(object) => {
                    let convert = |property: &js::BindingProperty<'_>| {
                        Ok((self.key(&property.key)?, self.pattern(&property.value)?))
                    };
                    let properties = object.properties.iter().map(convert).collect::<Result<_>>()?;
                    Pattern::Object(properties, rest(&object.rest)?, self.span(object.span))
                }
                js::BindingPattern::ArrayPattern(array) => {
                    let convert = |item: &Option<js::BindingPattern<'_>>| {
                        item.as_ref().map(|item| self.pattern(item)).transpose()
                    };
                    let items = array.elements.iter().map(convert).collect::<Result<_>>()?;
                    Pattern::Array(items, rest(&array.rest)?, self.span(array.span))
                }
                js::BindingPattern::AssignmentPattern(assignment) => {
                    Pattern::Default(Box::new(self.pattern(&assignment.left)?), self.boxed(&assignment.right)?)
                }
            })
        })
    }

    fn statements(&self, statements: &[js::Statement<'_>]) -> Result<Vec<Statement>> {
        let mut out = Vec::with_capacity(statements.len());
        // Function declarations can be called before the line they stand on.
        for statement in statements {
            if let js::Statement::FunctionDeclaration(function) = statement {
                self.function_declaration(function, &mut out)?;
            }
        }
        for statement in statements {
            self.descend(statement.span(), || self.statement(statement, &mut out))?;
        }
        Ok(out)
    }

    fn function_declaration(&self, function: &js::Function<'_>, out: &mut Vec<Statement>) -> Result<()> {
        let Some(id) = &function.id else { return Ok(()) };
        let value = Expr { kind: self.function_expression(function)?, span: self.span(function.span) };
        out.push(Statement::Const(Pattern::Name(id.name.as_str().into(), self.span(id.span)), value));
        Ok(())
    }

    fn statement(&self, statement: &js::Statement<'_>, out: &mut Vec<Statement>) -> Result<()> {
        use js::Statement as S;
        let what = match statement {
            S::EmptyStatement(_) | S::FunctionDeclaration(_) => return Ok(()),
            S::ReturnStatement(statement) => {
                let value = statement.argument.as_ref().map(|value| self.expression(value)).transpose()?;
                out.push(Statement::Return(value));
                return Ok(());
            }
            S::VariableDeclaration(declaration) => {
                for declarator in &declaration.declarations {
                    let (pattern, value) = self.declarator(declarator)?;
                    out.push(Statement::Const(pattern, value));
                }
                return Ok(());
            }
            S::IfStatement(statement) => {
                let test = self.expression(&statement.test)?;
                let then = self.statements(std::slice::from_ref(&statement.consequent))?;
                let otherwise = match &statement.alternate {
                    Some(alternate) => self.statements(std::slice::from_ref(alternate))?,
                    None => Vec::new(),
                };
                out.push(Statement::If(test, then, otherwise));
                return Ok(());
            }
            S::BlockStatement(block) => {
                out.push(Statement::Block(self.statements(&block.body)?));
                return Ok(());
            }
            S::ExpressionStatement(statement) => {
                out.push(Statement::Expression(self.expression(&statement.expression)?));
                return Ok(());
            }
            S::ForStatement(_) | S::ForInStatement(_) | S::ForOfStatement(_) => "a `for` loop",
            S::WhileStatement(_) | S::DoWhileStatement(_) => "a `while` loop",
            S::SwitchStatement(_) => "a `switch`",
            S::ThrowStatement(_) => "`throw`",
            S::TryStatement(_) => "`try`",
            S::ClassDeclaration(_) => "a class",
            S::DebuggerStatement(_) => "`debugger`",
            _ => "this statement",
        };
        out.push(Statement::Expression(Expr { kind: unsupported(what), span: self.span(statement.span()) }));
        Ok(())
    }

    fn declarator(&self, declarator: &js::VariableDeclarator<'_>) -> Result<(Pattern, Expr)> {
        let pattern = self.pattern(&declarator.id)?;
        let mut value = match &declarator.init {
            Some(value) => self.expression(value)?,
            None => Expr { kind: ExprKind::Name("undefined".into()), span: self.span(declarator.span) },
        };
        if let Pattern::Name(name, _) = &pattern {
            give_name(&mut value, name);
        }
        Ok((pattern, value))
    }

    fn jsx_element(&self, element: &js::JSXElement<'_>) -> Result<Node> {
        let opening = &element.opening_element;
        let mut attributes = Vec::with_capacity(opening.attributes.len());
        for attribute in &opening.attributes {
            attributes.push(match attribute {
                js::JSXAttributeItem::Attribute(attribute) => self.jsx_attribute(attribute)?,
                js::JSXAttributeItem::SpreadAttribute(spread) => Attribute {
                    name: None,
                    value: AttributeValue::Expression(Arc::new(self.expression(&spread.argument)?)),
                    span: self.span(spread.span),
                },
            });
        }
        let element_data = Element {
            name: Some(jsx::element_name(&opening.name)),
            name_span: self.span(opening.name.span()),
            attributes,
            inline: true,
        };
        self.jsx_node(element_data, &element.children, element.span)
    }

    fn jsx_fragment(&self, fragment: &js::JSXFragment<'_>) -> Result<Node> {
        let name_span = self.span(fragment.opening_fragment.span);
        let element = Element { name: None, name_span, attributes: Vec::new(), inline: true };
        self.jsx_node(element, &fragment.children, fragment.span)
    }

    fn jsx_node(&self, element: Element, children: &[js::JSXChild<'_>], span: oxc_span::Span) -> Result<Node> {
        let mut nodes = Vec::with_capacity(children.len());
        for child in children {
            if let Some(node) = self.descend(child.span(), || self.jsx_child(child))? {
                nodes.push(node);
            }
        }
        Ok(Node { kind: NodeKind::Element(element), span: self.span(span), children: nodes })
    }

    fn jsx_child(&self, child: &js::JSXChild<'_>) -> Result<Option<Node>> {
        let leaf = |kind: NodeKind| Node { kind, span: self.span(child.span()), children: Vec::new() };
        let expression = |expr: Expr| NodeKind::Expression { expr: Arc::new(expr), inline: true };
        Ok(match child {
            js::JSXChild::Text(text) => jsx::text(&text.value).map(|text| leaf(NodeKind::Text(text))),
            js::JSXChild::Element(element) => Some(self.jsx_element(element)?),
            js::JSXChild::Fragment(fragment) => Some(self.jsx_fragment(fragment)?),
            js::JSXChild::ExpressionContainer(container) => match container.expression.as_expression() {
                Some(inner) => Some(leaf(expression(self.expression(inner)?))),
                None => None,
            },
            js::JSXChild::Spread(spread) => {
                let span = self.span(spread.span);
                Some(leaf(expression(Expr { kind: unsupported("a spread among children"), span })))
            }
        })
    }

    fn jsx_attribute(&self, attribute: &js::JSXAttribute<'_>) -> Result<Attribute> {
        let jsx = |node: Node| {
            let span = node.span;
            AttributeValue::Expression(Arc::new(Expr { kind: ExprKind::Jsx(Box::new(node)), span }))
        };
        let value = match &attribute.value {
            None => AttributeValue::True,
            Some(js::JSXAttributeValue::StringLiteral(literal)) => {
                AttributeValue::String(jsx::decode(&literal.value).into_owned())
            }
            Some(js::JSXAttributeValue::ExpressionContainer(container)) => match container.expression.as_expression() {
                Some(inner) => AttributeValue::Expression(Arc::new(self.expression(inner)?)),
                // oxc has reported it.
                None => AttributeValue::True,
            },
            Some(js::JSXAttributeValue::Element(element)) => jsx(self.jsx_element(element)?),
            Some(js::JSXAttributeValue::Fragment(fragment)) => jsx(self.jsx_fragment(fragment)?),
        };
        let name = match &attribute.name {
            js::JSXAttributeName::Identifier(name) => name.name.to_string(),
            js::JSXAttributeName::NamespacedName(name) => format!("{}:{}", name.namespace.name, name.name.name),
        };
        Ok(Attribute { name: Some(name), value, span: self.span(attribute.span) })
    }

    /// Converts an import/export block.
    pub(super) fn module(&self, program: &js::Program<'_>) -> Result<Module> {
        let mut module = Module::default();
        if let Some(directive) = program.directives.first() {
            self.problems.borrow_mut().push(diagnostics::esm_only(self.file, self.span(directive.span)));
        }
        for statement in &program.body {
            match statement {
                js::Statement::ImportDeclaration(import) => module.imports.push(self.import(import)),
                js::Statement::ExportNamedDeclaration(export) => self.export(export, &mut module)?,
                js::Statement::ExportAllDeclaration(export) => {
                    let name = export.exported.as_ref().map_or_else(|| "*".to_owned(), |name| name.name().to_string());
                    module.reexports.push(Reexport {
                        source: export.source.value.to_string(),
                        source_span: self.inside(export.source.span),
                        names: vec![("*".to_owned(), name)],
                        span: self.span(export.span),
                    });
                }
                js::Statement::ExportDefaultDeclaration(export) => module.default = Some(self.export_default(export)?),
                js::Statement::EmptyStatement(_) => {}
                other => self.problems.borrow_mut().push(diagnostics::esm_only(self.file, self.span(other.span()))),
            }
        }
        Ok(module)
    }

    fn export_default(&self, export: &js::ExportDefaultDeclaration<'_>) -> Result<Expr> {
        let span = self.span(export.span);
        let kind = match &export.declaration {
            js::ExportDefaultDeclarationKind::FunctionDeclaration(function) => self.function_expression(function)?,
            js::ExportDefaultDeclarationKind::ClassDeclaration(_) => unsupported("a class"),
            other => match other.as_expression() {
                Some(expression) => return self.expression(expression),
                None => unsupported("TypeScript"),
            },
        };
        Ok(Expr { kind, span })
    }

    /// The span of a string without its quotes.
    fn inside(&self, span: oxc_span::Span) -> Span {
        self.span(oxc_span::Span::new(span.start + 1, (span.end - 1).max(span.start + 1)))
    }

    fn import(&self, import: &js::ImportDeclaration<'_>) -> Import {
        let convert = |specifier: &js::ImportDeclarationSpecifier<'_>| {
            let (imported, local) = match specifier {
                js::ImportDeclarationSpecifier::ImportSpecifier(named) => {
                    (named.imported.name().to_string(), &named.local)
                }
                js::ImportDeclarationSpecifier::ImportDefaultSpecifier(default) => {
                    ("default".to_owned(), &default.local)
                }
                js::ImportDeclarationSpecifier::ImportNamespaceSpecifier(all) => ("*".to_owned(), &all.local),
            };
            ImportName { imported, local: local.name.to_string(), span: self.span(local.span) }
        };
        Import {
            source: import.source.value.to_string(),
            source_span: self.inside(import.source.span),
            names: import.specifiers.iter().flatten().map(convert).collect(),
            span: self.span(import.span),
        }
    }

    fn export(&self, export: &js::ExportNamedDeclaration<'_>, module: &mut Module) -> Result<()> {
        let names = || {
            export
                .specifiers
                .iter()
                .map(|specifier| (specifier.local.name().to_string(), specifier.exported.name().to_string()))
        };
        if let Some(source) = &export.source {
            module.reexports.push(Reexport {
                source: source.value.to_string(),
                source_span: self.inside(source.span),
                names: names().collect(),
                span: self.span(export.span),
            });
            return Ok(());
        }
        for (specifier, (local, exported)) in export.specifiers.iter().zip(names()) {
            module.exports.push(ExportName { exported, local, span: self.span(specifier.span) });
        }
        let span = self.span(export.span);
        let mut declare = |pattern: Pattern, value: Expr| {
            pattern.names(&mut |name, span| {
                module.exports.push(ExportName { exported: name.to_string(), local: name.to_string(), span });
            });
            module.declarations.push(Declaration { pattern, value, span });
        };
        match &export.declaration {
            None => {}
            Some(js::Declaration::VariableDeclaration(declaration)) => {
                for declarator in &declaration.declarations {
                    let (pattern, value) = self.declarator(declarator)?;
                    declare(pattern, value);
                }
            }
            Some(js::Declaration::FunctionDeclaration(function)) => {
                if let Some(id) = &function.id {
                    let kind = self.function_expression(function)?;
                    let value = Expr { kind, span: self.span(function.span) };
                    declare(Pattern::Name(id.name.as_str().into(), self.span(id.span)), value);
                }
            }
            Some(js::Declaration::ClassDeclaration(class)) => {
                if let Some(id) = &class.id {
                    let value = Expr { kind: unsupported("a class"), span: self.span(class.span) };
                    declare(Pattern::Name(id.name.as_str().into(), self.span(id.span)), value);
                }
            }
            Some(_) => self.problems.borrow_mut().push(diagnostics::unsupported(self.file, span, "TypeScript")),
        }
        Ok(())
    }
}

/// Converts what holds no other expressions, or is not evaluated.
fn leaf_kind(expression: &js::Expression<'_>) -> ExprKind {
    use js::Expression as E;
    match expression {
        E::BooleanLiteral(literal) => ExprKind::Bool(literal.value),
        E::NullLiteral(_) => ExprKind::Null,
        E::NumericLiteral(literal) => ExprKind::Number(literal.value),
        E::StringLiteral(literal) => ExprKind::String(jsx::without_surrogates(&literal.value, literal.lone_surrogates)),
        E::RegExpLiteral(literal) => ExprKind::RegExp {
            source: literal.regex.pattern.text.as_str().into(),
            flags: literal.regex.flags.to_string().into(),
        },
        E::Identifier(name) => ExprKind::Name(name.name.as_str().into()),
        E::BigIntLiteral(_) => unsupported("a `BigInt`"),
        E::MetaProperty(_) => unsupported("`import.meta`"),
        E::Super(_) => unsupported("`super`"),
        E::AssignmentExpression(_) => unsupported("an assignment"),
        E::UpdateExpression(_) => unsupported("an assignment (`++`, `--`)"),
        E::AwaitExpression(_) => unsupported("`await`"),
        E::ClassExpression(_) => unsupported("a class"),
        E::ImportExpression(_) => unsupported("`import()`"),
        E::TaggedTemplateExpression(_) => unsupported("a tagged template"),
        E::ThisExpression(_) => unsupported("`this`"),
        E::YieldExpression(_) => unsupported("`yield`"),
        E::PrivateInExpression(_) | E::PrivateFieldExpression(_) => unsupported("a private member"),
        E::V8IntrinsicExpression(_) => unsupported("an intrinsic"),
        _ => unsupported("TypeScript"),
    }
}

fn unsupported(what: &'static str) -> ExprKind {
    ExprKind::Unsupported { what }
}

/// Names a function after the constant or property whose value it is.
fn give_name(value: &mut Expr, name: &Arc<str>) {
    if let ExprKind::Function(function) = &mut value.kind
        && function.name.is_none()
        && let Some(function) = Arc::get_mut(function)
    {
        function.name = Some(Arc::clone(name));
    }
}

fn unary_op(operator: js::UnaryOperator) -> Option<UnaryOp> {
    Some(match operator {
        js::UnaryOperator::UnaryPlus => UnaryOp::Plus,
        js::UnaryOperator::UnaryNegation => UnaryOp::Minus,
        js::UnaryOperator::LogicalNot => UnaryOp::Not,
        js::UnaryOperator::BitwiseNot => UnaryOp::BitNot,
        js::UnaryOperator::Typeof => UnaryOp::Typeof,
        js::UnaryOperator::Void => UnaryOp::Void,
        js::UnaryOperator::Delete => return None,
    })
}

fn binary_op(operator: js::BinaryOperator) -> BinaryOp {
    use js::BinaryOperator as B;
    match operator {
        B::Equality => BinaryOp::Equal,
        B::Inequality => BinaryOp::NotEqual,
        B::StrictEquality => BinaryOp::StrictEqual,
        B::StrictInequality => BinaryOp::StrictNotEqual,
        B::LessThan => BinaryOp::Less,
        B::LessEqualThan => BinaryOp::LessEqual,
        B::GreaterThan => BinaryOp::Greater,
        B::GreaterEqualThan => BinaryOp::GreaterEqual,
        B::Addition => BinaryOp::Add,
        B::Subtraction => BinaryOp::Subtract,
        B::Multiplication => BinaryOp::Multiply,
        B::Division => BinaryOp::Divide,
        B::Remainder => BinaryOp::Remainder,
        B::Exponential => BinaryOp::Power,
        B::ShiftLeft => BinaryOp::ShiftLeft,
        B::ShiftRight => BinaryOp::ShiftRight,
        B::ShiftRightZeroFill => BinaryOp::ShiftRightUnsigned,
        B::BitwiseOR => BinaryOp::BitOr,
        B::BitwiseXOR => BinaryOp::BitXor,
        B::BitwiseAnd => BinaryOp::BitAnd,
        B::In => BinaryOp::In,
        B::Instanceof => BinaryOp::InstanceOf,
    }
}
