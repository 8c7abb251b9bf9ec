//! Types whose functions take or yield them (manual, `CREATE TYPE`): the name of the type comes first, as a shell, then come the functions,
//! then the type; and they go together.

use crate::{Context, Id, Kind, Model, Object, Spec, Statement};

/// The functions that a type needs and that need it. They are made and dropped with it.
pub fn functions<'a>(model: &'a Model, id: &Id) -> Vec<&'a Object> {
    let is_made_so = matches!(id.kind(), Kind::Base | Kind::Range);
    let object = model.get(id).filter(|_| is_made_so);
    let needs = object.into_iter().flat_map(|object| object.needs.keys());
    let functions = needs.filter_map(|need| model.get(need));
    functions
        .filter(|other| matches!(other.spec, Spec::Function(_)) && other.needs.contains_key(id))
        .collect()
}

/// Whether a function is made and dropped with a type.
pub fn is_made_with(model: &Model, function: &Id, id: &Id) -> bool {
    function.kind() == Kind::Function && functions(model, id).iter().any(|own| own.id == *function)
}

/// The type that a function is made and dropped with.
pub fn of_function<'a>(model: &'a Model, function: &Object) -> Option<&'a Id> {
    let mut types = function.needs.keys().filter_map(|need| model.get(need));
    let has_it = |other: &&Object| functions(model, &other.id).iter().any(|own| own.id == function.id);
    types.find(has_it).map(|object| &object.id)
}

/// Makes the name of a type known.
pub fn shell(id: &Id) -> Statement {
    Statement::new(format!("CREATE TYPE {}", id.sql()))
}

pub(crate) fn create(id: &Id, full: Statement, context: &Context<'_>) -> Vec<Statement> {
    let functions = functions(context.to, id);
    let shell = (!functions.is_empty()).then(|| shell(id));
    let functions = functions.into_iter().flat_map(|function| function.spec.create(&function.id, context));
    shell.into_iter().chain(functions).chain([full]).collect()
}

pub(crate) fn drop(id: &Id, context: &Context<'_>) -> Vec<Statement> {
    drop_with(&functions(context.from, id), id, context)
}

/// Drops a type, called `id` by then, together with its functions.
pub fn drop_with(functions: &[&Object], id: &Id, context: &Context<'_>) -> Vec<Statement> {
    if functions.is_empty() {
        return vec![Statement::new(format!("DROP TYPE {}", id.sql()))];
    }
    let drop = Statement::new(format!("DROP TYPE {} CASCADE", id.sql()));
    let going = functions.iter().filter(|function| !context.to.contains(&function.id));
    let theirs = going.flat_map(|function| function.spec.drop(&function.id, context));
    let notices: Vec<String> = theirs.filter_map(|statement| statement.clients).collect();
    let drop = if notices.is_empty() { drop } else { drop.clients(notices.join("; ")) };
    vec![alone(id), drop]
}

/// Stops where anything but its own functions needs a type: `CASCADE` would take what no plan knows of.
fn alone(id: &Id) -> Statement {
    let name = sql::literal(&id.sql());
    // Its parts are what PostgreSQL made along with it: arrays, the multirange type, constructors.
    let body = format!(
        "DECLARE users text; BEGIN WITH RECURSIVE part (class, oid) AS (SELECT 'pg_type'::regclass::oid, {name}::regtype::oid UNION \
         SELECT d.classid, d.objid FROM part AS p JOIN pg_depend AS d ON d.refclassid = p.class AND d.refobjid = p.oid AND d.deptype = 'i'), \
         own (class, oid) AS (SELECT * FROM part UNION \
         SELECT d.refclassid, d.refobjid FROM pg_depend AS d WHERE d.classid = 'pg_type'::regclass AND d.objid = {name}::regtype) \
         SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid), ', ') INTO users \
         FROM part AS p JOIN pg_depend AS d ON d.refclassid = p.class AND d.refobjid = p.oid \
         WHERE (d.classid, d.objid) NOT IN (SELECT class, oid FROM own); \
         IF users IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'type ' || {name} || ' is needed by ' || users; END IF; END"
    );
    Statement::new(format!("DO {}", sql::dollar(&body)))
}
