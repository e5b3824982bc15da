//! What the routes do that every application has.

/// What the routes under `/auth` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionAction {
    /// Makes an account.
    Register,
    /// Begins a session.
    Login,
    /// Trades a refresh token for a new pair.
    Refresh,
    /// Ends the session.
    Logout,
    /// Changes the caller's password.
    ChangePassword,
    /// Has a link mailed to who has forgotten his password.
    Forgot,
    /// Sets a password with such a link.
    Reset,
    /// Confirms an address with a link.
    Verify,
    /// Has such a link mailed once more.
    SendVerification,
    /// Lists the caller's sessions.
    List,
    /// Ends one of them.
    End,
    /// Begins a second factor.
    BeginTotp,
    /// Turns it on.
    ConfirmTotp,
    /// Takes it away.
    EndTotp,
    /// Makes an API key.
    MakeKey,
    /// Lists the caller's API keys.
    ListKeys,
    /// Ends one of them.
    EndKey,
    /// Sends somebody to a provider, to log in there.
    BeginElsewhere,
    /// Begins a session for who comes back from one.
    ReturnFromElsewhere,
    /// Begins it with the code of a second factor.
    FinishElsewhere,
    /// Lists what the caller's account is elsewhere.
    ListIdentities,
    /// Ends one of them.
    EndIdentity,
}

impl SessionAction {
    /// Whether something has to be sent.
    pub(in crate::http) const fn takes_body(self) -> bool {
        !matches!(
            self,
            Self::Logout
                | Self::SendVerification
                | Self::List
                | Self::End
                | Self::BeginTotp
                | Self::ListKeys
                | Self::EndKey
                | Self::BeginElsewhere
                | Self::ReturnFromElsewhere
                | Self::ListIdentities
                | Self::EndIdentity
        )
    }
}

/// What the routes at the root do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceAction {
    /// Says that the process is alive.
    Health,
    /// Says whether it can serve.
    Ready,
    /// Numbers for Prometheus.
    Metrics,
    /// The `OpenAPI` document.
    Document,
    /// The page that shows it.
    Docs,
    /// What that page loads.
    DocsFile,
    /// The page that shows notifications arriving.
    Live,
    /// What that page loads.
    LiveFile,
    /// The page on which rows are looked at and changed.
    Admin,
    /// What that page loads.
    AdminFile,
    /// The page on which a password is set.
    Reset,
    /// What that page loads.
    ResetFile,
    /// The page on which an address is confirmed.
    Verify,
    /// What that page loads.
    VerifyFile,
}
