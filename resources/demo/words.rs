//! What the office is made of.

pub(super) const PEOPLE: &[(&str, &str)] = &[
    ("Grace Hopper", "grace@example.com"),
    ("Alan Turing", "alan@example.com"),
    ("Katherine Johnson", "katherine@example.com"),
    ("Edsger Dijkstra", "edsger@example.com"),
];

pub(super) const PROJECTS: &[(&str, &str)] = &[
    ("Website relaunch", "A faster, clearer site before the spring campaign."),
    ("Office move", "Everything and everybody to the new building, over one weekend."),
    ("Annual report", "Figures, stories and pictures of the year, in print and online."),
    ("Customer survey", "What do our customers miss, and what could go?"),
    ("Mobile app 2.0", "Offline first, and half the size."),
    ("Hiring", "Two engineers, a designer and somebody for the front desk."),
];

pub(super) const VERBS: &[&str] = &[
    "Draft",
    "Review",
    "Order",
    "Plan",
    "Measure",
    "Test",
    "Print",
    "Translate",
    "Compare",
    "Book",
    "Clean up",
    "Publish",
    "Discuss",
];

pub(super) const THINGS: &[&str] = &[
    "the launch checklist",
    "the floor plan",
    "new price list",
    "the photo gallery",
    "the opening speech",
    "the newsletter",
    "the sign-up form",
    "the insurance papers",
    "the training videos",
    "the server room",
    "the interview questions",
    "the search page",
    "the packing list",
    "the quarterly figures",
    "the accessibility report",
    "the welcome e-mail",
    "the cable ducts",
];

pub(super) const DETAILS: &[&str] = &[
    "",
    "Ask the others before it goes out.",
    "Needed by Friday; a rough version will do.",
    "See what was done last year, and keep what worked.",
    "Two pages at most.",
];

pub(super) const COMMENTS: &[&str] = &[
    "I have put a first version on the shared drive.",
    "Looks good to me.",
    "Can this wait until next week?",
    "Done, but for the pictures.",
    "Who has the contact of the printers?",
    "Let us talk about this tomorrow.",
];
