//! The places of a source file that mutants change.

use std::{collections::HashMap, ops::Range};

use proc_macro2::LineColumn;
use syn::{BinOp, Block, Expr, Signature, UnOp, spanned::Spanned, visit::Visit};

use crate::{
    Result,
    mutant::{Id, Mutant},
};

/// All mutants of one place; these are numbered by the first of them.
pub struct Site {
    /// What is replaced, in bytes; empty where something is put in.
    pub range: Range<usize>,
    pub kind: Kind,
    /// With the text that each puts there.
    pub mutants: Vec<(Id, String)>,
}

pub enum Kind {
    /// At the start of a function's body, of which the mutants return at once.
    Body,
    Operator {
        left: Range<usize>,
        operator: String,
        right: Range<usize>,
    },
    /// `&&` or `||`, either made the other.
    Lazy {
        left: Range<usize>,
        is_and: bool,
        right: Range<usize>,
    },
    /// `!` or `-`, left out.
    Unary {
        operator: &'static str,
        operand: Range<usize>,
    },
    /// Behind a pattern that has no guard; the arm is left out.
    Arm,
    Guard,
    /// The value of a field, which the mutant takes from the base of the struct expression.
    Field {
        name: String,
        is_shorthand: bool,
        base: Range<usize>,
    },
}

/// In the order of the text, what contains others before these.
pub fn find<'a>(text: &str, mutants: impl Iterator<Item = &'a Mutant>) -> Result<Vec<Site>> {
    let mut finder = Finder {
        text,
        lines: line_starts(text),
        mutants: HashMap::new(),
        constants: 0,
        sites: Vec::new(),
    };
    for mutant in mutants {
        let at = (mutant.genre.clone(), mutant.start);
        finder.mutants.entry(at).or_default().push((mutant.id, mutant.replacement.clone()));
    }
    finder.visit_file(&syn::parse_file(text)?);
    let mut sites = finder.sites;
    sites.sort_by_key(|site| (site.range.start, usize::MAX - site.range.end));
    Ok(sites)
}

/// The genre, and where the mutant starts.
type At = (String, (usize, usize));

struct Finder<'t> {
    text: &'t str,
    lines: Vec<usize>,
    mutants: HashMap<At, Vec<(Id, String)>>,
    /// How many constants or `const fn` are open, in which nothing can ask for the switch.
    constants: usize,
    sites: Vec<Site>,
}

impl Finder<'_> {
    fn add(&mut self, genre: &str, start: LineColumn, range: Range<usize>, kind: Kind) {
        let at = (genre.to_owned(), (start.line, start.column + 1));
        if self.constants == 0
            && let Some(mutants) = self.mutants.remove(&at)
        {
            self.sites.push(Site { range, kind, mutants });
        }
    }

    fn function(&mut self, signature: &Signature, block: &Block) {
        // Each mutant of `impl Trait` is another type.
        let is_opaque = self.text[self.range(&signature.output)].contains("impl ");
        if let (Some(first), false, None) = (block.stmts.first(), is_opaque, &signature.constness) {
            let brace = self.offset(block.brace_token.span.open().end());
            self.add("FnValue", first.span().start(), brace..brace, Kind::Body);
        }
    }

    fn constant(&mut self, visit: impl FnOnce(&mut Self)) {
        self.constants += 1;
        visit(self);
        self.constants -= 1;
    }

    fn range(&self, part: &impl Spanned) -> Range<usize> {
        self.offset(part.span().start())..self.offset(part.span().end())
    }

    fn offset(&self, at: LineColumn) -> usize {
        let line = self.lines[at.line - 1];
        let before = self.text[line..].chars().take(at.column);
        line + before.map(char::len_utf8).sum::<usize>()
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        match item.sig.constness {
            None => syn::visit::visit_item_fn(self, item),
            Some(_) => self.constant(|this| syn::visit::visit_item_fn(this, item)),
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        match item.sig.constness {
            None => syn::visit::visit_impl_item_fn(self, item),
            Some(_) => self.constant(|this| syn::visit::visit_impl_item_fn(this, item)),
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant(|this| syn::visit::visit_item_const(this, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.constant(|this| syn::visit::visit_item_static(this, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.constant(|this| syn::visit::visit_impl_item_const(this, item));
    }

    fn visit_trait_item_const(&mut self, item: &'ast syn::TraitItemConst) {
        self.constant(|this| syn::visit::visit_trait_item_const(this, item));
    }

    fn visit_type_array(&mut self, array: &'ast syn::TypeArray) {
        self.constant(|this| syn::visit::visit_type_array(this, array));
    }

    fn visit_expr_repeat(&mut self, repeat: &'ast syn::ExprRepeat) {
        self.visit_expr(&repeat.expr);
        self.constant(|this| this.visit_expr(&repeat.len));
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let (left, right) = (self.range(&binary.left), self.range(&binary.right));
        let operator = self.text[self.range(&binary.op)].to_owned();
        let kind = match binary.op {
            BinOp::And(_) => Kind::Lazy { left, is_and: true, right },
            BinOp::Or(_) => Kind::Lazy { left, is_and: false, right },
            _ => Kind::Operator { left, operator, right },
        };
        if !binds(&binary.left) && !binds(&binary.right) {
            self.add("BinaryOperator", binary.op.span().start(), self.range(binary), kind);
        }
        syn::visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let operator = if matches!(unary.op, UnOp::Not(_)) { "!" } else { "-" };
        let kind = Kind::Unary { operator, operand: self.range(&unary.expr) };
        self.add("UnaryOperator", unary.op.span().start(), self.range(unary), kind);
        syn::visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some((_, guard)) = &arm.guard {
            self.add("MatchArmGuard", guard.span().start(), self.range(guard), Kind::Guard);
        } else {
            let end = self.range(&arm.pat).end;
            self.add("MatchArm", arm.span().start(), end..end, Kind::Arm);
        }
        syn::visit::visit_arm(self, arm);
    }

    fn visit_expr_struct(&mut self, expression: &'ast syn::ExprStruct) {
        for field in &expression.fields {
            if let (Some(base), syn::Member::Named(name)) = (&expression.rest, &field.member) {
                let (name, is_shorthand) = (name.to_string(), field.colon_token.is_none());
                let kind = Kind::Field { name, is_shorthand, base: self.range(base) };
                self.add("StructField", field.span().start(), self.range(&field.expr), kind);
            }
        }
        syn::visit::visit_expr_struct(self, expression);
    }
}

/// Whether it is a condition with a `let`, which stands only where it is.
fn binds(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => binds(&binary.left) || binds(&binary.right),
        _ => false,
    }
}
