//! Subscriptions.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A subscription (manual, `CREATE SUBSCRIPTION`; catalog `pg_subscription`).
    ///
    /// Its connection is never read, printed or compared, as it may hold a password: so one that is not there is for people to make.
    Subscription, SubscriptionDoc [renamed_from comment owner] {
        /// The publications at the publisher.
        publications: Vec<String>,
        /// The replication slot at the publisher: named like the subscription where nothing is said, and `none` for none.
        slot_name: Option<String>,
        /// Whether it runs; true where nothing is said.
        enabled: Option<bool>,
        /// Whether rows are sent in binary form (PostgreSQL 14).
        binary: bool,
        /// Whether transactions are sent before they end (PostgreSQL 14): `off`, `on`, or `parallel` (16), which is what is usual since 18.
        streaming: Option<String>,
        /// Whether two-phase commit is decoded (PostgreSQL 15).
        two_phase: bool,
        /// Whether an error stops it (PostgreSQL 15).
        disable_on_error: bool,
        /// Whether its connection must hold a password, where its owner is no superuser (PostgreSQL 16); true where nothing is said.
        password_required: Option<bool>,
        /// Whether rows are written as its owner, not as that of each table (PostgreSQL 16).
        run_as_owner: bool,
        /// `none` to get only what was written at the publisher itself, else `any` (PostgreSQL 16).
        origin: Option<String>,
        /// Whether the slot is kept on standbys too (PostgreSQL 17).
        failover: bool,
        /// The `synchronous_commit` of what it writes; `off` where nothing is said. Not read before PostgreSQL 14.
        synchronous_commit: Option<String>,
    }
}

placed!(SubscriptionDoc in database);

impl Keyed for Subscription {
    const KIND: Kind = Kind::Subscription;
}

/// What stands in for a connection that nobody but its people knows: no name ends so (RFC 2606).
const PLACEHOLDER: &str = "host=connection.invalid";

/// What only the publisher can change, so not in a transaction, nor on a shadow.
const OF_THE_PUBLISHER: [&str; 2] = ["two_phase", "failover"];

/// What is read, as far as everybody may.
const FIELDS: &str = "\
'publications', (SELECT jsonb_agg(p ORDER BY p COLLATE \"C\") FROM unnest(s.subpublications) AS p),
'slot_name', CASE WHEN s.subslotname IS NULL THEN 'none' WHEN s.subslotname <> s.subname THEN s.subslotname::text END,
'binary', s.subbinary, -- since 14
'synchronous_commit', nullif(s.subsynccommit, 'off'), -- since 14
'two_phase', s.subtwophasestate <> 'd', -- since 15
'disable_on_error', s.subdisableonerr, -- since 15
'password_required', CASE WHEN NOT s.subpasswordrequired THEN false END, -- since 16
'run_as_owner', s.subrunasowner, -- since 16
'origin', nullif(s.suborigin, 'any'), -- since 16
'failover', s.subfailover, -- since 17
'enabled', CASE WHEN NOT s.subenabled THEN false END";

/// `streaming`, where it is not what is usual.
fn streaming(version: u32) -> &'static str {
    match version {
        ..14 => "NULL",
        14..16 => "CASE WHEN s.substream THEN 'on' END",
        16..18 => "CASE s.substream WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' END",
        _ => "CASE s.substream WHEN 't' THEN 'on' WHEN 'f' THEN 'off' END",
    }
}

impl Subscription {
    /// The parameters with their values, as `WITH` and `SET` take them.
    fn parameters(&self, id: &Id, version: u32) -> Vec<(&'static str, String)> {
        let text = |value: &Option<String>, usual: &str| sql::literal(value.as_deref().unwrap_or(usual));
        let slot = match self.slot_name.as_deref() {
            Some("none") => "NONE".to_owned(),
            slot => sql::literal(slot.unwrap_or(id.name())),
        };
        vec![
            ("slot_name", slot),
            ("synchronous_commit", text(&self.synchronous_commit, "off")),
            ("binary", self.binary.to_string()),
            ("streaming", text(&self.streaming, if version < 18 { "off" } else { "parallel" })),
            ("two_phase", self.two_phase.to_string()),
            ("disable_on_error", self.disable_on_error.to_string()),
            ("password_required", self.password_required.unwrap_or(true).to_string()),
            ("run_as_owner", self.run_as_owner.to_string()),
            ("origin", text(&self.origin, "any")),
            ("failover", self.failover.to_string()),
        ]
    }

    /// The parameters that are other than those of `from`: `binary = true`.
    fn changed(&self, from: &Subscription, id: &Id, version: u32) -> Vec<String> {
        let before = from.parameters(id, version);
        let changed =
            self.parameters(id, version).into_iter().filter(|parameter| !before.contains(parameter));
        changed.map(|(name, value)| format!("{name} = {value}")).collect()
    }

    fn runs(&self) -> bool {
        self.enabled.unwrap_or(true)
    }

    fn publications(&self) -> String {
        let names: Vec<String> = self.publications.iter().map(|name| sql::ident(name)).collect();
        names.join(", ")
    }

    fn made(&self, id: &Id, connection: &str, first: Option<String>, version: u32) -> String {
        let usual = Subscription::default();
        let options: Vec<String> = first.into_iter().chain(self.changed(&usual, id, version)).collect();
        let with = if options.is_empty() { String::new() } else { format!(" WITH ({})", options.join(", ")) };
        format!(
            "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {}{with}",
            id.sql(),
            sql::literal(connection),
            self.publications()
        )
    }

    /// The statement for a person to run, who knows the connection, in place of what no plan can do.
    pub fn by_hand(&self, before: Option<&Subscription>, id: &Id, version: u32) -> String {
        let Some(before) = before else {
            let first = (!self.runs()).then(|| "enabled = false".to_owned());
            return self.made(id, "...", first, version);
        };
        let changed = self.changed(before, id, version);
        let of_publisher = |one: &String| OF_THE_PUBLISHER.iter().any(|name| one.starts_with(name));
        let changed: Vec<String> = changed.into_iter().filter(of_publisher).collect();
        format!("ALTER SUBSCRIPTION {} SET ({})", id.sql(), changed.join(", "))
    }
}

fn switch(id: &Id, word: &str) -> Statement {
    Statement::new(format!("ALTER SUBSCRIPTION {} {word}", id.sql()))
}

impl ObjectKind for Subscription {
    fn query(version: u32) -> Option<String> {
        // Version 13 lets only superusers read the OID.
        Some(format!(
            "SELECT jsonb_build_object('at', (SELECT jsonb_build_array(a.classid, a.objid, a.objsubid) \
             FROM pg_get_object_address('subscription', ARRAY[s.subname::text], '{{}}') AS a), 'name', s.subname, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('streaming', {},\n{})))\n\
             FROM pg_subscription AS s WHERE s.subdbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())",
            query::owner("s.subowner"),
            streaming(version),
            query::for_version(FIELDS, version),
        ))
    }

    /// It is never connected: what it is connected to is for people to say.
    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let unconnected = Some("connect = false".to_owned());
        let create =
            Statement::new(self.made(id, PLACEHOLDER, unconnected, context.version)).clients(format!(
                "{id} has no connection: set it by hand, with ALTER SUBSCRIPTION {} CONNECTION '...'",
                id.sql()
            ));
        let enable = self.runs().then(|| switch(id, "ENABLE"));
        [Some(create), enable].into_iter().flatten().collect()
    }

    /// A slot at the publisher could not be dropped in a transaction: it is let go of first.
    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let mut statements = Vec::new();
        if self.runs() {
            statements.push(switch(id, "DISABLE"));
        }
        // PostgreSQL would leave it behind, as nobody's.
        if context.from.contains(&id.child(Kind::Comment, "")) {
            statements.push(Statement::new(format!("COMMENT ON SUBSCRIPTION {} IS NULL", id.sql())));
        }
        let mut drop = Statement::new(format!("DROP SUBSCRIPTION {}", id.sql()))
            .hazard(Hazard::DataLoss, format!("the connection of {id} goes and is kept nowhere"));
        let slot = self.parameters(id, context.version).swap_remove(0).1;
        if slot != "NONE" {
            statements.push(switch(id, "SET (slot_name = NONE)"));
            drop = drop.clients(format!(
                "its slot stays at the publisher, where it keeps the log: drop it there by hand, with SELECT pg_drop_replication_slot({slot})"
            ));
        }
        statements.push(drop);
        statements
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        if self.two_phase != to.two_phase || self.failover != to.failover {
            return Change::Replace("only the publisher can change two_phase and failover".to_owned());
        }
        let mut statements = Vec::new();
        if self.runs() && !to.runs() {
            statements.push(switch(id, "DISABLE"));
        }
        let changed = to.changed(self, id, context.version);
        if !changed.is_empty() {
            statements.push(switch(id, &format!("SET ({})", changed.join(", "))));
        }
        if self.publications != to.publications {
            let set = switch(id, &format!("SET PUBLICATION {} WITH (refresh = false)", to.publications()));
            statements.push(set.clients(format!(
                "tables that come or go with the publications do so once somebody runs ALTER SUBSCRIPTION {} REFRESH PUBLICATION",
                id.sql()
            )));
        }
        if to.runs() && !self.runs() {
            statements.push(switch(id, "ENABLE"));
        }
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(switch(id, &format!("RENAME TO {}", sql::ident(to))))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT concat_ws(' ', s.subenabled, s.subslotname, \
             (SELECT string_agg(p, ', ' ORDER BY p COLLATE pg_catalog.\"C\") FROM unnest(s.subpublications) AS p)) FROM pg_catalog.pg_subscription AS s \
             WHERE s.subname = e.name AND s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()))",
        )
    }
}
