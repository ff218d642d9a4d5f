//! A source file with the switch at each site.

use std::{collections::BTreeSet, ops::Range};

use crate::{
    mutant::Id,
    sites::{Kind, Site},
};

#[derive(Default)]
pub struct Rendered {
    pub text: String,
    /// What of the text belongs to which mutant; those of a site to all of it.
    pub places: Vec<(Range<usize>, Place)>,
}

#[derive(Clone)]
pub enum Place {
    Mutant(Id),
    Site(Vec<Id>),
}

pub fn file(text: &str, sites: &[Site], dropped: &BTreeSet<Id>) -> Rendered {
    let mut renderer = Renderer { text, sites, dropped, out: Rendered::default() };
    renderer.piece(0..text.len(), 0);
    renderer.out
}

struct Renderer<'s> {
    text: &'s str,
    sites: &'s [Site],
    dropped: &'s BTreeSet<Id>,
    out: Rendered,
}

impl Renderer<'_> {
    /// A part of the text, with the sites in it from this one on.
    fn piece(&mut self, range: Range<usize>, from: usize) {
        let (text, sites) = (self.text, self.sites);
        let mut at = range.start;
        for (index, site) in sites.iter().enumerate().skip(from) {
            if site.range.start >= at && site.range.end <= range.end {
                self.put(&text[at..site.range.start]);
                self.site(site, index + 1);
                at = site.range.end;
            }
        }
        self.put(&text[at..range.end]);
    }

    fn site(&mut self, site: &Site, next: usize) {
        let left: Vec<_> =
            site.mutants.iter().filter(|(id, _)| !self.dropped.contains(id)).collect();
        let Some((first, _)) = left.first() else { return self.piece(site.range.clone(), next) };
        let place = Place::Site(left.iter().map(|(id, _)| *id).collect());
        self.marked(place, |this| {
            let at = format!("crate::switched::at({first})");
            let before = match &site.kind {
                Kind::Body => " ".to_owned(),
                Kind::Arm => " if (".to_owned(),
                Kind::Field { name, is_shorthand: true, .. } => format!("{name}: ("),
                _ => "(".to_owned(),
            };
            if let Kind::Lazy { left, is_and, right } = &site.kind {
                // Asks the right side as often as either operator does, without saying anything twice.
                this.put("(match (");
                this.piece(left.clone(), next);
                let turn = if *is_and { "!=" } else { "==" };
                this.put(&format!(") {{ switched => if switched {turn} ({at} == {first}) {{ "));
                this.piece(right.clone(), next);
                return this.put(" } else { switched } })");
            }
            this.put(&format!("{before}match {at} {{ "));
            for (id, replacement) in left {
                this.marked(Place::Mutant(*id), |this| {
                    this.put(&format!("{id} => "));
                    this.mutated(&site.kind, replacement, next);
                });
                this.put(", ");
            }
            this.put("_ => ");
            this.unchanged(site, next);
            this.put(if matches!(site.kind, Kind::Body) { " }" } else { " })" });
        });
    }

    fn mutated(&mut self, kind: &Kind, replacement: &str, next: usize) {
        match kind {
            Kind::Body => self.put(&format!("return {replacement}")),
            Kind::Operator { left, right, .. } => self.operator(left, replacement, right, next),
            Kind::Lazy { .. } => {}
            Kind::Unary { operand, .. } => self.piece(operand.clone(), next),
            Kind::Arm => self.put("false"),
            Kind::Guard => self.put(replacement),
            Kind::Field { name, base, .. } => {
                self.put("(");
                self.piece(base.clone(), next);
                self.put(&format!(").{name}"));
            }
        }
    }

    fn unchanged(&mut self, site: &Site, next: usize) {
        match &site.kind {
            Kind::Body => self.put("{}"),
            Kind::Arm => self.put("true"),
            Kind::Operator { left, operator, right } => self.operator(left, operator, right, next),
            Kind::Unary { operator, operand } => {
                self.put(operator);
                self.piece(operand.clone(), next);
            }
            Kind::Lazy { .. } | Kind::Guard | Kind::Field { .. } => {
                self.piece(site.range.clone(), next)
            }
        }
    }

    fn operator(&mut self, left: &Range<usize>, operator: &str, right: &Range<usize>, next: usize) {
        self.put("(");
        self.piece(left.clone(), next);
        self.put(&format!(") {operator} ("));
        self.piece(right.clone(), next);
        self.put(")");
    }

    fn marked(&mut self, place: Place, write: impl FnOnce(&mut Self)) {
        let start = self.out.text.len();
        write(self);
        self.out.places.push((start..self.out.text.len(), place));
    }

    fn put(&mut self, text: &str) {
        self.out.text.push_str(text);
    }
}
