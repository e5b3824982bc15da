//! What somebody read off an instrument: every type that a field can have, once plain and once optional.

use std::collections::BTreeMap;

use crate::{comment::Comment, lab::correction::Correction, label::Label, project::Project, task::Task, user::User};
use fasttrack::prelude::*;

/// How far a reading can be relied on.
#[derive(Choice)]
pub enum Grade {
    /// Read from afar.
    Rough,
    /// Read with care.
    Fine,
    /// Read twice.
    VeryExact,
}

/// What becomes of a reading.
#[derive(Choice)]
pub enum Phase {
    /// Just taken.
    Taken,
    /// Looked at again.
    Reviewed,
    /// Used for something.
    Published,
    /// Not to be used.
    Withdrawn,
}

/// What an instrument said.
#[resource(conceal, keep_deleted = 30d)]
#[has(corrections: Correction.reading, inline = ..=3)]
#[rule(insider: keeper | witness | observers)]
#[rule(historic: authenticated & checked_at < now - 36500d & !(due >= now - 36000d))]
#[can(create: authenticated)]
#[can(list, read: insider | project.owner | authenticated & is_open == true & (level >= 10 & !(grade == Rough) | margin >= 0.751) | historic | role(Admin))]
#[can(update: insider & is_sealed == false | role(Admin))]
#[can(delete: keeper & !(grade == VeryExact) | role(Admin))]
#[can(restore: keeper & is_sealed == false | role(Admin))]
#[unique(second_contact, day)]
#[check(is_sealed == false | checked_at >= taken_at)]
#[on(deleted => reading_gone { label: label, mistakes: mistakes } to witness, observers)]
#[on(restored => reading_back { label: label, mistakes: mistakes } to witness, observers except actor)]
#[on(changed(labels) => reading_sorted { label: label } to keeper, observers)]
pub struct Reading {
    /// Number of the reading.
    pub id: Id<Reading>,
    /// Who took it.
    #[field(actor, on_delete = restrict)]
    pub keeper: BelongsTo<User>,
    /// Who stood by.
    #[field(filter, sort, on_delete = set_null)]
    pub witness: Option<BelongsTo<User>>,
    /// What it was taken for.
    #[field(filter, on_delete = cascade)]
    pub project: Option<BelongsTo<Project>>,
    /// The task in whose course it was taken.
    #[field(filter, on_delete = set_null)]
    pub task: Option<BelongsTo<Task>>,
    /// The comment that asked for it.
    #[field(on_delete = restrict)]
    pub remark: Option<BelongsTo<Comment>>,
    /// Name of the reading.
    #[field(len = 1..=50, unique, filter, sort, search)]
    pub label: String,
    /// What else there is to say.
    #[field(len = ..=200, filter, sort, search)]
    pub note: Option<String>,
    /// Whether everybody may see it.
    #[field(default, filter, sort)]
    pub is_open: bool,
    /// Whether it is final.
    #[field(default = false, write = keeper | role(Admin))]
    pub is_sealed: bool,
    /// Whether it was checked.
    #[field(filter, sort)]
    pub was_checked: Option<bool>,
    /// Any integer.
    #[field(default = 7, filter, sort, index)]
    pub level: i64,
    /// A small integer, under a name that SQL has taken.
    #[field(range = -100..=100, filter, sort)]
    pub order: Option<i64>,
    /// Any number.
    #[field(filter, sort)]
    pub value: f64,
    /// A share, under a name that SQL has taken.
    #[field(range = 0.0..=1.0, filter, sort)]
    pub group: Option<f64>,
    /// What it cost.
    #[field(range = -10..=1_000_000.5, filter, sort)]
    pub cost: Option<Decimal<2>>,
    /// How far it may be off.
    #[field(default = 0.5, filter, sort)]
    pub margin: Decimal<3>,
    /// What it is about.
    #[field(max = 3, len = 1..=10, default, filter)]
    pub tags: Vec<String>,
    /// What it is made of.
    #[field(max = 100, range = 0.., filter(also = part))]
    pub parts: Option<Vec<i64>>,
    /// What it is sorted under.
    #[field(max = 3, filter)]
    pub labels: Many<Label>,
    /// Who may look on.
    #[field(max = 2, filter)]
    pub observers: Many<User>,
    /// What it is called elsewhere.
    #[field(filter, sort, index)]
    pub key: Option<Uuid>,
    /// Where it is shown.
    #[field(filter, sort, search)]
    pub page: Option<Url>,
    /// How long it took.
    #[field(range = 0..=86_400, filter, sort)]
    pub took: Option<Duration>,
    /// When it was taken.
    #[field(filter, sort)]
    pub taken_at: Timestamp,
    /// When it was checked.
    #[field(filter, sort)]
    pub checked_at: Option<Timestamp>,
    /// The day that it counts for.
    #[field(filter, sort)]
    pub day: Date,
    /// The day by which it has to be repeated.
    #[field(filter, sort)]
    pub due: Option<Date>,
    /// What the instrument printed.
    pub detail: Json<BTreeMap<String, BTreeMap<String, Vec<Option<String>>>>>,
    /// The samples behind it.
    pub samples: Option<Json<Vec<f64>>>,
    /// What the instrument recorded.
    #[field(max_bytes = 12_000_000, types("*/*"))]
    pub raw: Option<File>,
    /// How far it can be relied on.
    #[field(default = Fine, filter(also = quality), sort)]
    pub grade: Grade,
    /// What a second reader thought of it.
    #[field(filter, sort)]
    pub second_grade: Option<Grade>,
    /// What became of it.
    #[field(default = Taken, flow(Taken -> Reviewed | Withdrawn, Reviewed -> Taken | Published, Published -> Withdrawn))]
    pub phase: Phase,
    /// Whom to ask.
    #[field(len = ..=255, filter, sort, search)]
    pub contact: Email,
    /// Whom to ask otherwise.
    #[field(len = ..=255, filter)]
    pub second_contact: Option<Email>,
    /// How many mistakes were found in it.
    #[field(count(corrections), filter, sort)]
    pub mistakes: i64,
    /// How many of them matter.
    #[field(count(corrections: is_minor == false), filter(also = serious), sort)]
    pub grave_mistakes: i64,
    /// What they cost.
    #[field(sum(corrections: cost), filter, sort)]
    pub damage: Decimal<2>,
    /// When it was entered.
    #[field(filter, sort)]
    pub created_at: CreatedAt,
    /// When it was last changed.
    #[field(sort)]
    pub updated_at: UpdatedAt,
    /// When it was deleted.
    pub deleted_at: DeletedAt,
}
