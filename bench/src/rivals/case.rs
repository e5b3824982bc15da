//! What is asked of each side.

/// A kind of request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Project,
    Projects,
    Task,
    Tasks,
    Deep,
    NewProject,
    NewTask,
    Status,
    Me,
    Health,
}

impl Case {
    /// As the columns of the table.
    pub const ALL: [Self; 10] = [
        Self::Project,
        Self::Projects,
        Self::Task,
        Self::Tasks,
        Self::Deep,
        Self::NewProject,
        Self::NewTask,
        Self::Status,
        Self::Me,
        Self::Health,
    ];

    /// Those of which nothing follows, so that others than fasttrack have them.
    pub const ALIKE: [Self; 8] =
        [Self::Project, Self::Projects, Self::Task, Self::Tasks, Self::Deep, Self::NewProject, Self::Me, Self::Health];

    /// The head of its column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Project => "GET a project",
            Self::Projects => "GET 20 projects",
            Self::Task => "GET a task",
            Self::Tasks => "tasks, page 1",
            Self::Deep => "deep page",
            Self::NewProject => "POST project",
            Self::NewTask => "POST task",
            Self::Status => "PATCH status",
            Self::Me => "me",
            Self::Health => "health",
        }
    }

    /// Whether something is on the disk when it is answered.
    pub fn writes(self) -> bool {
        matches!(self, Self::NewProject | Self::NewTask | Self::Status)
    }
}
