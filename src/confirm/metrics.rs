/// What the worker counts. Labels are stable names from closed lists, none of them says anything about a
/// person.
pub trait ConfirmMetrics: Send + Sync {
    /// A request to the Cloud API ended: `accepted`, `refused`, `not_sent` or `unknown`.
    fn sent(&self, result: &'static str);

    /// A job was put off, and why.
    fn put_off(&self, reason: &'static str);

    /// A job was given up, and why.
    fn dropped(&self, reason: &'static str);

    /// Sending was stopped for a business or a number, and why.
    fn paused(&self, reason: &'static str);

    /// The outbox could not be reached: `lease` or `settle`.
    fn outbox_failed(&self, operation: &'static str);
}
