//! Casts.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A cast (manual, `CREATE CAST`; catalog `pg_cast`), under its types: `integer AS my_type`.
    ///
    /// Without a function and without `inout`, the types are binary-coercible.
    Cast, CastDoc [comment] {
        /// The function that casts, with its arguments: `to_my_type(integer)`.
        function: Option<String>,
        /// Whether it goes by way of the types' text.
        inout: bool,
        /// `assignment` or `implicit`; only explicit where nothing is said.
        context: Option<String>,
    }
}

placed!(CastDoc in database);

impl Keyed for Cast {
    const KIND: Kind = Kind::Cast;

    fn id(_parent: Option<&Id>, key: &str) -> Id {
        let place = key.to_lowercase().rfind(" as ");
        let name = place.map_or(key.to_owned(), |place| {
            format!("{} AS {}", key[..place].trim(), key[place + 4..].trim())
        });
        Id::root(Kind::Cast, name)
    }
}

impl ObjectKind for Cast {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL), \
             'spec', jsonb_strip_nulls(jsonb_build_object('function', CASE WHEN c.castfunc <> 0 THEN c.castfunc::regprocedure::text END, \
             'inout', c.castmethod = 'i', 'context', CASE c.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' END))) \
             FROM pg_cast AS c WHERE {} \
             AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i')",
            query::address("pg_cast", "c.oid", "0"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let how = match (&self.function, self.inout) {
            (Some(function), _) => format!("WITH FUNCTION {function}"),
            (None, true) => "WITH INOUT".to_owned(),
            (None, false) => "WITHOUT FUNCTION".to_owned(),
        };
        let when = self
            .context
            .as_ref()
            .map(|context| format!(" AS {}", context.to_uppercase()))
            .unwrap_or_default();
        vec![Statement::new(format!("CREATE CAST ({}) {how}{when}", id.name()))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP {}", self.address(id)))
                .hazard(Hazard::ClientBreak, format!("{id} is gone")),
        ]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Replace("PostgreSQL cannot change a cast".to_owned())
    }

    fn address(&self, id: &Id) -> String {
        format!("CAST ({})", id.name())
    }
}
